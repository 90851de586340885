"""Which ends a list has shown before their turn, so that what it goes on showing is not asked about for ever."""

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock

TRIES_MAX = 3
"""Another pass may be at the run at first, or `get` may not say yet what the list says."""
KNOWN_MAX = 4_000
"""Twice what one read of the list can show."""


class Ends:
    """Camber jobs that were shown to be over, and how often somebody went to look. Thread-safe, bounded."""

    def __init__(self) -> None:
        self._tries: OrderedDict[int, int] = OrderedDict()
        self._lock = Lock()

    def worth_a_look(self, camber_job_ids: Collection[int]) -> list[int]:
        """Those of them that were not looked at so often yet; they are counted as looked at."""
        with self._lock:
            worth = [one for one in sorted(camber_job_ids) if self._tries.get(one, 0) < TRIES_MAX]
            for one in camber_job_ids:
                self._tries[one] = self._tries.get(one, 0) + 1
                self._tries.move_to_end(one)
            while len(self._tries) > KNOWN_MAX:
                self._tries.popitem(last=False)
            return worth
