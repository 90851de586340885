"""A duty in its clock's hands: one pass at a time, again at once if it was woken meanwhile."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.outage import Outage
from reconciler.loop.own_faults import database_away, in_the_way
from reconciler.metrics import DUTY_SECONDS


@dataclass(slots=True)
class Progress:
    """When a duty's passes last began, ended, and ended well: seconds of the monotonic clock, None for never."""

    begun: float | None = None
    ended: float | None = None
    completed: float | None = None


class Duty:
    """One periodic loop of the daemon."""

    def __init__(
        self,
        name: str,
        run_once: Callable[[Context], Counts],
        seconds: float,
        outage: Outage,
        *,
        always: bool = False,
        wanted_when: Callable[[], bool] | None = None,
    ) -> None:
        self.name = name
        self.seconds = seconds
        self.completed_at: datetime | None = None
        self.progress = Progress()
        self._run_once = run_once
        self._outage = outage
        # Leases run out while the database is left alone: whoever renews them must not wait.
        self._always = always
        # Asked before each pass: without anything due the pass is over at once.
        self._wanted_when = wanted_when
        self._running = threading.Lock()
        self._wanted = threading.Event()

    def tick(self, context: Context) -> None:
        """Make a pass; a tick during a pass means one more pass after it."""
        self._wanted.set()
        # Looked at again once the pass is given back: a tick may have come between its last look and that.
        while self._wanted.is_set() and self._running.acquire(blocking=False):
            try:
                if context.stopping.is_set():
                    return
                self._wanted.clear()
                self._pass(context)
            finally:
                self._running.release()

    def beat_once(self, context: Context) -> None:
        """Make one pass whatever the clock says, for the time when it has stopped."""
        self._pass(context)

    def drained(self, seconds: float) -> bool:
        """Wait for the pass that is under way; false where it did not end in time."""
        if not self._running.acquire(timeout=max(0.0, seconds)):
            return False
        self._running.release()
        return True

    def _pass(self, context: Context) -> None:
        self.progress.begun = time.monotonic()
        try:
            # A pass that is left out while the database is away has ended too: only one that hangs is wedged.
            if self._always or not self._outage.shut():
                self._work(context)
        finally:
            self.progress.ended = time.monotonic()

    def _work(self, context: Context) -> None:
        try:
            with DUTY_SECONDS.labels(self.name).time():
                idle = self._wanted_when is not None and not self._wanted_when()
                counts = Counts() if idle else self._run_once(context)
        except Exception as error:  # noqa: BLE001 - one of the two places: around one pass
            self._blame(error)
            return
        self._outage.worked(context)
        self.completed_at, self.progress.completed = datetime.now(UTC), time.monotonic()
        logger.bind(duty=self.name, **{name: count for name, count in counts.items() if count}).debug(Event.DUTY_DONE)

    def _blame(self, error: Exception) -> None:
        if not database_away(error):
            logger.bind(duty=self.name).opt(exception=error).error(Event.DUTY_FAILED)
            return
        # The database is away: nothing is lost, a later pass looks again.
        reason = str(getattr(error, "orig", error)).split("\n")[0]
        logger.bind(duty=self.name, reason=reason).error(Event.DUTY_FAILED)
        if not in_the_way(error):
            self._outage.failed(reason)
