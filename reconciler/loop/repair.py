"""Repair: take over what a dead daemon left, and find out what became of launches whose reply was lost."""

from reconciler.domain.decide import Adopt, Advance, Keep, Search, decide_search
from reconciler.domain.observations import Absent, RemoteJob, Seen, Unreachable
from reconciler.domain.runs import Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.accounts import claim_due
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.cycle import each
from reconciler.loop.faults import error_details, log_job, supersede_all
from reconciler.loop.launch import relaunch
from reconciler.loop.search import search
from reconciler.store import jobs, runs
from worker.contract import ErrorCode

REPAIRED = (RunState.PLANNED, RunState.LAUNCHING, RunState.UNKNOWN)


@as_duty("repair")
def run_once(context: Context) -> Counts:
    """Take over every such run whose lease ran out."""
    due = claim_due(context, REPAIRED)
    return each(context, due, lambda one: repair(context, one.run), lambda one: one.run.lease)


def repair(context: Context, run: Run) -> str:
    """One run; returns what came of it. Raises StaleLease."""
    if run.state is RunState.PLANNED:
        return relaunch(context, run.lease)
    if run.state is RunState.LAUNCHING:
        return _lost_reply(context, run)
    return _seek(context, run)


def _lost_reply(context: Context, run: Run) -> str:
    """Its daemon died between create and its own commit: a Camber job may or may not exist."""
    with context.transaction("lose_reply") as connection:
        reason = "its daemon was gone before the reply was written down"
        runs.advance(connection, run, RunEvent.REPLY_LOST, reason)
    logger.bind(run_id=str(run.id), reason=reason).warning(Event.RUN_LAUNCH_UNKNOWN)
    return "unknown"


def _seek(context: Context, run: Run) -> str:
    found = _by_its_id(context, run) or search(context, run)
    with context.transaction("count_launches") as connection:
        launches = jobs.most_unknown_launches(connection, run.id)
    decision = decide_search(run, found, run.absent_count + 1, launches, context.policy)
    match decision:
        case Adopt(job):
            return _adopt(context, run, job)
        case Keep(reason, missed):
            with context.transaction("look_again") as connection:
                runs.look_again(connection, run.lease, context.poll_seconds(run), missed=missed, reason=reason)
            return "kept"
        case Advance(RunEvent.PROVEN_ABSENT, reason):
            return _fence(context, run, reason)
        case Advance(event, reason):
            return _hold(context, run, event, reason)


def _by_its_id(context: Context, run: Run) -> Search | None:
    """What a released run's own Camber job shows, where its id is known: no twin is to be adopted for it."""
    if run.camber_job_id is None:
        return None
    match context.client.get(run.camber_job_id):
        case Seen(job):
            return Search(found=job, complete=True, reason="known by its id")
        case Unreachable(trouble, reason):
            return Search(found=None, complete=False, reason=f"{trouble}: {reason}")
        case Absent():
            return None


def _adopt(context: Context, run: Run, job: RemoteJob) -> str:
    with context.transaction("adopt") as connection:
        runs.advance(
            connection,
            run,
            RunEvent.ADOPTED,
            "found by its id" if run.camber_job_id else "found by its marker",
            camber_job_id=job.camber_job_id,
            seen=job,
            deadline_seconds=context.settings.queue_seconds,
        )
        runs.record_sighting(connection, run, job.camber_job_id, context.backend, job.status_word)
    logger.bind(run_id=str(run.id), camber_job_id=job.camber_job_id).info(Event.RUN_ADOPTED)
    return "adopted"


def _fence(context: Context, run: Run, reason: str) -> str:
    """Proven absent: its jobs are launched again. Should it show up after all, it is fenced from every output."""
    error = error_details(ErrorCode.LAUNCH_UNKNOWN, reason)
    with context.transaction("fence") as connection:
        fenced = supersede_all(connection, context, run, error, unknown_launches=1)
        pause = context.settings.poll_max_seconds
        runs.advance(connection, run, RunEvent.PROVEN_ABSENT, reason, poll_seconds=pause)
    for attempt in fenced:
        log_job(run, attempt, "pending", code=error["code"])
    return "proven_absent"


def _hold(context: Context, run: Run, event: RunEvent, reason: str) -> str:
    with context.transaction("hold") as connection:
        moved = runs.advance(connection, run, event, reason)
    bound = logger.bind(run_id=str(run.id), old_status=str(run.state), new_status=str(moved.state), reason=reason)
    bound.warning(Event.RUN_STATE)
    return "held"
