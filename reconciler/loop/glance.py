"""One read of Camber's job list looks at all submitted runs that are due; `job get` confirms what ends a run.

What the list shows besides is not wasted: a run that it shows to be over is opened before its turn.

The list may lag, be cut short or show a row without its folder: it is believed only where it says that a run still
waits or runs. What looks final, what it does not show and what it does not identify is opened by itself. What it says
of all the others is written in one transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reconciler.domain.decide import Advance, Keep, decide_watch
from reconciler.domain.observations import CamberStatus, Page, RemoteJob, Seen
from reconciler.domain.runs import Assigned, Lease, Run, RunId
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.accounts import Claimed, claim_ended
from reconciler.loop.context import Context, Counts
from reconciler.loop.cycle import guarded
from reconciler.loop.moving import log_run, move_of
from reconciler.loop.own_faults import database_away, in_the_way
from reconciler.loop.sweep import notice
from reconciler.store import runs
from reconciler.store.runs import Move

PAGE_SIZE = 50
PAGES_MAX = 40
"""Two thousand jobs: more than ever run at a time. What stands further down is opened by itself."""
LOGS_MAX = 16
"""So many logs of runs that go on are read in one pass: more than there are slots at Camber, as it was seen."""
TOGETHER_MIN = 2
"""From so many on the list costs less than opening each."""
BELIEVED = frozenset({RunEvent.SEEN_QUEUED, RunEvent.SEEN_RUNNING})
"""What a list that lags cannot be wrong about: a run that was queued or running once, was."""


@dataclass(frozen=True, slots=True)
class Glanced:
    """A run with the row that shows it, where one does that may be believed."""

    run: Run
    attempts: tuple[Assigned, ...]
    row: RemoteJob | None

    @property
    def lease(self) -> Lease:
        """What it is acted on under."""
        return self.run.lease


@dataclass(frozen=True, slots=True)
class _Told:
    """What the list decides for a run: only to look again, or to move on."""

    run: Run
    row: RemoteJob
    decision: Keep | Advance


def glance(context: Context, due: Sequence[Claimed]) -> tuple[Counts, list[Glanced], set[int]]:
    """Look at all of them with one read of the list, where they are several.

    Returned are those with more to be done, and the Camber jobs that it showed to be over though nobody asked.
    """
    sought = {one.run.camber_job_id for one in due if one.run.camber_job_id is not None}
    if len(sought) < TOGETHER_MIN:
        return Counts(), [Glanced(one.run, one.attempts, None) for one in due], set()
    with context.ledger.page():
        shown = _read_list(context, due[0].run.account, sought)
        rows = {row.camber_job_id: row for row in shown if row.camber_job_id in sought}
        told = {one.run.id: found for one in due if (found := _told(one.run, rows.get(one.run.camber_job_id or 0)))}
        settled = [one for one in told.values() if not _has_more(one)] + _put_off(context, told.values())
        counts = _write_down(context, settled)
    written = set() if counts is None else {one.run.id for one in settled}
    # What has no row that is believed may be over: somebody waits for that.
    others = sorted((one for one in due if one.run.id not in written), key=lambda one: one.run.id in told)
    over = {row.camber_job_id for row in shown if row.status.final} - sought
    return counts or Counts(), [Glanced(one.run, one.attempts, _row(told.get(one.run.id))) for one in others], over


def _row(told: _Told | None) -> RemoteJob | None:
    return told.row if told else None


def _read_list(context: Context, account: str, sought: set[int]) -> Sequence[RemoteJob]:
    """The list's rows, newest first, until all jobs that are sought were shown or would have been."""
    shown: list[RemoteJob] = []
    until = context.leases.clock() + context.settings.list_seconds_max
    for number in range(1, PAGES_MAX + 1):
        enough = context.stopping.is_set() or context.leases.clock() >= until
        page = None if enough else context.client.list_page(number, PAGE_SIZE, decides=False)
        if not isinstance(page, Page) or not page.rows:
            break
        notice(context, account, page.rows)
        shown += page.rows
        if sought <= {row.camber_job_id for row in shown} or all(row.camber_job_id < min(sought) for row in page.rows):
            break
    return shown


def _told(run: Run, row: RemoteJob | None) -> _Told | None:
    """What the row decides where it shows the run's marker, and says nothing that would end the run."""
    if row is None or not row.carries(run.marker):
        return None
    match decide_watch(run, Seen(row)):
        case Keep() as decision:
            return _Told(run, row, decision)
        case Advance(event) as decision if event in BELIEVED:
            return _Told(run, row, decision)
        case _:
            return None


def _has_more(one: _Told) -> bool:
    """Whether more is to be done than to write it down: a running run has a log, a fenced one may have strays."""
    return _speaks(one) or one.run.state is RunState.ABANDONED


def _speaks(one: _Told) -> bool:
    return one.row.status is CamberStatus.RUNNING and one.run.state is RunState.RUNNING


def _put_off(context: Context, told: Iterable[_Told]) -> list[_Told]:
    """Running runs whose logs are not read this time, chosen by lot.

    Each log is a process of the CLI: all of many would keep the next look waiting, and with it whatever ends. A run
    that was given something that it cannot find yet is looked at.
    """
    speaking = [one for one in told if _speaks(one) and one.run.inbox_put == one.run.inbox_given]
    surplus = len(speaking) - LOGS_MAX
    return context.random.sample(speaking, surplus) if surplus > 0 else []


def _write_down(context: Context, told: Sequence[_Told]) -> Counts | None:
    """What the list said of these, in one transaction: nobody acts on them any more.

    None where it cannot be written together: then each is looked at by itself, and one holds no other back.
    """
    return guarded(lambda: _written(context, told), _unless_away, runs=str(len(told))) if told else Counts()


def _unless_away(error: Exception) -> None:
    if database_away(error) and not in_the_way(error):
        raise error


def take_ended(
    context: Context, due: Sequence[Claimed], over: Collection[int], states: Sequence[RunState]
) -> list[Glanced]:
    """Lease the runs whose Camber jobs were shown to be over before their turn; none where that cannot be done now."""
    worth = context.ends.worth_a_look(over)
    if not worth or context.stopping.is_set():
        return []
    account = due[0].run.account
    ended = guarded(lambda: claim_ended(context, account, states, worth), _unless_away, jobs=str(len(worth)))
    return [Glanced(one.run, one.attempts, None) for one in ended or ()]


def _written(context: Context, told: Sequence[_Told]) -> Counts | None:
    moves = {one.run.id: _move(context, one) for one in told if isinstance(one.decision, Advance)}
    kept = [one for one in told if one.run.id not in moves]
    with context.transaction("keep_all") as connection:
        # Two statements write them, and who locks several does so by their ids.
        runs.lock(connection, [one.run.id for one in told])
        held = _look_again_at_all(connection, context, kept)
        moved = runs.advance_all(connection, context.owner, list(moves.values()))
    counts = Counts()
    for one in told:
        context.leases.drop(one.run.lease)
        if one.run.id in moved:
            counts[str(moves[one.run.id].event)] += 1
            log_run(one.run, moved[one.run.id].state, moves[one.run.id].reason)
        elif one.run.id in held:
            counts["kept"] += 1
        else:
            counts["lease_lost"] += 1
            logger.bind(run_id=str(one.run.id)).warning(Event.LEASE_LOST)
    return counts


def _move(context: Context, one: _Told) -> Move:
    assert isinstance(one.decision, Advance), "whoever is kept does not move"  # noqa: S101
    return move_of(context, one.run, one.decision.event, one.decision.reason, one.row)


def _look_again_at_all(connection: Connection, context: Context, kept: Sequence[_Told]) -> set[RunId]:
    if not kept:
        return set()
    pauses, words = [context.poll_seconds(one.run) for one in kept], [one.row.status_word for one in kept]
    return runs.look_again_all(connection, context.owner, [one.run for one in kept], pauses, words)
