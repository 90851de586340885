"""One run: its documents, the end of its log, what the CLI said."""

from starlette.responses import Response

from reconciler.console.answers import page
from reconciler.console.asking import asked_run
from reconciler.console.desk import Desk, Refused, Visit
from reconciler.console.discretion import conceal
from reconciler.console.job import CALLS_SHOWN_MAX, shown_calls
from reconciler.store import browsing

ATTEMPTS_SHOWN_MAX = 1000


def show(desk: Desk, visit: Visit) -> Response:
    """Everything of one run."""
    with desk.looking() as connection:
        run_id = asked_run(connection, visit.words["run"])
        row = browsing.show_run(connection, run_id)
        if row is None:
            raise Refused(404, "There is no such run", f"Nothing is known of {run_id}.")
        attempts = browsing.list_run_attempts(connection, run_id, ATTEMPTS_SHOWN_MAX)
        sightings = browsing.list_run_sightings(connection, run_id)
        calls = browsing.list_decisive_calls(connection, [run_id], CALLS_SHOWN_MAX)
    keys = [row.pop("stash_path")]
    return page(
        desk,
        visit,
        "run",
        run=conceal(row, keys),
        attempts=conceal(attempts, keys),
        sightings=conceal(sightings, keys),
        calls=shown_calls(calls, keys),
    )
