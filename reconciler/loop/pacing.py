"""What recent runs needed, looked up once a while: it changes slowly, and is asked for with every batch and poll."""

from collections.abc import Callable
from threading import Lock

from sqlalchemy import Engine

from reconciler.domain.pace import Pace
from reconciler.loop.crashpoints import transaction
from reconciler.store import pace as paces

AGE_SECONDS = 30.0
"""A node or a worker that became slower is known within half a minute."""


class Pacing:
    """The pace as this process last saw it. Thread-safe."""

    def __init__(self, engine: Engine, backend: str, processes: int, clock: Callable[[], float]) -> None:
        self.latest = Pace(processes=processes)
        self._engine, self._backend, self._clock = engine, backend, clock
        self._since: float | None = None
        self._lock = Lock()

    def refresh(self) -> Pace:
        """The pace, read again where it is old."""
        now = self._clock()
        with self._lock:
            if self._since is None or now - self._since >= AGE_SECONDS:
                with transaction(self._engine, "learn_pace") as connection:
                    self.latest = paces.learn(connection, self._backend, self.latest.processes)
                self._since = now
            return self.latest
