"""`reconciler run` beside the platform, as a process of its own, with the console on this machine's port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.local.platform import Platform, minimal_environment
from reconciler.local.ports import LOOPBACK, choose_port

CONSOLE_PORT = 9321
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 120.0
LOOK_SECONDS = 0.1

# PR_SET_PDEATHSIG outlives exec; a parent that is gone already sends no signal any more.
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class DaemonFailed(RuntimeError):
    """The daemon ended, or did not begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDaemon:
    """The daemon of the platform, while it runs."""

    process: "subprocess.Popen[bytes]"
    log: Path
    console_port: int | None

    @property
    def console(self) -> str:
        """Where its console is, for a browser on this machine."""
        return f"http://{LOOPBACK}:{self.console_port}/console/"

    def check(self) -> None:
        """Raises DaemonFailed where it has ended."""
        if self.process.poll() is not None:
            raise DaemonFailed(f"the daemon ended with code {self.process.returncode}")

    def await_console(self) -> None:
        """Wait until the console answers. Raises DaemonFailed."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while self.console_port and not _answers(self.console_port):
            self.check()
            if time.monotonic() > deadline:
                raise DaemonFailed(f"the daemon did not begin within {START_SECONDS_MAX:.0f} s")
            time.sleep(LOOK_SECONDS)


@contextmanager
def running_daemon(platform: Platform, *, console: bool = False) -> Iterator[LocalDaemon]:
    """Start it, its log in the platform's folder; it drains at the end.

    It also drains when this program is killed. Call this from a thread that lives as long as the block.
    """
    port = choose_port(CONSOLE_PORT) if console else None
    environment = minimal_environment(os.environ) | {**platform.environment, "LOG_FORMAT": "json"} | _served(port)
    command = [sys.executable, "-c", _DIE_WITH_PARENT, str(os.getpid()), sys.executable, "-m", "reconciler", "run"]
    file = platform.folder / "daemon.log"
    with file.open("wb") as log:
        # A session of its own: Ctrl-C is for the program before it, which stops it once. Of a second signal it would
        # leave without a drain.
        daemon = subprocess.Popen(
            command, env=environment, stderr=log, stdout=log, cwd=platform.folder, start_new_session=True
        )
        try:
            yield LocalDaemon(process=daemon, log=file, console_port=port)
        finally:
            _stop(daemon)


def _served(port: int | None) -> dict[str, str]:
    return {"CONSOLE": "1", "HEALTH_HOST": LOOPBACK, "HEALTH_PORT": str(port)} if port else {}


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((LOOPBACK, port), 1):
        return True
    return False


def _stop(daemon: "subprocess.Popen[bytes]") -> None:
    daemon.send_signal(signal.SIGTERM)
    try:
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(STOP_SECONDS_MAX)
    finally:
        daemon.kill()
        daemon.wait()
