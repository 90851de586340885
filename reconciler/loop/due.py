"""One question for all duties: is anything due? A daemon with nothing to do asks the database this and nothing else."""

from collections.abc import Callable, Collection
from threading import Lock

from sqlalchemy import Engine

from reconciler.loop.crashpoints import transaction
from reconciler.store import daemons

AGE_SECONDS = 0.25
"""Duties that tick together share one answer. Whoever was woken asks anew."""


class Due:
    """What is due, as the database said a moment ago. Thread-safe."""

    def __init__(self, engine: Engine, clock: Callable[[], float], ahead_seconds: float) -> None:
        self._engine, self._clock, self._ahead_seconds = engine, clock, ahead_seconds
        self._words: frozenset[str] = frozenset()
        self._since: float | None = None
        self._lock = Lock()

    def any_of(self, words: Collection[str]) -> bool:
        """Whether any of these is due."""
        now = self._clock()
        with self._lock:
            if self._since is None or now - self._since >= AGE_SECONDS:
                with transaction(self._engine, "look_for_due") as connection:
                    self._words = daemons.look_for_due(connection, self._ahead_seconds)
                self._since = now
            return not self._words.isdisjoint(words)

    def forget(self) -> None:
        """Something has changed: the next question is asked anew."""
        with self._lock:
            self._since = None
