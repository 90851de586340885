"""What does not move by itself: stuck and held jobs, and runs that wait for a person."""

from starlette.responses import Response

from reconciler.console.answers import page
from reconciler.console.desk import Desk, Visit
from reconciler.console.discretion import conceal
from reconciler.domain.states import RunState
from reconciler.domain.why import OPEN
from reconciler.store import browsing, reading

ROWS_MAX = 200


def show(desk: Desk, visit: Visit) -> Response:
    """Each with its reason, since when, and what must happen."""
    with desk.looking() as connection:
        jobs = browsing.list_stuck(connection, ROWS_MAX + 1)
        held = reading.list_runs(connection, RunState.HELD, limit=ROWS_MAX)
        unknown = reading.list_runs(connection, RunState.UNKNOWN, limit=ROWS_MAX)
    told = [row | {"must_happen": OPEN[row["code"]][0]} for row in jobs[:ROWS_MAX]]
    return page(
        desk,
        visit,
        "stuck",
        jobs=conceal(told),
        more=len(jobs) > ROWS_MAX,
        rows_max=ROWS_MAX,
        runs=conceal([*held, *unknown]),
    )
