"""Long-lived processes that may outlive the program that started them: begun, recognised and ended by their id."""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

_POLL_SECONDS = 0.01


def spawn(command: list[str], *, log: Path, environment: Mapping[str, str]) -> int:
    """Start a process and return its id; its output is appended to `log`, and nothing waits for it.

    It gets a session of its own: an interrupt typed at the terminal must not reach it. Raises OSError.
    """
    quiet = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    output = (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    errors = (os.POSIX_SPAWN_DUP2, 1, 2)
    return os.posix_spawnp(command[0], command, environment, file_actions=(quiet, output, errors), setsid=True)


def is_alive(pid: int) -> bool:
    """Say whether the process lives. A child of ours that has ended is waited for."""
    return not _gone(pid)


def is_running(pid: int, word: str) -> bool:
    """Say whether the process lives and has `word` in its command line, so that it is not a later owner of the id.

    Not for a process that was only just begun: its command line is empty while one program replaces another in it.
    """
    return not _gone(pid) and _has_word(pid, word)


def find_running(word: str) -> int | None:
    """Find a living process that has `word` in its command line, though nobody wrote its id down."""
    return next((pid for pid in psutil.pids() if _has_word(pid, word)), None)


def end(pid: int, how: signal.Signals, *, seconds_max: float) -> bool:
    """Send the signal and wait; return whether the process is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, how)
    waiting = Retrying(
        retry=retry_if_result(lambda gone: not gone),
        stop=stop_after_delay(seconds_max),
        wait=wait_fixed(_POLL_SECONDS),
        retry_error_callback=lambda _: False,
    )
    return waiting(_gone, pid)


def _has_word(pid: int, word: str) -> bool:
    try:
        return word in psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        # What we may not look at is not ours.
        return False


def _gone(pid: int) -> bool:
    try:
        # A child of ours stays in the table until it is waited for.
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return _has_ended(pid)


def _has_ended(pid: int) -> bool:
    """Say whether somebody else's child is no more, or only waits for its parent to take notice."""
    try:
        process = psutil.Process(pid)
        # While other threads live on, the files and ports of the process are still open.
        return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
    except psutil.NoSuchProcess:
        return True
