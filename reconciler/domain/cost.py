"""What runs cost, and what a day may cost.

No surface of Camber tells a cost, so it is reckoned from the node's price and the time for which the job ran.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile

from reconciler.domain.observations import CamberStatus, RemoteJob
from reconciler.domain.pace import Pace
from reconciler.domain.runs import ReadyJob, Run

SECONDS_AN_HOUR = 3600
PLACES = Decimal("0.000001")
QUANTUM = timedelta(seconds=5)
"""Camber tells the end of a job in steps of so much: an end by our own clock may be as much late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One UTC day's credits: what is known to be spent, and what is under way by expectation. `limit` None: no end."""

    limit: Decimal | None
    spent: Decimal
    under_way: Decimal

    @property
    def left(self) -> Decimal | None:
        """What may still be launched today; None where there is no limit."""
        return None if self.limit is None else self.limit - self.spent - self.under_way


def credits_of(job: RemoteJob, node_size: str, prices: Mapping[str, Decimal]) -> Decimal | None:
    """Credits of a job that is over; None while it is not, or where its node has no price.

    Camber bills from RUNNING to the end. A start that it does not show is taken to be the creation: rather too much
    than too little. A job that never ran costs nothing.
    """
    if not job.status.final or job.finished_at is None:
        return None
    price = prices.get((job.node_size or node_size).lower())
    began = job.started_at or job.created_at
    return None if price is None or began is None else credits_for(began, job.finished_at, price)


def credits_of_run(job: RemoteJob, run: Run, prices: Mapping[str, Decimal]) -> Decimal | None:
    """Credits of a run whose job is over, by Camber's times, and where it shows none by the times at which we looked.

    A job that was cancelled before anybody saw it run has cost nothing, however long it had queued.
    """
    price = prices.get((job.node_size or run.node_size).lower())
    if price is None or not job.status.final:
        return None
    if job.started_at is None and run.started_at is None and job.status is CamberStatus.CANCELLED:
        return Decimal(0).quantize(PLACES)
    began = job.started_at or job.created_at or run.started_at
    ended = job.finished_at or run.now + QUANTUM
    return None if began is None else credits_for(began, ended, price)


def credits_for(began: datetime, ended: datetime, price: Decimal) -> Decimal:
    """Credits for that time at so much an hour."""
    return credits_for_seconds((ended - began).total_seconds(), price)


def credits_for_seconds(seconds: float, price: Decimal) -> Decimal:
    """Credits for so many seconds at so much an hour."""
    return (price * Decimal(max(0.0, seconds)) / SECONDS_AN_HOUR).quantize(PLACES)


def affordable(
    batches: Iterable[Sequence[ReadyJob]], spending: Spending, pace: Pace, price: Decimal, linger_seconds: float = 0.0
) -> list[Sequence[ReadyJob]]:
    """The batches that the day's limit allows, the foremost first: none goes past one that is too dear.

    A run that lingers is billed while it waits, too.
    """
    left = spending.left
    if left is None:
        return list(batches)
    total = Decimal(0)

    def fits(batch: Sequence[ReadyJob]) -> bool:
        nonlocal total
        seconds = pace.run_seconds(sum(job.compute_seconds for job in batch)) + linger_seconds
        total += credits_for_seconds(seconds, price)
        return total <= left

    return list(takewhile(fits, batches))
