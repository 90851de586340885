"""Plan a batch whole, or what of it can be planned: one bad row must not keep the others waiting."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from reconciler.domain.runs import JobId, Lease, ReadyJob
from reconciler.loop.cycle import guarded
from reconciler.loop.own_faults import database_away

Culprit = tuple[JobId, Exception]
"""A job that cannot be planned, and why."""


def plan_whole(
    connection: Connection,
    plan: Callable[[Sequence[ReadyJob]], Lease | None],
    batch: Sequence[ReadyJob],
    faults: list[Culprit],
) -> Lease | None:
    """Plan the batch, or the half of it that can be planned; who cannot be is added to `faults`."""

    def act() -> Lease | None:
        with connection.begin_nested():
            return plan(batch)

    def blame(error: Exception) -> Lease | None:
        if database_away(error):
            raise error
        if len(batch) == 1:
            faults.append((batch[0].id, error))
            return None
        middle = len(batch) // 2
        # At most one of the halves: the slots are counted by batch. The other one is for the next pass.
        return plan_whole(connection, plan, batch[:middle], faults) or plan_whole(
            connection, plan, batch[middle:], faults
        )

    return guarded(act, blame, documents=str(len(batch)))
