"""Which processes are ours, by what /proc says: an id alone may have been given to a stranger since."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reconciler.local.camber.errors import EmulatorError

_KILL_ROUNDS_MAX = 10
_SESSION_FIELD = 3
_START_FIELD = 19


class Identity(NamedTuple):
    """A process that cannot be mistaken for another: its id, and when it started in clock ticks since boot."""

    pid: int
    start: int

    @property
    def is_alive(self) -> bool:
        """Whether it still runs; one that only waits to be reaped does not."""
        stat = _stat(self.pid)
        return stat is not None and stat[0] not in "ZX" and int(stat[_START_FIELD]) == self.start

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal if it is still there."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds_max: float) -> bool:
        """Wait until it has ended, and say whether it has."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            return not self.is_alive or bool(select.select([descriptor], [], [], seconds_max)[0])
        finally:
            os.close(descriptor)


def identify(pid: int) -> Identity | None:
    """The identity of a process that runs now."""
    stat = _stat(pid)
    return None if stat is None else Identity(pid, int(stat[_START_FIELD]))


def members(user_home: str, leader: Identity | None) -> list[Identity]:
    """The processes of one job: those of its session while its leader lives, and all that carry its HOME."""
    session = leader.pid if leader is not None and leader.is_alive else None
    found = []
    for pid, stat in _all():
        if int(stat[_SESSION_FIELD]) == session or _has_home(pid, user_home):
            found.append(Identity(pid, int(stat[_START_FIELD])))
    return found


def end(user_home: str, leader: Identity | None, grace_seconds: float) -> None:
    """End all processes of a job: asked first if there is grace, then killed, until none is left."""
    if grace_seconds > 0:
        asked = members(user_home, leader)
        for identity in asked:
            identity.signal(signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        for identity in asked:
            identity.wait(max(0.0, deadline - time.monotonic()))
    for _ in range(_KILL_ROUNDS_MAX):
        left = members(user_home, leader)
        if not left:
            return
        for identity in left:
            identity.signal(signal.SIGKILL)
        for identity in left:
            identity.wait(1.0)
    raise EmulatorError(f"processes with HOME={user_home} cannot be killed")


def _all() -> Iterator[tuple[int, list[str]]]:
    for pid in [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]:
        stat = _stat(pid)
        if stat is not None and stat[0] not in "ZX":
            yield pid, stat


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the state on: the name before it may hold spaces and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _has_home(pid: int, user_home: str) -> bool:
    try:
        return f"HOME={user_home}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        # Gone, or of another user, and so not ours.
        return False
