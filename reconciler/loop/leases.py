"""What this process may act on, by its own clock: it stops before the database would say that the lease is gone.

The clock counts on while the process or the machine sleeps. It is read before the statement that takes or renews the
lease is sent, so it is never later than the database's.
"""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from threading import Lock
from uuid import UUID

from reconciler.camber.process import boot_now
from reconciler.store.runs import StaleLease

MARGIN = 0.1
"""The share of a lease in which nothing new is begun: an act must have time to reach its end."""
current_run: ContextVar[UUID | None] = ContextVar("current_run", default=None)
"""The run that this thread is acting on: evidence of the CLI belongs to it."""


class Leases:
    """The leases that this process works under. Thread-safe."""

    def __init__(self, seconds: float, clock: Callable[[], float] = boot_now) -> None:
        self.clock = clock
        self._trusted_seconds = seconds * (1 - MARGIN)
        self._until: dict[UUID, float] = {}
        self._lock = Lock()

    def take(self, run_ids: Iterable[UUID], since: float) -> None:
        """Work under these leases, which were asked for at `since`."""
        with self._lock:
            self._until |= dict.fromkeys(run_ids, since + self._trusted_seconds)

    def renewed(self, run_ids: Iterable[UUID], since: float) -> None:
        """Those of them that are still worked under hold for longer."""
        with self._lock:
            kept = [run_id for run_id in run_ids if run_id in self._until]
            self._until |= dict.fromkeys(kept, since + self._trusted_seconds)

    def drop(self, run_id: UUID) -> None:
        """Work under this one no more: nobody renews it."""
        with self._lock:
            self._until.pop(run_id, None)

    def held(self) -> set[UUID]:
        """What is being acted on at this moment: only these leases are renewed."""
        with self._lock:
            return set(self._until)

    def require(self) -> None:
        """Raise StaleLease where the run that this thread acts on may be somebody else's by now."""
        run_id = current_run.get()
        if run_id is None:
            return
        with self._lock:
            until = self._until.get(run_id)
        if until is None or self.clock() >= until:
            raise StaleLease(f"run {run_id}: by our own clock the lease may be gone")
