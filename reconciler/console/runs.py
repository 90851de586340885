"""The list of runs, with a time line."""

from starlette.responses import Response

from reconciler.console.answers import page
from reconciler.console.asking import asked_after, asked_range, asked_word
from reconciler.console.charts import RANGES
from reconciler.console.desk import Desk, Visit
from reconciler.console.discretion import conceal
from reconciler.console.timeline import timeline
from reconciler.domain.states import RunState
from reconciler.store import browsing, reading

PAGE_ROWS = 50
LANES_MAX = 40


def show(desk: Desk, visit: Visit) -> Response:
    """The newest runs as bars on a line of time, and a page of them as a table."""
    span, state, after = asked_range(visit, "2h"), asked_word(visit, "state", RunState), asked_after(visit)
    seconds = span.slot_seconds * span.slots
    with desk.looking() as connection:
        lanes = browsing.list_run_spans(connection, seconds, LANES_MAX + 1)
        rows = reading.list_runs(connection, state, limit=PAGE_ROWS + 1, after=after)
    return page(
        desk,
        visit,
        "runs",
        line=timeline(lanes[:LANES_MAX], seconds),
        lanes_more=len(lanes) > LANES_MAX,
        span=span,
        ranges=RANGES,
        rows=conceal(rows[:PAGE_ROWS]),
        older=rows[PAGE_ROWS - 1]["run_id"] if len(rows) > PAGE_ROWS else None,
        is_first=after is None,
        state=state,
        states=list(RunState),
    )
