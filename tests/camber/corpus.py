"""The transcripts: what the CLI printed or may print, and what must be read from it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler.camber.parse.account import read_me, read_version
from reconciler.camber.parse.apps import read_app, read_app_deleted, read_app_list
from reconciler.camber.parse.creation import read_create
from reconciler.camber.parse.jobs import read_get
from reconciler.camber.parse.listing import read_list
from reconciler.camber.parse.logs import read_logs
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.stash import Listing, read_effect, read_ls, read_test
from reconciler.domain.observations import Page

FOLDER = Path(__file__).with_name("transcripts")
MARKS = frozenset("RPDI?")
READERS: dict[str, Callable[[Printed], object]] = {
    "version": read_version,
    "me": read_me,
    "job create": read_create,
    "job list": read_list,
    "job logs": read_logs,
    "stash cp": read_effect,
    "stash rm": read_effect,
    "stash ls": read_ls,
    "stash test": read_test,
    "stash mkdir": read_effect,
    "app create": read_app,
    "app describe": read_app,
    "app list": read_app_list,
    "app delete": read_app_deleted,
    "app run": read_create,
}


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
        return Printed(exit_code=self.exit_code, stdout=_text(self.stdout), stderr=_text(self.stderr))


def transcripts() -> list[Transcript]:
    manifest = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    return [Transcript(**entry) for entry in manifest]


def read(command: str, printed: Printed) -> object:
    """Read the output as the client does for the command."""
    if command.startswith("job get "):
        return read_get(printed, int(command.removeprefix("job get ")))
    return READERS[command](printed)


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
