"""Files and folders of a stash: walked, copied and removed. An object store knows no links and no executable bit."""

import contextlib
import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

_CHUNK_BYTES = 1 << 20
FILE_MODE = 0o644
_OWN_FOLDER_MODE = 0o700


class Entry(NamedTuple):
    """A file or folder below a root."""

    inside: str
    """Its path from the root, with slashes."""
    path: Path
    is_folder: bool
    bytes: int


def entries(root: Path, *, recursive: bool) -> Iterator[Entry]:
    """What stands below a folder: folders before files, each by name.

    Links are passed over, and so is what a running job removes meanwhile.
    """
    yield from _entries(root, "", recursive=recursive)


def copy_file(source: Path, destination: Path, draft: Path, bytes_per_second: int = 0) -> None:
    """Copy one file by way of a draft on the same disk, so that it appears whole."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, draft.open("wb") as writer:
        while chunk := reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            if bytes_per_second:
                time.sleep(len(chunk) / bytes_per_second)
    draft.chmod(FILE_MODE)
    draft.replace(destination)


def remove(path: Path) -> None:
    """Remove a file, or a folder and all that it holds. What somebody else removes meanwhile is gone as well."""
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink()
            return
        path.chmod(_OWN_FOLDER_MODE)
        for below in path.iterdir():
            remove(below)
        path.rmdir()
    except FileNotFoundError:
        return


def set_modes(root: Path, mode: int) -> None:
    """Give every file below a folder the one mode that the mount has for files: none can be executed."""
    for entry in entries(root, recursive=True):
        with contextlib.suppress(FileNotFoundError):
            if not entry.is_folder and entry.path.stat().st_mode & 0o777 != mode:
                entry.path.chmod(mode)


def count_files(root: Path, files_max: int) -> int:
    """How many files stand below a folder, counted no further than `files_max`."""
    return sum(1 for _ in islice((entry for entry in entries(root, recursive=True) if not entry.is_folder), files_max))


def _entries(folder: Path, prefix: str, *, recursive: bool) -> Iterator[Entry]:
    for found in sorted(_scan(folder), key=lambda found: (not found.is_dir(), found.name)):
        inside = prefix + found.name
        if found.is_dir():
            yield Entry(inside, Path(found.path), is_folder=True, bytes=0)
            if recursive:
                yield from _entries(Path(found.path), inside + "/", recursive=True)
            continue
        with contextlib.suppress(FileNotFoundError):
            yield Entry(inside, Path(found.path), is_folder=False, bytes=found.stat().st_size)


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as scan:
        return [found for found in scan if not found.is_symlink() and (found.is_dir() or found.is_file())]
    return []
