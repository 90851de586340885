"""Which ready jobs share a run."""

from collections.abc import Sequence
from itertools import zip_longest
from math import ceil

from reconciler.domain.runs import ReadyJob


def plan_batches(ready: Sequence[ReadyJob], free_slots: int, batch_max: int) -> list[list[ReadyJob]]:
    """Share the ready jobs out over the free slots: one each while idle, up to `batch_max` in a burst.

    The most urgent go first; within one priority the users take turns.
    """
    if free_slots < 1 or not ready:
        return []
    size = min(batch_max, ceil(len(ready) / free_slots))
    queue = interleave(ready)
    return [queue[at : at + size] for at in range(0, len(queue), size)][:free_slots]


def interleave(ready: Sequence[ReadyJob]) -> list[ReadyJob]:
    """Order by priority, highest first; within one priority one job of each user in turn, each user's order kept."""
    turns: list[ReadyJob] = []
    for priority in sorted({job.priority for job in ready}, reverse=True):
        by_user: dict[object, list[ReadyJob]] = {}
        for job in ready:
            if job.priority == priority:
                by_user.setdefault(job.user_id, []).append(job)
        turns += [job for turn in zip_longest(*by_user.values()) for job in turn if job is not None]
    return turns
