"""Our own exceptions around one run or one job: counted, a few of them forgiven, then it waits for an operator."""

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from reconciler.domain.decide import decide_own_fault
from reconciler.domain.runs import Assigned, JobId, Lease, Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.faults import hold_attempt
from reconciler.store import jobs, runs
from reconciler.store.runs import StaleLease

STATEMENT_TOO_SLOW = "57014"
LOCKED_BY_OTHERS = frozenset({"55P03", "40P01"})
"""A lock was waited for too long, or in a circle."""


def database_away(error: BaseException) -> bool:
    """Whether the database failed us, and not we it. A statement that ran into its limit would do so again: ours."""
    if isinstance(error, OperationalError | InterfaceError):
        return getattr(error.orig, "sqlstate", None) != STATEMENT_TOO_SLOW
    return isinstance(error, NoConnectionFree)


def in_the_way(error: BaseException) -> bool:
    """Whether the database answers, and somebody else's transaction stands in our way."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in LOCKED_BY_OTHERS


def blame_run(context: Context, lease: Lease, error: Exception) -> str:
    """Count the fault; beyond the budget the run is held. Where even that fails, its lease runs out."""
    if database_away(error):
        return "database_away"
    try:
        return _blame_run(context, lease, type(error).__name__)
    except (SQLAlchemyError, StaleLease) as another:
        logger.bind(run_id=str(lease.run_id), reason=type(another).__name__).error(Event.DUTY_FAILED)
        return "error"


def _blame_run(context: Context, lease: Lease, kind: str) -> str:
    budget = context.policy.own_faults_max
    with context.transaction("own_fault") as connection:
        faults = runs.count_own_fault(connection, lease, context.backoff_seconds(1), budget)
    reason = decide_own_fault(faults, kind, context.policy)
    if reason is None:
        return "error"
    with context.transaction("hold_own_fault") as connection:
        run = runs.read(connection, lease)
        runs.advance(connection, run, RunEvent.HELD, reason)
    bound = logger.bind(run_id=str(run.id), old_status=str(run.state), new_status=str(RunState.HELD), reason=reason)
    bound.error(Event.RUN_STATE)
    return "held"


def blame_attempt(context: Context, run: Run, attempt: Assigned, error: Exception) -> bool:
    """Count the fault against the job; true where its budget is spent: then the attempt is over and the job held."""
    if database_away(error):
        return False
    with context.transaction("own_fault") as connection:
        faults = jobs.count_own_fault(connection, attempt.job_id)
    reason = decide_own_fault(faults, type(error).__name__, context.policy)
    if reason is None:
        return False
    with context.transaction("hold_own_fault") as connection:
        return hold_attempt(connection, run, attempt, reason)


def blame_pending(context: Context, job_id: JobId, error: Exception, waiting_reason: str) -> None:
    """Count the fault against a job that could not be planned: it waits, and beyond the budget it is held."""
    if database_away(error):
        return
    with context.transaction("own_fault") as connection:
        faults = jobs.count_own_fault(connection, job_id)
        reason = decide_own_fault(faults, type(error).__name__, context.policy)
        jobs.defer(connection, job_id, waiting_reason, context.backoff_seconds(faults))
        if reason is not None:
            jobs.hold(connection, job_id, reason)
