"""LISTEN for new rows and requests. A wake-up only shortens the wait: polling finds the rows without it."""

import threading
from collections.abc import Callable

import psycopg

from reconciler.store.database import LINK, normal_url

CHANNEL = "reconciler_wake"
RECONNECT_SECONDS = 5.0


class Listener:
    """A thread that calls `wake` for every notification, and reconnects when the link is lost."""

    def __init__(self, url: str, wake: Callable[[], None], lost: Callable[[str], None]) -> None:
        self._url = normal_url(url).replace("postgresql+psycopg://", "postgresql://", 1)
        self._wake = wake
        self._lost = lost
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="wake", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits at most a second and a half."""
        self._stopped.set()
        self._thread.join(1.5)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen_once()
            except (psycopg.Error, OSError) as error:
                self._lost(type(error).__name__)
                self._stopped.wait(RECONNECT_SECONDS)

    def _listen_once(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="reconciler wake", **LINK) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._wake()
            while not self._stopped.is_set():
                for _ in connection.notifies(timeout=1.0, stop_after=1):
                    self._wake()
