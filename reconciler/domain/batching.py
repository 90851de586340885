"""Which ready jobs share a run."""

from collections.abc import Sequence
from math import ceil

from reconciler.domain.runs import ReadyJob


def plan_batches(ready: Sequence[ReadyJob], free_slots: int, batch_max: int) -> list[list[ReadyJob]]:
    """Share the ready jobs out over the free slots: one each while idle, up to `batch_max` in a burst.

    The most urgent go first; within one priority the order is kept, in which the claim has interleaved the users.
    """
    if free_slots < 1 or not ready:
        return []
    size = min(batch_max, ceil(len(ready) / free_slots))
    queue = sorted(ready, key=lambda job: -job.priority)
    return [queue[at : at + size] for at in range(0, len(queue), size)][:free_slots]
