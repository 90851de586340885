"""`camber stash cp`: to the stash, from it, and within it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reconciler.local.camber import pace, trees
from reconciler.local.camber.errors import CommandError
from reconciler.local.camber.service import Call, Reply
from reconciler.local.camber.stash_ignore import left_out
from reconciler.local.camber.stash_paths import Place, locate_any, require


class _Copy(NamedTuple):
    source: Path
    destination: Path


def cp(call: Call) -> Reply:
    """Copy files and, with -r, what folders hold; parents are made and what is there is overwritten."""
    account = call.account
    *sources, destination = [locate_any(call.home, account, text) for text in call.given.arguments]
    if not destination.is_stash and not all(source.is_stash for source in sources):
        raise CommandError("at least one of source and destination must be a stash path")
    pace.take(pace.of(call.config).stash)
    is_folder = destination.names_folder or len(sources) > 1
    count = 0
    for source in map(require, sources):
        for copy in _copies(call, source, destination, is_folder=is_folder):
            if count == call.tampering.copied_files_max:
                raise CommandError(f"copy interrupted after {count} file(s)")
            _carry_out(call, copy, to_stash=destination.is_stash)
            count += 1
    return Reply(f"Copied {count} file(s) to {destination.shown}\n".encode())


def _copies(call: Call, source: Place, destination: Place, *, is_folder: bool) -> Iterator[_Copy]:
    if not source.path.is_dir():
        yield _Copy(source.path, destination.path / source.path.name if is_folder else destination.path)
        return
    if not call.given.is_true("recursive"):
        raise CommandError(f"{source.shown} is a directory: use -r to copy it")
    is_left_out = left_out(source.path, call.given.texts("exclude"), use_gitignore=call.given.is_true("use-gitignore"))
    destination.path.mkdir(parents=True, exist_ok=True)
    # The whole tree is read first: it may hold the destination.
    for entry in list(trees.entries(source.path, recursive=True)):
        if not entry.is_folder and not is_left_out(entry):
            yield _Copy(entry.path, destination.path / entry.inside)


def _carry_out(call: Call, copy: _Copy, *, to_stash: bool) -> None:
    if copy.source.resolve() == copy.destination.resolve():
        raise CommandError(f"source and destination are the same: {copy.source}")
    if not to_stash:
        # A download stands where it belongs from its first byte on, and may be left in part.
        trees.copy_file(copy.source, copy.destination, draft=copy.destination)
        if (left := call.tampering.download_bytes_max) is not None and copy.destination.stat().st_size > left:
            os.truncate(copy.destination, left)
        return
    call.home.incoming.mkdir(exist_ok=True)
    trees.copy_file(copy.source, copy.destination, call.home.incoming / str(os.getpid()))
