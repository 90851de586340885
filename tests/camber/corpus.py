"""The transcripts: what the CLI printed or may print, and what must be read from it."""

import json
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.stash import Listing
from reconciler.camber.replay import READERS, reader_of
from reconciler.domain.observations import Page

__all__ = ["FOLDER", "MARKS", "READERS", "Transcript", "described", "read", "transcripts"]

FOLDER = Path(__file__).with_name("transcripts")
MARKS = frozenset("RPDI?")


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """One captured or imagined call."""

    name: str
    shows: str
    mark: str
    command: str
    exit_code: int
    expect: dict[str, Any]
    stdout: str | None = None
    stderr: str | None = None

    @property
    def printed(self) -> Printed:
        return self.printed_of(_text(self.stdout), _text(self.stderr))

    def printed_of(self, stdout: str, stderr: str = "") -> Printed:
        """Return the call with its streams, wherever they were kept."""
        return Printed(exit_code=self.exit_code, stdout=stdout, stderr=stderr)


def transcripts() -> list[Transcript]:
    manifest = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    return [Transcript(**entry) for entry in manifest]


def read(command: str, printed: Printed) -> object:
    """Read the output as the client does for the command."""
    words = command.split()
    kind = " ".join(word for word in words[:2] if not word.startswith("-"))
    reader = reader_of(kind, ["camber", *words])
    if reader is None:
        raise KeyError(command)
    return reader(printed)


def described(outcome: object) -> dict[str, Any]:
    """Return the outcome in the manifest's terms."""
    kind = {"outcome": type(outcome).__name__}
    if isinstance(outcome, Page):
        return kind | {"ids": [row.camber_job_id for row in outcome.rows], "total": outcome.total}
    if isinstance(outcome, Listing):
        return kind | {"names": [entry.name for entry in outcome.entries]}
    if is_dataclass(outcome) and not isinstance(outcome, type):
        return kind | {name: _plain(value) for name, value in asdict(outcome).items()}
    return kind | {"value": outcome}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _text(file_name: str | None) -> str:
    return (FOLDER / file_name).read_bytes().decode("utf-8", "replace") if file_name else ""
