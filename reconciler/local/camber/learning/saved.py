"""A folder of transcripts: a manifest, and the streams that it names."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.local.camber.errors import EmulatorError

MANIFEST = "manifest.json"
CAPTURED = "R"
"""The mark of what the real tool printed; everything else in such a folder is a guess, however good."""
_BYTES_MAX = 64 * 1024 * 1024


class Saved(NamedTuple):
    """One call that was captured."""

    name: str
    words: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def kind(self) -> str:
        """The command without its arguments: `job list`."""
        return " ".join(word for word in self.words[:2] if not word.startswith("-"))

    def option(self, flag: str) -> str | None:
        """What followed a flag on the command line, as far as it was kept."""
        pairs = dict(zip(self.words, self.words[1:], strict=False))
        return pairs.get(f"--{flag}")


def read_folder(folder: Path) -> tuple[list[Saved], list[str]]:
    """Read every captured call, and the names of those that were not captured. All of it is sound, or none is read."""
    entries = _manifest(folder)
    captured = [_saved(folder, entry) for entry in entries if entry["mark"] == CAPTURED]
    if not captured:
        raise EmulatorError(f"learn: nothing in {folder / MANIFEST} was captured: no entry has the mark {CAPTURED}")
    return captured, [entry["name"] for entry in entries if entry["mark"] != CAPTURED]


def _manifest(folder: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(_text(folder, MANIFEST))
    except (ValueError, RecursionError) as error:
        raise EmulatorError(f"learn: {folder / MANIFEST} is not JSON: {error}") from error
    if not isinstance(entries, list):
        raise EmulatorError(f"learn: {folder / MANIFEST} must be a list of transcripts")
    for number, entry in enumerate(entries, 1):
        _check(entry, f"learn: transcript {number} of {folder / MANIFEST}")
    return entries


def _check(entry: object, which: str) -> None:
    if not isinstance(entry, dict):
        raise EmulatorError(f"{which} is not an object")
    for key in ("name", "mark", "command"):
        if not isinstance(entry.get(key), str):
            raise EmulatorError(f"{which} has no {key}")
    if type(entry.get("exit_code")) is not int:
        raise EmulatorError(f"{which} has no exit_code")
    for key in ("stdout", "stderr"):
        file_name = entry.get(key, "file")
        if not isinstance(file_name, str) or Path(file_name).name != file_name:
            raise EmulatorError(f"{which}: {key} must name a file of the same folder, not {file_name!r}")


def _saved(folder: Path, entry: dict[str, Any]) -> Saved:
    out, err = (_text(folder, entry[key]) if key in entry else "" for key in ("stdout", "stderr"))
    return Saved(entry["name"], tuple(entry["command"].split()), entry["exit_code"], out, err)


def _text(folder: Path, file_name: str) -> str:
    path = folder / file_name
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise EmulatorError(f"learn: {path} is too big")
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise EmulatorError(f"learn: {path}: {error.strerror}") from error
