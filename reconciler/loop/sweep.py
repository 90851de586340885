"""Find our Camber jobs that no live attempt owns: known by their marker, recorded with their cost, fenced, not counted.

Every page of the job list that is read for any purpose is looked through; in quiet times the sweep reads one page a
while by itself. Jobs without our marker are never touched.
"""

from collections.abc import Iterable

from reconciler.domain.cost import credits_of
from reconciler.domain.decide import is_duplicate
from reconciler.domain.observations import Absent, Page, RemoteJob, Seen
from reconciler.logs import Event, logger
from reconciler.loop.accounts import account_name
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.naming import markers_in
from reconciler.store import runs, sightings, signals
from reconciler.store.sightings import Duplicate

PAGE_SIZE = 50
LOOKED_AT_MAX = 5
"""Duplicates that one pass opens with `job get`."""
NEXT_PAGE = "sweep page"


@as_duty("sweep")
def run_once(context: Context) -> Counts:
    """Read one page of the list, and look at a few of the duplicates that still run up a cost."""
    account = account_name(context)
    if account is None:
        return Counts()
    number = int(context.known.get(NEXT_PAGE, "1"))
    page = context.client.list_page(number, PAGE_SIZE, decides=False)
    found = 0
    if isinstance(page, Page):
        context.known[NEXT_PAGE] = str(number + 1) if _goes_on(context, account, page) else "1"
        found = notice(context, account, page.rows)
    return Counts(duplicates=found, costed=_reckon(context, account))


def notice(context: Context, account: str, rows: Iterable[RemoteJob]) -> int:
    """Record and fence the duplicates among the rows; returns how many are new."""
    marked = {row: markers for row in rows if (markers := _unknown_markers(context, row))}
    if not marked:
        return 0
    with context.transaction("notice") as connection:
        every = {marker for markers in marked.values() for marker in markers}
        carriers = {one.marker: one for one in sightings.list_carriers(connection, context.backend, account, every)}
        new = [
            (carrier, row)
            for row, markers in marked.items()
            for carrier in (carriers.get(marker) for marker in sorted(markers))
            if carrier and is_duplicate(carrier.state, carrier.camber_job_id, row.camber_job_id)
            if sightings.record_duplicate(connection, context.backend, account, carrier.id, row)
        ]
        # It can neither be cancelled nor be counted: its worker is told what not to do.
        signals.owe(connection, {carrier.id for carrier, _ in new})
    for one in carriers.values():
        if one.camber_job_id is not None:
            context.owners.learn(one.marker, one.camber_job_id)
    for carrier, row in new:
        bound = logger.bind(run_id=str(carrier.id), camber_job_id=row.camber_job_id, marker=carrier.marker)
        bound.warning(Event.DUPLICATE_FOUND)
    return len(new)


def _unknown_markers(context: Context, row: RemoteJob) -> set[str]:
    """The row's markers whose run is not known to own just this job."""
    markers = markers_in(context.settings.service_env, row.mount_dir, row.command)
    return {marker for marker in markers if not context.owners.knows(marker, row.camber_job_id)}


def _goes_on(context: Context, account: str, page: Page) -> bool:
    """Whether anything of ours may stand on an older page."""
    with context.transaction("read_horizon") as connection:
        oldest = sightings.oldest_floor(connection, context.backend, account, context.settings.sweep_horizon_seconds)
    return oldest is not None and any(row.camber_job_id > oldest for row in page.rows)


def _reckon(context: Context, account: str) -> int:
    """Follow duplicates to their end and write down what they cost."""
    with context.transaction("list_duplicates") as connection:
        age = context.settings.sweep_seconds
        due = sightings.list_open_duplicates(connection, context.backend, account, age, LOOKED_AT_MAX)
    return sum(_look_at(context, account, one) for one in due)


def _look_at(context: Context, account: str, one: Duplicate) -> bool:
    match context.client.get(one.camber_job_id, known=one.camber_status):
        case Seen(job):
            status, cost = job.status_word, credits_of(job, one.node_size, context.settings.node_prices)
        case Absent():
            status, cost = runs.VANISHED, None
        case _:
            return False
    with context.transaction("write_cost") as connection:
        sightings.update(connection, context.backend, account, one.camber_job_id, status, cost)
    return cost is not None
