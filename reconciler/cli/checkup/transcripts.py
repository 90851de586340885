"""Keep what the CLI answered, in the form that the parser tests and the local Camber take in."""

import json
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.camber import CliCall
from reconciler.camber.parse.printed import Printed
from reconciler.camber.replay import reader_of
from reconciler.domain.observations import Account

MANIFEST = "manifest.json"
PLAIN = frozenset(["version", "me", "job get", "job list", "job logs"])
# What stands for persons: the same words as in the transcripts that are here already.
USERNAME, USER_ID, EMAIL = "jo", "812", "jo@example.com"
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_TEAM = re.compile(r"(\"team_name\"\s*:\s*\")[^\"]*|(^Team Name:[ \t]*).*$", re.MULTILINE)
_FOLDER = re.compile(r"(\"mount_dir\"\s*:\s*\")([^\"]*)")


@dataclass
class Recorder:
    """Takes the evidence of a client, for as long as the process lives."""

    marker_prefix: str
    calls: list[CliCall] = field(default_factory=list)

    def record(self, call: CliCall) -> None:
        """Take one call."""
        self.calls.append(call)

    def save(self, folder: Path, account: Account | None) -> int:
        """Write every call that is whole, with its entry in the manifest; returns how many. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        manifest = folder / MANIFEST
        entries: list[dict[str, Any]] = json.loads(manifest.read_text("utf-8")) if manifest.exists() else []
        names = {entry["name"] for entry in entries}
        added = [self._entry(call, account, _free(call, names), folder) for call in self.calls if _whole(call)]
        manifest.write_text(json.dumps(entries + added, indent=1, ensure_ascii=False) + "\n", "utf-8")
        return len(added)

    def _entry(self, call: CliCall, account: Account | None, name: str, folder: Path) -> dict[str, Any]:
        out, err = (self._anonymous(stream, account) for stream in (call.stdout, call.stderr))
        entry: dict[str, Any] = {"name": name, "shows": f"what {call.cli_version or 'an unknown CLI'} answered"}
        entry |= {"mark": "R", "command": _command(call), "exit_code": call.exit_code}
        for kind, suffix, text in (("stdout", ".out", out), ("stderr", ".err", err)):
            if text or kind == "stdout":
                (folder / f"{name}{suffix}").write_text(text, "utf-8", newline="")
                entry[kind] = f"{name}{suffix}"
        printed = Printed(exit_code=call.exit_code or 0, stdout=out, stderr=err)
        return entry | {"expect": _expected(call, printed)}

    def _anonymous(self, stream: bytes | None, account: Account | None) -> str:
        text = zlib.decompress(stream or zlib.compress(b"")).decode("utf-8", "replace")
        text = _TEAM.sub(lambda match: (match[1] or match[2]) + "team", _EMAIL.sub(EMAIL, text))
        text = _FOLDER.sub(self._own_folder, text)
        if account:
            text = re.sub(rf"\b{re.escape(account.username)}\b", USERNAME, text)
        if account and account.user_id:
            text = re.sub(rf"\b{re.escape(account.user_id)}\b", USER_ID, text)
        return text

    def _own_folder(self, match: re.Match[str]) -> str:
        return match[0] if self.marker_prefix in match[2] else f"{match[1]}somebody-elses"


def _whole(call: CliCall) -> bool:
    whole = call.stdout is not None and call.exit_code is not None and not call.cut
    return whole and reader_of(call.kind, call.argv) is not None


def _free(call: CliCall, names: set[str]) -> str:
    stem = "real-" + call.kind.replace(" ", "-")
    name = next(name for number in range(1, len(names) + 2) if (name := f"{stem}-{number}") not in names)
    names.add(name)
    return name


def _command(call: CliCall) -> str:
    """The command as it was given, where nothing in it can be a path, a name or another's text."""
    return " ".join(call.argv[1:]) if call.kind in PLAIN else call.kind


def _expected(call: CliCall, printed: Printed) -> dict[str, Any]:
    reader = reader_of(call.kind, call.argv)
    outcome = reader(printed) if reader else None
    expected: dict[str, Any] = {"outcome": type(outcome).__name__}
    for name in ("trouble", "camber_job_id"):
        if hasattr(outcome, name):
            expected[name] = getattr(outcome, name)
    return expected
