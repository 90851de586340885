"""Watch: look at submitted runs, read the logs of running ones, and move the runs on."""

from datetime import timedelta

from sqlalchemy import Connection

from reconciler.domain.decide import Advance, Confirm, Keep, decide_absence, decide_watch
from reconciler.domain.observations import CamberStatus, GetOutcome, RemoteJob, Seen
from reconciler.domain.policy import JITTER
from reconciler.domain.runs import Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.accounts import claim_due
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.cycle import each
from reconciler.loop.faults import error_details, give_up_all, log_job, supersede_all
from reconciler.loop.glance import Glanced, glance, take_ended
from reconciler.loop.harvest import harvest, keep_tail
from reconciler.loop.lingering import pause_seconds, put_gift
from reconciler.loop.moving import log_run, move_of
from reconciler.loop.search import search
from reconciler.loop.settle import conclude
from reconciler.store import runs
from worker.contract import ErrorCode

WATCHED = (RunState.SUBMITTED, RunState.QUEUED, RunState.RUNNING, RunState.ABANDONED)


def ahead_seconds(context: Context) -> float:
    """What is due in so short a time is looked at now: it would have to wait for the next tick, half a pause."""
    return JITTER * context.settings.poll_min_seconds


@as_duty("watch")
def run_once(context: Context) -> Counts:
    """Look at every run that is due: at all together where they are several, then at those that need it one by one."""
    due = claim_due(context, WATCHED, ahead_seconds=ahead_seconds(context))
    if not due:
        return Counts()
    with context.leases.dropping(one.run.lease for one in due):
        context.pacing.refresh()
        counts, others, over = glance(context, due)
        ended = take_ended(context, due, over, WATCHED)
        with context.leases.dropping(one.lease for one in ended):
            return counts + each(context, ended + others, lambda one: watch(context, one), lambda one: one.lease)


def watch(context: Context, one: Glanced) -> str:
    """One look at one run, unless the list has shown it already; returns what came of it. Raises StaleLease."""
    run = one.run
    if run.state is RunState.ABANDONED:
        _fence_strays(context, run)
    if run.camber_job_id is None:
        return _seek_abandoned(context, one)
    outcome = Seen(one.row) if one.row else context.client.get(run.camber_job_id, known=run.camber_status)
    decision = decide_watch(run, outcome)
    match decision:
        case Keep():
            return _keep(context, one, outcome, decision)
        case Confirm(reason):
            return _confirm(context, one, reason)
        case Advance(event, reason):
            return _advance(context, one, event, reason, outcome.job if isinstance(outcome, Seen) else None)


def _fence_strays(context: Context, run: Run) -> None:
    """An operator gave it up: its live attempts are over, and their jobs go back unburnt."""
    with context.transaction("fence_strays") as connection:
        error = error_details(ErrorCode.LAUNCH_UNKNOWN, "its run was given up by an operator")
        fenced = supersede_all(connection, context, run, error)
    for attempt in fenced:
        log_job(run, attempt, "pending", code=error["code"])


def _keep(context: Context, one: Glanced, outcome: GetOutcome, decision: Keep) -> str:
    """A running batch's log is read while it grows, so that each document completes when its own frame appears."""
    run, gathered = one.run, None
    if isinstance(outcome, Seen) and outcome.job.status is CamberStatus.RUNNING and run.state is RunState.RUNNING:
        put_gift(context, run)
        gathered = harvest(context, run, one.attempts)
    log = gathered.log if gathered else None
    pause = pause_seconds(context, run, len(gathered.remaining) if gathered else None)

    def follow(connection: Connection) -> None:
        runs.look_again(
            connection,
            run.lease,
            pause,
            missed=decision.missed,
            camber_status=outcome.job.status_word if isinstance(outcome, Seen) else None,
            log_bytes=log.bytes if log else 0,
            log_tail=log.tail if log else None,
        )

    if not conclude(context, run, gathered.verdicts if gathered else (), follow, "keep"):
        conclude(context, run, (), follow, "keep")
    return "kept"


def _confirm(context: Context, one: Glanced, reason: str) -> str:
    """`get` says it is gone: only complete lists that do not show it either make that a fact."""
    run = one.run
    match decide_absence(run, search(context, run), context.policy):
        case Advance(event, why):
            return _advance(context, one, event, f"{reason}; {why}", None)
        case Keep(why, missed, absent):
            pause = context.poll_seconds(run)
            with context.transaction("look_again") as connection:
                runs.look_again(connection, run.lease, pause, missed=missed, absent=absent, reason=why)
            return "kept"


def _advance(context: Context, one: Glanced, event: RunEvent, reason: str, seen: RemoteJob | None) -> str:
    if event is RunEvent.GIVEN_UP:
        return _give_up(context, one, reason, seen)
    run = one.run
    with context.transaction("advance") as connection:
        moved = runs.advance_one(connection, move_of(context, run, event, reason, seen))
        if event is RunEvent.VANISHED and run.camber_job_id is not None:
            runs.record_sighting(connection, run, run.camber_job_id, context.backend, runs.VANISHED)
    context.follow(event)
    log_run(run, moved.state, reason)
    return str(event)


def _give_up(context: Context, one: Glanced, reason: str, seen: RemoteJob | None) -> str:
    """Fence the run and try its unfinished jobs again. Camber has no cancel: the worker is told to stop."""
    run, gathered = one.run, harvest(context, one.run, one.attempts)
    conclude(context, run, gathered.verdicts, lambda connection: keep_tail(connection, run, gathered.log), "keep_tail")
    error = error_details(ErrorCode.DEADLINE_EXCEEDED, reason)
    with context.transaction("give_up") as connection:
        fenced = give_up_all(connection, context, run, error)
        pause = context.poll_seconds(run)
        moved = runs.advance(connection, run, RunEvent.GIVEN_UP, reason, seen=seen, poll_seconds=pause)
    log_run(run, moved.state, reason)
    for attempt in fenced:
        log_job(run, attempt, "pending", code=error["code"])
    return str(RunEvent.GIVEN_UP)


def _seek_abandoned(context: Context, one: Glanced) -> str:
    """A fenced launch whose job never showed up: should it show up after all, it is watched and costed."""
    run = one.run
    look = search(context, run)
    found = look.found
    if found is None and look.complete and run.now - run.created_at > timedelta(seconds=context.settings.queue_seconds):
        return _advance(context, one, RunEvent.VANISHED, "it never showed up", None)
    with context.transaction("seek_abandoned") as connection:
        if found is None:
            runs.look_again(connection, run.lease, context.settings.poll_max_seconds)
            return "kept"
        job_id, pause = found.camber_job_id, context.poll_seconds(run)
        runs.advance(
            connection, run, RunEvent.ADOPTED, "shown late", camber_job_id=job_id, seen=found, poll_seconds=pause
        )
        # Its jobs have gone on without it, so what it does is done twice. Its cost stands with the run, and only there.
        runs.record_sighting(connection, run, job_id, context.backend, found.status_word)
    logger.bind(run_id=str(run.id), camber_job_id=job_id).warning(Event.RUN_ADOPTED)
    return str(RunEvent.ADOPTED)
