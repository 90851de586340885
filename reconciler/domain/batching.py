"""Which ready jobs share a run.

Nothing waits for a batch to fill: what is ready is dealt out over the free slots like cards, so an idle system sends
one document at once, a burst fills every slot, and as many of the foremost as there are slots go first in their runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from uuid import UUID

from reconciler.domain.runs import ReadyJob


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBounds:
    """What one run may carry. A single job beyond a bound goes alone."""

    jobs_max: int
    bytes_max: int
    compute_seconds_max: float
    """Of all its documents together, by one process."""


@dataclass(slots=True)
class _Batch:
    jobs: list[ReadyJob] = field(default_factory=list)
    bytes: int = 0
    compute_seconds: float = 0.0

    def takes(self, job: ReadyJob, jobs_max: int, bounds: BatchBounds) -> bool:
        if not self.jobs:
            return True
        return (
            len(self.jobs) < jobs_max
            and self.bytes + job.input_bytes <= bounds.bytes_max
            and self.compute_seconds + job.compute_seconds <= bounds.compute_seconds_max
        )

    def add(self, job: ReadyJob) -> None:
        self.jobs.append(job)
        self.bytes += job.input_bytes
        self.compute_seconds += job.compute_seconds


def plan_batches(ready: Sequence[ReadyJob], free_slots: int, bounds: BatchBounds) -> list[list[ReadyJob]]:
    """Deal the ready jobs out over the free slots: ceil(jobs / slots) each at most, within the bounds.

    The most urgent go first; within one priority the order is kept, in which the claim has interleaved the users. A job
    that fits nowhere stays for the next plan, and its user's later ones of the same priority with it.
    """
    if free_slots < 1 or not ready:
        return []
    jobs_max = min(bounds.jobs_max, ceil(len(ready) / free_slots))
    batches = [_Batch() for _ in range(min(free_slots, len(ready)))]
    left_out: set[tuple[UUID, int]] = set()
    for job in sorted(ready, key=lambda job: -job.priority):
        turn = (job.user_id, job.priority)
        fitting = [] if turn in left_out else [one for one in batches if one.takes(job, jobs_max, bounds)]
        if fitting:
            min(fitting, key=lambda one: len(one.jobs)).add(job)
        else:
            left_out.add(turn)
    return [batch.jobs for batch in batches]
