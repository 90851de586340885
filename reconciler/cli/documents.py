"""The documents that paths mean: files, folders with all that is in them, globs."""

import os
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

from reconciler.cli.refusal import WRONG_USE, refuse

FILES_MAX = 10_000
"""More in one call is a slip; it would be one transaction too."""


def find_documents(paths: Sequence[str], bytes_max: int) -> list[Path]:
    """Each once, as given; all that cannot be taken is told together."""
    found = list(dict.fromkeys(file for path in paths for file in _expanded(path)))
    problems = [f"{file}: {problem}" for file in found if (problem := _problem(file, bytes_max))]
    if not found and not problems:
        problems.append(f"{', '.join(paths)}: no file is in there")
    if len(found) > FILES_MAX:
        problems = [f"{len(found):,} files are more than {FILES_MAX:,}"]
    if problems:
        refuse("\n".join([*problems, "Nothing was submitted."]), WRONG_USE)
    return found


def _expanded(path: str) -> list[Path]:
    """A file that is there is that file, even with brackets in its name; hidden files of folders are left out."""
    plain = Path(path)
    if plain.is_dir():
        return sorted(file for file in plain.rglob("*") if file.is_file() and not _hidden(file.relative_to(plain)))
    if plain.exists() or not has_magic(path):
        return [plain]
    # Path.glob takes no absolute pattern.
    return [Path(one) for one in sorted(glob(path, recursive=True)) if Path(one).is_file()] or [plain]  # noqa: PTH207


def _hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _problem(file: Path, bytes_max: int) -> str | None:
    if not file.is_file():
        return "is not a file" if file.exists() else "does not exist"
    if not os.access(file, os.R_OK):
        return "may not be read"
    size = file.stat().st_size
    if size == 0:
        return "is empty"
    return f"has {size:,} bytes, more than {bytes_max:,}" if size > bytes_max else None
