"""Read Camber's list for a run, down to its id floor: by its Camber job's id where that is known, else by marker."""

from collections.abc import Iterator
from datetime import timedelta

from reconciler.domain.decide import Search
from reconciler.domain.observations import Account, Page, RemoteJob, Seen, Unreachable
from reconciler.domain.runs import Run
from reconciler.loop.context import Context
from reconciler.loop.sweep import notice
from reconciler.store import runs

PAGE_SIZE = 50
PAGES_MAX = 200
TOO_SLOW = "the list could not be read in time"
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
    with context.transaction("read_newest") as connection:
        settle = context.settings.settle_seconds
        known = runs.newest_known(connection, context.backend, run.account, run.id, settle)
    listed: set[int] = set()
    until = context.leases.clock() + context.settings.list_seconds_max
    for page in _pages(context, until):
        if isinstance(page, str):
            return _told_nothing(page)
        notice(context, run.account, page.rows)
        listed |= {row.camber_job_id for row in page.rows}
        above = [row for row in page.rows if _may_be(row, run)]
        decided = _look_into(context, run, above, until)
        if decided:
            return decided
        if not above:
            return _at_the_end(page, known, listed)
    return _told_nothing(f"the list is longer than {PAGES_MAX} pages")


def _pages(context: Context, until: float) -> Iterator[Page | str]:
    """The pages, newest first; a text says why there is no more of them."""
    for number in range(1, PAGES_MAX + 1):
        if context.stopping.is_set():
            yield "the daemon is stopping"
        if context.leases.clock() >= until:
            yield TOO_SLOW
        page = context.client.list_page(number, PAGE_SIZE)
        yield f"{page.trouble}: {page.reason}" if isinstance(page, Unreachable) else page


def _look_into(context: Context, run: Run, rows: list[RemoteJob], until: float) -> Search | None:
    """What the rows decide: found, or not to be told; None where it is none of them.

    Another Camber job with the run's marker is a twin: it says nothing of the run's own, whose id is known.
    """
    if run.camber_job_id is not None:
        own = next((row for row in rows if row.camber_job_id == run.camber_job_id), None)
        return Search(found=own, complete=True, reason="the list shows it") if own else None
    for row in rows:
        if context.leases.clock() >= until:
            return _told_nothing(TOO_SLOW)
        known = _identified(context, row)
        if known is None:
            return _told_nothing("a row of the list shows neither folder nor command")
        if known.carries(run.marker):
            return Search(found=known, complete=True, reason="found by its marker")
    return None


def _at_the_end(page: Page, known: int | None, listed: set[int]) -> Search:
    """A short page is not the last one, since the server may cap its pages; an empty one is, if it all adds up."""
    if not page.rows and page.total is not None and len(listed) < page.total:
        return _told_nothing(f"the list says {page.total} jobs and shows {len(listed)}")
    return _missed(known, listed)


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


def _identified(context: Context, row: RemoteJob) -> RemoteJob | None:
    """The row with its folder or command; one that shows neither is opened. None where it stays unidentified."""
    if row.identified:
        return row
    opened = context.client.get(row.camber_job_id, known=None)
    return opened.job if isinstance(opened, Seen) and opened.job.identified else None
