"""The list of jobs, and the search for one."""

from starlette.responses import Response

from reconciler.console.answers import page, see
from reconciler.console.asking import FILTER_FIELDS, asked_after, asked_filter
from reconciler.console.desk import ROOT, Desk, Visit
from reconciler.console.discretion import conceal
from reconciler.domain.prefixes import CHARACTERS_MIN, hex_prefix
from reconciler.domain.states import JobStatus
from reconciler.store import reading
from worker.contract import ErrorCode

PAGE_ROWS = 50
FOUND_MAX = 20
QUERY_CHARACTERS_MAX = 200


def show(desk: Desk, visit: Visit) -> Response:
    """A page of jobs, the newest first. No file's name and no text stands here."""
    chosen = asked_filter(visit)
    schema, after = visit.asked("schema"), asked_after(visit)
    with desk.looking() as connection:
        rows = reading.list_jobs(connection, chosen, limit=PAGE_ROWS + 1, schema=schema, after=after)
    return page(
        desk,
        visit,
        "jobs",
        rows=conceal(rows[:PAGE_ROWS]),
        older=rows[PAGE_ROWS - 1]["id"] if len(rows) > PAGE_ROWS else None,
        is_first=after is None,
        chosen={name: visit.asked(name) for name in FILTER_FIELDS},
        schema=schema,
        is_filtered=not chosen.empty or schema is not None,
        # What is chosen by the schema's name the orders do not know.
        may_order_all=not chosen.empty and schema is None,
        statuses=list(JobStatus),
        codes=list(ErrorCode),
    )


def find(desk: Desk, visit: Visit) -> Response:
    """Go to the one thing that the text names: a job or a run by its first characters, a run by Camber's number."""
    text = (visit.asked("q") or "")[:QUERY_CHARACTERS_MAX]
    prefix = hex_prefix(text)
    with desk.looking() as connection:
        jobs = reading.find_job_ids(connection, prefix, FOUND_MAX) if prefix else []
        runs = reading.find_run_ids(connection, text, prefix, FOUND_MAX) if text else []
    found = [f"{ROOT}/jobs/{one}" for one in jobs] + [f"{ROOT}/runs/{one}" for one in runs]
    if len(found) == 1:
        return see(found[0])
    given = {"text": text, "jobs": jobs, "runs": runs, "least": CHARACTERS_MIN}
    return page(desk, visit, "find", status=200 if found or not text else 404, **given)
