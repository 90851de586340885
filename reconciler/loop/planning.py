"""Plan batches whole, or what of them can be planned: one bad row must not keep the others waiting."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from reconciler.domain.runs import JobId, ReadyJob
from reconciler.loop.cycle import guarded
from reconciler.loop.own_faults import database_away

Planned = TypeVar("Planned")
T = TypeVar("T")
Batch = Sequence[ReadyJob]
Culprit = tuple[JobId, Exception]
"""A job that cannot be planned, and why."""


def plan_whole(
    connection: Connection,
    plan: Callable[[Sequence[Batch]], list[Planned]],
    batches: Sequence[Batch],
    faults: list[Culprit],
) -> list[Planned]:
    """Plan the batches together, or those and the halves of those that can be; who cannot be is added to `faults`."""

    def act() -> list[Planned]:
        with connection.begin_nested():
            return plan(batches)

    def blame(error: Exception) -> list[Planned]:
        if database_away(error):
            raise error
        if len(batches) > 1:
            return [one for half in _halves(batches) for one in plan_whole(connection, plan, half, faults)]
        (batch,) = batches
        if len(batch) == 1:
            faults.append((batch[0].id, error))
            return []
        first, second = _halves(batch)
        # At most one of the halves: the slots are counted by batch. The other one is for the next pass.
        return plan_whole(connection, plan, [first], faults) or plan_whole(connection, plan, [second], faults)

    return guarded(act, blame, documents=str(sum(map(len, batches)))) if batches else []


def _halves(whole: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    middle = len(whole) // 2
    return whole[:middle], whole[middle:]
