"""Who uses a state folder: kernel locks, which even a killed program gives back."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

_TURN_SECONDS_MAX = 120
_TURN_POLL_SECONDS = 0.05


class FolderBusyError(Exception):
    """Another program has been starting or stopping the folder's service for too long."""


class Occupancy:
    """One program's use of a folder's service. The last one out is the one to stop it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "users.lock"
        self._lock: int | None = None

    def enter(self) -> None:
        """Count this program among the users."""
        if self._lock is None:
            self._lock = _open(self._path)
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Count this program out; return whether it was the last. Call it within the folder's turn."""
        if self._lock is None:
            return False
        last = _try_exclusive(self._lock)
        os.close(self._lock)
        self._lock = None
        return last


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Let one program at a time start or stop the folder's service; raise FolderBusyError after two minutes."""
    lock = _open(folder / "turn.lock")
    try:
        _wait_exclusive(lock, folder)
        yield
    finally:
        os.close(lock)


def _wait_exclusive(lock: int, folder: Path) -> None:
    attempts = Retrying(
        retry=retry_if_exception_type(BlockingIOError),
        stop=stop_after_delay(_TURN_SECONDS_MAX),
        wait=wait_fixed(_TURN_POLL_SECONDS),
    )
    try:
        attempts(fcntl.flock, lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except RetryError as error:
        raise FolderBusyError(f"another program has been starting or stopping {folder} for too long") from error


def _try_exclusive(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
