"""One screen of how things stand."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from reconciler.console.answers import page
from reconciler.console.asking import asked_range
from reconciler.console.charts import RANGES, depths, queue_chart, throughput_chart
from reconciler.console.desk import Desk, Visit
from reconciler.console.discretion import conceal
from reconciler.store import browsing
from reconciler.store.reading import read_overview

RUNS_SHOWN_MAX = 12
SILENT_SECONDS_MAX = 300
"""As the views count: a daemon without a sign for so long is gone."""


def show(desk: Desk, visit: Visit) -> Response:
    """Queue, throughput, runs, breakers, daemons, cost, and what has waited for longest with its reason."""
    span = asked_range(visit)
    with desk.looking() as connection:
        seen = conceal(read_overview(connection))
        slots = browsing.count_by_slot(connection, span.slot_seconds, span.slots)
        live = conceal(browsing.list_live_runs(connection, RUNS_SHOWN_MAX + 1))
    health = seen["health"]
    open_now = health["pending_due"] + health["pending_later"] + health["held"] + health["processing"]
    return page(
        desk,
        visit,
        "overview",
        seen=seen,
        slots=slots,
        depths=depths(slots, open_now),
        span=span,
        ranges=RANGES,
        throughput=throughput_chart(slots, span),
        queue=queue_chart(slots, open_now, span),
        live=live[:RUNS_SHOWN_MAX],
        live_more=len(live) > RUNS_SHOWN_MAX,
        daemons=[row | {"silent": float(row["silent_seconds"]) >= SILENT_SECONDS_MAX} for row in seen["daemons"]],
        ages={(row["subject"], row["state"]): row["oldest_seconds"] for row in seen["open"]},
        cost=_cost(seen["cost_today"], desk),
        troubles=desk.troubles(),
    )


def _cost(row: Mapping[str, Any] | None, desk: Desk) -> dict[str, Any]:
    """Today's credits, and their share of what a day may cost."""
    spent = row["total_credits"] if row else 0
    limit = desk.credits_max
    share = None if limit is None else 100 if limit == 0 else min(100.0, 100 * float(spent / limit))
    return {"row": row, "spent": spent, "limit": limit, "share": share}
