"""The breaker of the database itself, which cannot stand in the database while that is away."""

from collections.abc import Callable
from random import Random
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError

from reconciler.camber.process import boot_now
from reconciler.domain.policy import Policy, backoff_seconds
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.store import breakers

PAUSE_SECONDS_MAX = 10.0
"""A database that is back is missed by everybody."""


class Outage:
    """Closed while the database answers; then one duty at a time may try it, after pauses with full jitter."""

    def __init__(self, policy: Policy, random: Random, clock: Callable[[], float] = boot_now) -> None:
        self._policy, self._random, self._clock = policy, random, clock
        self._lock = Lock()
        self._failures, self._since, self._retry_at, self._reason = 0, 0.0, 0.0, ""

    def shut(self) -> bool:
        """Whether the database is left alone; the first to ask after the pause is let through, as the probe."""
        with self._lock:
            if not self._failures:
                return False
            if self._clock() < self._retry_at:
                return True
            self._retry_at = self._clock() + PAUSE_SECONDS_MAX
            return False

    def failed(self, reason: str) -> None:
        """It did not answer."""
        with self._lock:
            if not self._failures:
                self._since = self._clock()
            self._failures, self._reason = self._failures + 1, reason
            pause = backoff_seconds(self._policy, self._failures, self._random.random())
            self._retry_at = self._clock() + min(PAUSE_SECONDS_MAX, pause)
            first = self._failures == 1
        if first:
            logger.bind(dependency="database", reason=reason).warning(Event.BREAKER_OPENED)

    def worked(self, context: Context) -> None:
        """It answers; if it had not, that is written down now."""
        with self._lock:
            if not self._failures:
                return
            seconds, reason, self._failures = self._clock() - self._since, self._reason, 0
        try:
            with context.transaction("note_outage") as connection:
                breakers.note_outage(connection, "database", reason, seconds)
        except SQLAlchemyError as error:
            self.failed(type(error).__name__)
            return
        logger.bind(dependency="database", seconds=round(seconds, 1)).info(Event.BREAKER_CLOSED)
