"""Read Camber's list for a run's marker, down to the run's id floor."""

from collections.abc import Iterator
from datetime import timedelta

from reconciler.domain.decide import Search
from reconciler.domain.observations import Account, RemoteJob, Seen, Unreachable
from reconciler.domain.runs import Run
from reconciler.loop.context import Context
from reconciler.store import runs

PAGE_SIZE = 50
PAGES_MAX = 200
FLOOR_MARGIN = 50
"""Ids are one counter for all of Camber; a margin below the floor forgives a list that is out of order."""
CLOCK_MARGIN = timedelta(minutes=10)


def search(context: Context, run: Run) -> Search:
    """One look through the list. It is complete only if it was read to the floor and every row was identified."""
    match context.client.me():
        case Unreachable(trouble, reason):
            return _told_nothing(f"{trouble}: {reason}")
        case Account(username=username) if username != run.account:
            return _told_nothing("the CLI is logged in as somebody else")
    return _read_pages(context, run)


def _read_pages(context: Context, run: Run) -> Search:
    """Newest first, down to the floor. The newest job that we know of must be among them, or rows are missing."""
    with context.engine.begin() as connection:
        known = runs.newest_known(connection, context.backend, run.account)
    listed: set[int] = set()
    for number in range(1, PAGES_MAX + 1):
        page = context.client.list_page(number, PAGE_SIZE)
        if isinstance(page, Unreachable):
            return _told_nothing(f"{page.trouble}: {page.reason}")
        listed |= {row.camber_job_id for row in page.rows}
        above = [row for row in page.rows if _may_be(row, run)]
        for found in _identify(context, above):
            if found is None:
                return _told_nothing("a row of the list shows neither folder nor command")
            if found.carries(run.marker):
                return Search(found=found, complete=True, reason="found by its marker")
        if len(page.rows) < PAGE_SIZE or not above:
            return _missed(known, listed)
    return _told_nothing(f"the list is longer than {PAGES_MAX} pages")


def _missed(known: int | None, listed: set[int]) -> Search:
    if known is not None and known not in listed:
        return _told_nothing(f"Camber job {known} is not in the list, which must be there")
    return Search(found=None, complete=True, reason="not in the list")


def _told_nothing(reason: str) -> Search:
    return Search(found=None, complete=False, reason=reason)


def _may_be(row: RemoteJob, run: Run) -> bool:
    """Whether the row is young enough to be the run's."""
    if row.camber_job_id > (run.id_floor or 0) - FLOOR_MARGIN:
        return True
    started = run.launch_started_at or run.created_at
    return row.created_at is not None and row.created_at > started - CLOCK_MARGIN


def _identify(context: Context, rows: list[RemoteJob]) -> Iterator[RemoteJob | None]:
    """Each row with its folder or command; a row that shows neither is opened. None where it stays unidentified."""
    for row in rows:
        if row.identified:
            yield row
            continue
        opened = context.client.get(row.camber_job_id, known=None)
        yield opened.job if isinstance(opened, Seen) and opened.job.identified else None
