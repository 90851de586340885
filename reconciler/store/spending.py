"""What a day's runs have cost, and may still cost."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Connection

from reconciler.domain.cost import Spending, credits_for_seconds
from reconciler.domain.pace import Pace
from reconciler.store.database import statement


def read(connection: Connection, backend: str, limit: Decimal, pace: Pace, prices: Mapping[str, Decimal]) -> Spending:
    """Today's spending, by UTC. A run whose cost is not known counts with what it is expected to take, or has taken."""
    values = {"backend": backend, "startup": pace.startup_seconds, "each": pace.document_seconds / pace.processes}
    rows = connection.execute(statement("count_credits"), values).mappings().all()
    spent = sum((row["credits"] for row in rows), Decimal(0))
    # A node that has lost its price since counts as the dearest.
    dearest = max(prices.values(), default=Decimal(0))
    under_way = (credits_for_seconds(row["seconds"], prices.get(row["node_size"], dearest)) for row in rows)
    return Spending(limit=limit, spent=spent, under_way=sum(under_way, Decimal(0)))
