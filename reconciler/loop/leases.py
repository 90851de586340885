"""What this process may act on, by its own clock: it stops before the database would say that the lease is gone.

The clock counts on while the process or the machine sleeps. It is read before the statement that takes or renews the
lease is sent, so it is never later than the database's.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from reconciler.camber.process import boot_now
from reconciler.domain.runs import Lease
from reconciler.store.runs import StaleLease

MARGIN = 0.1
"""The share of a lease in which nothing new is begun: an act must have time to reach its end."""
current_lease: ContextVar[Lease | None] = ContextVar("current_lease", default=None)
"""What this thread is acting under: evidence of the CLI belongs to its run."""


class Leases:
    """The leases that this process works under, each by its epoch. Thread-safe.

    A run that this process lost and took again is under another lease: it says nothing of the earlier one.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = boot_now) -> None:
        self.clock = clock
        self._trusted_seconds = seconds * (1 - MARGIN)
        self._until: dict[Lease, float] = {}
        self._lock = Lock()

    def take(self, leases: Iterable[Lease], since: float) -> None:
        """Work under these leases, which were asked for at `since`."""
        with self._lock:
            self._until |= dict.fromkeys(leases, since + self._trusted_seconds)

    def renewed(self, leases: Iterable[Lease], since: float) -> None:
        """Those of them that are still worked under hold for longer."""
        with self._lock:
            kept = [lease for lease in leases if lease in self._until]
            self._until |= dict.fromkeys(kept, since + self._trusted_seconds)

    def drop(self, lease: Lease) -> None:
        """Work under this one no more: nobody renews it."""
        with self._lock:
            self._until.pop(lease, None)

    @contextmanager
    def dropping(self, leases: Iterable[Lease]) -> Iterator[None]:
        """Work under none of them after this, however it ends: what is held and not worked on is renewed for ever."""
        taken = tuple(leases)
        try:
            yield
        finally:
            for lease in taken:
                self.drop(lease)

    def held(self) -> set[Lease]:
        """What is being acted on at this moment: only these leases are renewed."""
        with self._lock:
            return set(self._until)

    def require(self) -> None:
        """Raise StaleLease where the run that this thread acts on may be somebody else's by now."""
        lease = current_lease.get()
        if lease is None:
            return
        with self._lock:
            until = self._until.get(lease)
        if until is None or self.clock() >= until:
            raise StaleLease(f"run {lease.run_id}: by our own clock the lease of epoch {lease.epoch} may be gone")
