"""Watch: look at submitted runs, read the logs of running ones, and move the runs on."""

from datetime import timedelta
from decimal import Decimal

from reconciler.domain.cost import credits_of_run
from reconciler.domain.decide import Advance, Confirm, Keep, decide_absence, decide_watch
from reconciler.domain.observations import CamberStatus, GetOutcome, RemoteJob, Seen
from reconciler.domain.runs import Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.accounts import claim_due
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.cycle import each
from reconciler.loop.faults import error_details, give_up_all, log_job, supersede_all
from reconciler.loop.glance import Glanced, glance, look_again_at_all, unchanged
from reconciler.loop.harvest import harvest, keep_tail
from reconciler.loop.lingering import pause_seconds, put_gift
from reconciler.loop.naming import KILL_AFTER_SECONDS
from reconciler.loop.search import search
from reconciler.store import runs
from worker.contract import ErrorCode

WATCHED = (RunState.SUBMITTED, RunState.QUEUED, RunState.RUNNING, RunState.ABANDONED)


@as_duty("watch")
def run_once(context: Context) -> Counts:
    """Look at every run that is due: at all together where they are several, then at those that need it one by one."""
    due = claim_due(context, WATCHED)
    if not due:
        return Counts()
    context.pacing.refresh()
    glanced = glance(context, due)
    kept = look_again_at_all(context, [one for one in glanced if unchanged(one)])
    others = [one for one in glanced if not unchanged(one)]
    return Counts(kept=kept) + each(context, others, lambda one: watch(context, one), lambda one: one.run.lease)


def watch(context: Context, one: Glanced) -> str:
    """One look at one run, unless the list has shown it already; returns what came of it. Raises StaleLease."""
    run = one.run
    if run.state is RunState.ABANDONED:
        _fence_strays(context, run)
    if run.camber_job_id is None:
        return _seek_abandoned(context, run)
    outcome = Seen(one.row) if one.row else context.client.get(run.camber_job_id, known=run.camber_status)
    decision = decide_watch(run, outcome)
    match decision:
        case Keep():
            return _keep(context, run, outcome, decision)
        case Confirm(reason):
            return _confirm(context, run, reason)
        case Advance(event, reason):
            return _advance(context, run, event, reason, outcome.job if isinstance(outcome, Seen) else None)


def _fence_strays(context: Context, run: Run) -> None:
    """An operator gave it up: its live attempts are over, and their jobs go back unburnt."""
    with context.transaction("fence_strays") as connection:
        error = error_details(ErrorCode.LAUNCH_UNKNOWN, "its run was given up by an operator")
        fenced = supersede_all(connection, context, run, error)
    for attempt in fenced:
        log_job(run, attempt, "pending", code=error["code"])


def _keep(context: Context, run: Run, outcome: GetOutcome, decision: Keep) -> str:
    """A running batch's log is read while it grows, so that each document completes when its own frame appears."""
    read = None
    if isinstance(outcome, Seen) and outcome.job.status is CamberStatus.RUNNING and run.state is RunState.RUNNING:
        put_gift(context, run)
        read = harvest(context, run)
    log, pause = read.log if read else None, pause_seconds(context, run, len(read.remaining) if read else None)
    with context.transaction("keep") as connection:
        runs.look_again(
            connection,
            run.lease,
            pause,
            missed=decision.missed,
            camber_status=outcome.job.status_word if isinstance(outcome, Seen) else None,
            log_bytes=log.bytes if log else 0,
            log_tail=log.tail if log else None,
        )
    return "kept"


def _confirm(context: Context, run: Run, reason: str) -> str:
    """`get` says it is gone: only complete lists that do not show it either make that a fact."""
    match decide_absence(run, search(context, run), context.policy):
        case Advance(event, why):
            return _advance(context, run, event, f"{reason}; {why}", None)
        case Keep(why, missed, absent):
            pause = context.poll_seconds(run)
            with context.transaction("look_again") as connection:
                runs.look_again(connection, run.lease, pause, missed=missed, absent=absent, reason=why)
            return "kept"


def _advance(context: Context, run: Run, event: RunEvent, reason: str, seen: RemoteJob | None) -> str:
    if event is RunEvent.GIVEN_UP:
        return _give_up(context, run, reason, seen)
    settings = context.settings
    # The command ends itself at its limit, and Camber's word for that comes late.
    own_end = settings.run_seconds + KILL_AFTER_SECONDS + settings.log_grace_seconds
    deadline = own_end if event is RunEvent.SEEN_RUNNING else settings.log_grace_seconds
    pause = 0.0 if event in (RunEvent.SEEN_OVER, RunEvent.VANISHED) else context.poll_seconds(run)
    with context.transaction("advance") as connection:
        state = runs.advance(
            *(connection, run, event, reason),
            seen=seen,
            cost=_cost(context, run, event, seen),
            poll_seconds=pause,
            deadline_seconds=deadline,
        )
        if event is RunEvent.VANISHED and run.camber_job_id is not None:
            runs.record_sighting(connection, run, run.camber_job_id, context.backend, runs.VANISHED)
    _log_run(run, state, reason)
    return str(event)


def _cost(context: Context, run: Run, event: RunEvent, seen: RemoteJob | None) -> Decimal | None:
    """What the run has cost, once it is over; None where nobody can tell."""
    if event is RunEvent.VANISHED and run.camber_job_id is None:
        # Nothing was ever created. Should it show up after all, it is a duplicate with a cost of its own.
        return Decimal(0)
    return credits_of_run(seen, run, context.settings.node_prices) if seen and event is RunEvent.SEEN_OVER else None


def _give_up(context: Context, run: Run, reason: str, seen: RemoteJob | None) -> str:
    """Fence the run and try its unfinished jobs again. Camber has no cancel: the worker is told to stop."""
    keep_tail(context, run, harvest(context, run).log)
    error = error_details(ErrorCode.DEADLINE_EXCEEDED, reason)
    with context.transaction("give_up") as connection:
        fenced = give_up_all(connection, context, run, error)
        pause = context.poll_seconds(run)
        state = runs.advance(connection, run, RunEvent.GIVEN_UP, reason, seen=seen, poll_seconds=pause)
    _log_run(run, state, reason)
    for attempt in fenced:
        log_job(run, attempt, "pending", code=error["code"])
    return str(RunEvent.GIVEN_UP)


def _seek_abandoned(context: Context, run: Run) -> str:
    """A fenced launch whose job never showed up: should it show up after all, it is watched and costed."""
    look = search(context, run)
    found = look.found
    if found is None and look.complete and run.now - run.created_at > timedelta(seconds=context.settings.queue_seconds):
        return _advance(context, run, RunEvent.VANISHED, "it never showed up", None)
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


def _log_run(run: Run, state: RunState, reason: str) -> None:
    bound = logger.bind(run_id=str(run.id), camber_job_id=run.camber_job_id, reason=reason)
    bound.bind(old_status=str(run.state), new_status=str(state)).info(Event.RUN_STATE)
