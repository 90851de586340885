"""What a Camber job costs. No surface of Camber tells, so it is reckoned from node and running time."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from reconciler.domain.observations import RemoteJob

SECONDS_AN_HOUR = 3600
PLACES = Decimal("0.000001")


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


def credits_for(began: datetime, ended: datetime, price: Decimal) -> Decimal:
    """Credits for that time at so much an hour."""
    seconds = Decimal(max(0.0, (ended - began).total_seconds()))
    return (price * seconds / SECONDS_AN_HOUR).quantize(PLACES)
