"""One read of Camber's job list looks at all submitted runs that are due; `job get` confirms what ends a run.

The list may lag, be cut short or show a row without its folder: it is believed only where it says that a run still
waits or runs. What looks final, what it does not show and what it does not identify is opened by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.domain.decide import Advance, Keep, decide_watch
from reconciler.domain.observations import CamberStatus, Page, RemoteJob, Seen
from reconciler.domain.runs import Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.sweep import notice
from reconciler.store import runs

PAGE_SIZE = 50
PAGES_MAX = 40
"""Two thousand jobs: more than ever run at a time. What stands further down is opened by itself."""
TOGETHER_MIN = 2
"""From so many on the list costs less than opening each."""
BELIEVED = frozenset({RunEvent.SEEN_QUEUED, RunEvent.SEEN_RUNNING})
"""What a list that lags cannot be wrong about: a run that was queued or running once, was."""


@dataclass(frozen=True, slots=True)
class Glanced:
    """A run with the row that shows it, where one does that may be believed."""

    run: Run
    row: RemoteJob | None


def glance(context: Context, due: Sequence[Run]) -> list[Glanced]:
    """Look at all of them with one read of the list, where they are several."""
    sought = {run.camber_job_id for run in due if run.camber_job_id is not None}
    rows = _read_list(context, due[0].account, sought) if len(sought) >= TOGETHER_MIN else {}
    return [Glanced(run, _believed(run, rows.get(run.camber_job_id or 0))) for run in due]


def _read_list(context: Context, account: str, sought: set[int]) -> Mapping[int, RemoteJob]:
    """The rows of the jobs that are sought, as far as the list shows them: newest first, down to the oldest of them."""
    found: dict[int, RemoteJob] = {}
    until = context.leases.clock() + context.settings.list_seconds_max
    for number in range(1, PAGES_MAX + 1):
        enough = context.stopping.is_set() or context.leases.clock() >= until
        page = None if enough else context.client.list_page(number, PAGE_SIZE, decides=False)
        if not isinstance(page, Page) or not page.rows:
            break
        notice(context, account, page.rows)
        found |= {row.camber_job_id: row for row in page.rows if row.camber_job_id in sought}
        if sought <= found.keys() or all(row.camber_job_id < min(sought) for row in page.rows):
            break
    return found


def _believed(run: Run, row: RemoteJob | None) -> RemoteJob | None:
    """The row where it shows the run's marker, and says nothing that would end the run."""
    if row is None or not row.carries(run.marker):
        return None
    match decide_watch(run, Seen(row)):
        case Keep():
            return row
        case Advance(event) if event in BELIEVED:
            return row
        case _:
            return None


def unchanged(one: Glanced) -> bool:
    """Whether there is nothing to do for the run but to look again; the log of a running one is read."""
    row, run = one.row, one.run
    if row is None or (row.status is CamberStatus.RUNNING and run.state is RunState.RUNNING):
        return False
    return isinstance(decide_watch(run, Seen(row)), Keep) and run.state is not RunState.ABANDONED


def look_again_at_all(context: Context, glanced: Iterable[Glanced]) -> int:
    """Write down when to look at each of them again, in one statement; returns how many there were."""
    words = {one.run.id: one.row.status_word for one in glanced if one.row}
    these = [one.run for one in glanced if one.run.id in words]
    if not these:
        return 0
    pauses = [context.poll_seconds(run) for run in these]
    with context.transaction("keep_all") as connection:
        kept = runs.look_again_all(connection, context.owner, these, pauses, [words[run.id] for run in these])
    for run in these:
        context.leases.drop(run.lease)
        if run.id not in kept:
            logger.bind(run_id=str(run.id)).warning(Event.LEASE_LOST)
    return len(these)
