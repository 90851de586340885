"""What a Type=notify unit is told: READY, STOPPING, and that there is progress."""

import os
import socket
import threading
from collections.abc import Callable, Mapping

WATCHDOG_SHARE = 3
"""Signs of life in one watchdog period: one may be late without harm."""


def notify(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send one line to the service manager; false where there is none. Protocol: sd_notify(3)."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        # An abstract socket is written with @ and addressed with a zero byte.
        link.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
    return True


def watchdog_seconds(environment: Mapping[str, str] = os.environ, pid: int | None = None) -> float | None:
    """How often the manager wants a sign, None where it wants none from this process."""
    period, wanted = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not period.isdigit() or (wanted and wanted != str(pid or os.getpid())):
        return None
    return int(period) / 1e6


def feed_watchdog(alive: Callable[[], bool], stopped: threading.Event, period: float) -> threading.Thread:
    """Give signs of life as long as there is progress; without it the manager restarts the process."""

    def feed() -> None:
        while not stopped.wait(period / WATCHDOG_SHARE):
            if alive():
                notify("WATCHDOG=1")

    thread = threading.Thread(target=feed, name="watchdog", daemon=True)
    thread.start()
    return thread
