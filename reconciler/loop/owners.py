"""Which Camber job each marker is known to belong to, so that a list that shows it again asks the database nothing."""

from collections import OrderedDict
from threading import Lock

KNOWN_MAX = 20_000
"""Two megabytes. A job that was forgotten is looked up again."""


class Owners:
    """Markers with the Camber job that their run owns: a run never changes it. Thread-safe, bounded."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._lock = Lock()

    def learn(self, marker: str, camber_job_id: int) -> None:
        """The marker's run owns this job."""
        with self._lock:
            self._known[marker, camber_job_id] = None
            self._known.move_to_end((marker, camber_job_id))
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)

    def knows(self, marker: str, camber_job_id: int) -> bool:
        """Whether the marker's run is known to own this job."""
        with self._lock:
            return (marker, camber_job_id) in self._known
