"""What a day may cost: beyond it nothing is launched, everybody can see why, and the next UTC day it goes on by itself.

The day's credits are counted under the lock of the slots, so that daemons who plan side by side do not both spend the
last of them.
"""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import Connection

from reconciler.domain.cost import Spending, affordable, credits_for_seconds
from reconciler.domain.runs import ReadyJob
from reconciler.loop.context import Context
from reconciler.store import spending as credits_spent

BUDGET = "budget"
NO_END = Spending(limit=None, spent=Decimal(0), under_way=Decimal(0))


def spent_up(context: Context, connection: Connection) -> str | None:
    """The trouble in plain words where today's credits do not even allow a run of one document."""
    spending = _spending(context, connection)
    price, pace = context.settings.node_prices.get(context.settings.node_size, Decimal(0)), context.pacing.latest
    least = credits_for_seconds(pace.run_seconds(pace.document_seconds) + context.settings.run_linger_seconds, price)
    return _told(spending) if spending.left is not None and spending.left < least else None


def affordable_batches(
    context: Context, connection: Connection, batches: Sequence[Sequence[ReadyJob]]
) -> tuple[list[Sequence[ReadyJob]], str | None]:
    """The batches that today's credits allow, and the trouble in plain words where that is not all of them."""
    spending = _spending(context, connection)
    price = context.settings.node_prices.get(context.settings.node_size, Decimal(0))
    allowed = affordable(
        batches, spending, context.pacing.latest, price, linger_seconds=context.settings.run_linger_seconds
    )
    return allowed, None if len(allowed) == len(batches) else _told(spending)


def _spending(context: Context, connection: Connection) -> Spending:
    settings = context.settings
    if settings.daily_credits_max is None:
        return NO_END
    pace = context.pacing.latest
    return credits_spent.read(connection, context.backend, settings.daily_credits_max, pace, settings.node_prices)


def show_budget(context: Context, trouble: str | None) -> None:
    """Let everybody see whether the day's credits keep anything from being launched."""
    context.breakers.show_until_tomorrow(BUDGET, trouble)


def _told(spending: Spending) -> str:
    return (
        f"DAILY_CREDITS_MAX is {spending.limit}: {spending.spent:.4f} credits are spent today and"
        f" {spending.under_way:.4f} are under way; launching goes on at 00:00 UTC, or when more is allowed"
    )
