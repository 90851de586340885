"""Collect: gather the results of runs that Camber is done with. COMPLETED is not success and FAILED is not failure."""

from collections.abc import Sequence

from reconciler.domain.decide import missing_code
from reconciler.domain.runs import Assigned, Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.accounts import claim_due
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.cycle import each
from reconciler.loop.faults import error_details
from reconciler.loop.harvest import Harvest, environment_failed, harvest, keep_tail
from reconciler.loop.lingering import take_back
from reconciler.loop.settle import settle_failure
from reconciler.loop.witness import heard
from reconciler.objects.errors import ObjectsError
from reconciler.store import runs

GATHERED = (RunState.COLLECTING,)


@as_duty("collect")
def run_once(context: Context) -> Counts:
    """Gather from every run that is due."""
    due = claim_due(context, GATHERED, "storage")
    return each(context, due, lambda run: collect(context, run), lambda run: run.lease)


def collect(context: Context, run: Run) -> str:
    """Settle what the log shows; what is still missing gets a grace, then a verdict. Raises StaleLease."""
    gathered = harvest(context, run)
    keep_tail(context, run, gathered.log)
    taken = gathered.log.inbox_taken if gathered.log else None
    missing = _unwitnessed(context, run, take_back(context, run, gathered.remaining, taken))
    if missing is None or (missing and not _verdict_due(run, gathered)):
        with context.transaction("look_again") as connection:
            runs.look_again(connection, run.lease, context.poll_seconds(run), reason=gathered.reason)
        return "kept"
    code = missing_code(run.camber_status, environment_failed=environment_failed(gathered))
    for attempt in missing:
        settle_failure(context, run, attempt, error_details(code, gathered.reason))
    with context.transaction("finish") as connection:
        said = f"{len(missing)} without a result" if missing else "each document has its result"
        state = runs.advance(connection, run, RunEvent.COLLECTED, said)
    bound = logger.bind(run_id=str(run.id), camber_job_id=run.camber_job_id)
    bound.bind(old_status=str(run.state), new_status=str(state)).info(Event.RUN_STATE)
    return "collected"


def _unwitnessed(context: Context, run: Run, remaining: Sequence[Assigned]) -> list[Assigned] | None:
    """The attempts that neither the log nor the store speaks of; None while the store does not answer."""
    try:
        return [attempt for attempt in remaining if not heard(context, run, attempt)]
    except ObjectsError as error:
        logger.bind(run_id=str(run.id), reason=str(error)).warning(Event.RESULT_REFUSED)
        return None


def _verdict_due(run: Run, gathered: Harvest) -> bool:
    """A log may be late, unless it already says that there was nothing to work in, or holds the worker's last word.

    Silence of the CLI is no verdict.
    """
    late = run.collect_deadline is not None and run.now >= run.collect_deadline
    is_whole = gathered.log is not None and gathered.log.inbox_taken is not None
    return gathered.answered and (late or is_whole or environment_failed(gathered))
