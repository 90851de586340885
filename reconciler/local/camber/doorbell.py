"""How a command makes sure that the scheduler knows of new work, and starts it where there is none.

The scheduler holds a lock for as long as it lives and listens on a pipe. Who finds no listener takes the lock and
hands it, open, to the scheduler that it starts: so there is never a second one, and a starter or scheduler that is
killed lets the lock go. A scheduler that leaves stops listening, lets the lock go, and only then looks for work a last
time.
"""

import errno
import fcntl
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from reconciler.local.camber.home import Home

WHERE = "CAMBER_LOCAL_SCHEDULER"
"""Set to `elsewhere` the scheduler is never started here: a ledger that is shared is read when it comes."""
_KEPT = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH")


def ring(home: Home) -> None:
    """Wake the scheduler, or start it; where another container has it, leave that to the one."""
    if _wake(home) or os.environ.get(WHERE) == "elsewhere":
        return
    lock = take_lock(home)
    # Whoever holds the lock without listening yet will read the ledger after this call's work was recorded in it.
    if lock is None:
        return
    try:
        _start(home, lock, os.environ)
    finally:
        os.close(lock)


def take_lock(home: Home) -> int | None:
    """Take the scheduler's lock, or return None if another process has it."""
    lock = os.open(home.scheduler_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _wake(home: Home) -> bool:
    try:
        pipe = os.open(home.doorbell, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        # No pipe yet, or nobody listens on it.
        if error.errno in (errno.ENOENT, errno.ENXIO):
            return False
        raise
    try:
        os.write(pipe, b"!")
    except BlockingIOError:
        # It is full of calls that were not heard yet: one more would say nothing new.
        return True
    except BrokenPipeError:
        return False
    finally:
        os.close(pipe)
    return True


def _start(home: Home, lock: int, environ: Mapping[str, str]) -> None:
    os.set_inheritable(lock, True)
    os.posix_spawn(
        sys.executable,
        # The caller's folder stays off the module path: it may hold a json.py.
        [sys.executable, "-P", "-m", "reconciler.local.camber", "emulator", "serve", str(lock)],
        # The caller's environment may hold its secrets; the scheduler needs none of it.
        {
            **{name: environ[name] for name in _KEPT if name in environ},
            "CAMBER_LOCAL_HOME": str(home.root),
            "PYTHONPATH": str(Path(__file__).absolute().parents[3]),
        },
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(home.scheduler_log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        # A caller that is killed with its process group leaves the scheduler alone.
        setsid=True,
    )
