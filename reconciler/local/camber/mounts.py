"""How a job meets its stash folder: in it, or in a copy of it."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from reconciler.local.camber import trees
from reconciler.local.camber.config import Config
from reconciler.local.camber.home import Home
from reconciler.local.camber.ledger import Job

_READ_ONLY = 0o444


def mount(home: Home, config: Config, job: Job) -> Path:
    """Make the job's work folder ready and return its path."""
    stash = _stash_folder(home, job)
    stash.mkdir(parents=True, exist_ok=True)
    trees.set_modes(stash, trees.FILE_MODE)
    work = stash
    if config.mount != "live":
        work = home.work(job.id)
        work.mkdir(parents=True, exist_ok=True)
        _copy_tree(stash, work, _beside, config.mount_bytes_per_second)
    if config.read_only_files:
        trees.set_modes(work, _READ_ONLY)
    return work


def unmount(home: Home, config: Config, job: Job) -> None:
    """Give back what the job wrote, as far as the mount does that, and drop the copy if there was one."""
    work, stash = home.work(job.id), _stash_folder(home, job)
    if work.is_dir():
        if config.mount == "snapshot":
            home.incoming.mkdir(exist_ok=True)
            draft = home.incoming / f"{os.getpid()}-{job.id}"
            _copy_tree(work, stash, lambda _: draft, config.mount_bytes_per_second, overwrite=config.overwrite)
        trees.remove(work)
    if stash.is_dir():
        # This also makes files writable again that the job found read-only.
        trees.set_modes(stash, trees.FILE_MODE)


def _stash_folder(home: Home, job: Job) -> Path:
    return home.stash(job.account) / job.mount_dir


def _beside(target: Path) -> Path:
    return target.with_name(f"{target.name}.new")


def _copy_tree(
    source: Path,
    destination: Path,
    draft_of: Callable[[Path], Path],
    bytes_per_second: int,
    *,
    overwrite: bool = True,
) -> None:
    for entry in trees.entries(source, recursive=True):
        target = destination / entry.inside
        if entry.is_folder:
            target.mkdir(exist_ok=True)
            continue
        if target.exists() and not overwrite:
            continue
        # Another job may have removed it meanwhile.
        with contextlib.suppress(FileNotFoundError):
            trees.copy_file(entry.path, target, draft_of(target), bytes_per_second)
