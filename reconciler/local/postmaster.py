"""The server process of a data folder, as its own `postmaster.pid` tells."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from reconciler.local.private_files import read_or_none, write_private
from reconciler.local.processes import end

_FAST_SECONDS_MAX = 20
_IMMEDIATE_SECONDS_MAX = 10
_LINES_MIN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """What the file says: a process, its port, and whether it takes connections."""

    pid: int
    port: int
    ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Read the file of a data folder; None when it is missing or not yet written whole."""
    lines = (read_or_none(data / "postmaster.pid") or "").splitlines()
    if len(lines) < _LINES_MIN:
        return None
    ready = lines[-1].strip() == "ready"
    return Postmaster(pid=abs(int(lines[0])), port=int(lines[3]), ready=ready)


def disown(data: Path) -> None:
    """Make the file of a dead server harmless where its process id belongs to some other program now.

    Postgres would take that program for the old server. The file itself must stay: it also names the memory by which
    a new server notices backends of the old one. An entry with the id of the new server's parent counts as stale.
    """
    path = data / "postmaster.pid"
    text = read_or_none(path)
    if text:
        write_private(path, "\n".join([str(os.getpid()), *text.split("\n")[1:]]))
    elif text is not None:
        # Empty: its server died while it wrote, and no other can start over it.
        path.unlink()


def end_postmaster(pid: int) -> bool:
    """Stop a server: fast, then, when that takes too long, at once; return whether it is gone."""
    if end(pid, signal.SIGINT, seconds_max=_FAST_SECONDS_MAX):
        return True
    return end(pid, signal.SIGQUIT, seconds_max=_IMMEDIATE_SECONDS_MAX)
