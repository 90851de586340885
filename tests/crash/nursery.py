"""Real daemons by the dozen: a process that has imported everything forks them, so that one costs no start-up.

A daemon made here is `reconciler run` in a process of its own, with its own environment, killed by real signals.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from threading import Lock

from typer import Exit

_FORKSERVER = get_context("forkserver")
_FORKSERVER.set_forkserver_preload(["tests.crash.cradle"])
# Two threads that start processes at a time would mix up the library's own list of them.
_TURN = Lock()
DEATH = "died at "
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Fuse:
    """Where a daemon dies: at one of the `deadly` points, each of which it survives with the given likelihood."""

    diary: Path
    """It is told of each point when it is passed for the first time, and of the one at which the daemon dies."""
    deadly: frozenset[str] = frozenset()
    mercy: float = 0.0
    seed: int = 0

    def passed(self) -> list[str]:
        """The points that the daemon came by."""
        lines = self.diary.read_text().splitlines() if self.diary.exists() else []
        return [line.removeprefix(DEATH) for line in lines]

    def death(self) -> str | None:
        """The point at which it killed itself."""
        lines = self.diary.read_text().splitlines() if self.diary.exists() else []
        return lines[-1].removeprefix(DEATH) if lines and lines[-1].startswith(DEATH) else None


def start(environment: Mapping[str, str], home: Path, fuse: Fuse | None = None) -> BaseProcess:
    """Run a daemon in `home`, where its log is kept."""
    with _TURN:
        process = _FORKSERVER.Process(target=_live, args=(dict(environment), home, fuse), daemon=True)
        process.start()
    return process


def _live(environment: Mapping[str, str], home: Path, fuse: Fuse | None) -> None:
    # Whoever ends the proof ends its daemons.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(home)
    log = os.open(home / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stderr.fileno())
    from reconciler.cli.run import command
    from reconciler.loop.crashpoints import observe

    if fuse:
        observe(_Burning(fuse))
    try:
        command()
    except Exit as refused:
        # As the program ends when it is called by its name.
        raise SystemExit(refused.exit_code) from None


class _Burning:
    """The fuse within the daemon."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse, self._random, self._lock, self._known = fuse, Random(fuse.seed), Lock(), set[str]()
        self._diary = os.open(fuse.diary, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __call__(self, point: str) -> None:
        with self._lock:
            if point in self._fuse.deadly and self._random.random() >= self._fuse.mercy:
                os.write(self._diary, f"{DEATH}{point}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
            if point not in self._known:
                self._known.add(point)
                os.write(self._diary, f"{point}\n".encode())
