"""Collect: gather the results of runs that Camber is done with. COMPLETED is not success and FAILED is not failure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reconciler.domain.decide import missing_code
from reconciler.domain.runs import Assigned, Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.accounts import Claimed, claim_due
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.cycle import each, guarded
from reconciler.loop.faults import error_details
from reconciler.loop.harvest import Harvest, environment_failed, harvest, keep_tail
from reconciler.loop.lingering import take_back
from reconciler.loop.own_faults import blame_attempt
from reconciler.loop.settle import Verdict, conclude, failure
from reconciler.loop.witness import heard
from reconciler.objects.errors import ObjectsError
from reconciler.store import runs

GATHERED = (RunState.COLLECTING,)


@as_duty("collect")
def run_once(context: Context) -> Counts:
    """Gather from every run that is due."""
    due = claim_due(context, GATHERED, "storage")
    return each(context, due, lambda one: collect(context, one), lambda one: one.run.lease)


def collect(context: Context, one: Claimed) -> str:
    """Settle what the log shows; what is still missing gets a grace, then a verdict. Raises StaleLease."""
    run, gathered = one.run, harvest(context, one.run, one.attempts)
    taken = gathered.log.inbox_taken if gathered.log else None
    heard_of = _ask_witness(context, run, gathered, take_back(context, run, gathered.remaining, taken))
    verdicts = [*gathered.verdicts, *heard_of.verdicts]
    if heard_of.troubled or (heard_of.missing and not _verdict_due(run, gathered)):
        return _look_again(context, run, gathered, verdicts)
    return _finish(context, run, gathered, verdicts, heard_of.missing)


@dataclass(slots=True)
class _Heard:
    """What the store told of attempts that the log does not speak of; `missing` are those that nobody speaks of.

    `troubled` while there is an attempt of which nothing can be said yet, by the store's fault or by ours.
    """

    verdicts: list[Verdict]
    missing: list[Assigned]
    troubled: bool


def _ask_witness(context: Context, run: Run, gathered: Harvest, remaining: Sequence[Assigned]) -> _Heard:
    told = _Heard([], [], gathered.troubled)
    for attempt in remaining:
        _ask(context, run, attempt, told)
    return told


def _ask(context: Context, run: Run, attempt: Assigned, told: _Heard) -> None:
    """Note what the store tells of it; what one document brings up must not hold the others back."""

    def act() -> None:
        try:
            verdict = heard(context, run, attempt)
        except ObjectsError as error:
            logger.bind(run_id=str(run.id), reason=str(error)).warning(Event.RESULT_REFUSED)
            told.troubled = True
            return
        if verdict is None:
            told.missing.append(attempt)
        else:
            told.verdicts.append(verdict)

    def blame(error: Exception) -> None:
        told.troubled |= not blame_attempt(context, run, attempt, error)

    guarded(act, blame, run_id=str(run.id), job_id=str(attempt.job_id))


def _verdict_due(run: Run, gathered: Harvest) -> bool:
    """A log may be late, unless it already says that there was nothing to work in, or holds the worker's last word.

    Silence of the CLI is no verdict.
    """
    late = run.collect_deadline is not None and run.now >= run.collect_deadline
    is_whole = gathered.log is not None and gathered.log.inbox_taken is not None
    return gathered.answered and (late or is_whole or environment_failed(gathered))


def _look_again(context: Context, run: Run, gathered: Harvest, verdicts: Sequence[Verdict]) -> str:
    pause = context.poll_seconds(run)

    def follow(connection: Connection) -> None:
        keep_tail(connection, run, gathered.log)
        runs.look_again(connection, run.lease, pause, reason=gathered.reason)

    if not conclude(context, run, verdicts, follow, "look_again"):
        conclude(context, run, (), follow, "look_again")
    return "kept"


def _finish(
    context: Context, run: Run, gathered: Harvest, verdicts: Sequence[Verdict], missing: Sequence[Assigned]
) -> str:
    """Every attempt has its verdict, so the run is over; unless one could not be written: then it is tried again."""
    code = missing_code(run.camber_status, environment_failed=environment_failed(gathered))
    said = f"{len(missing)} without a result" if missing else "each document has its result"
    without = [failure(attempt, error_details(code, gathered.reason)) for attempt in missing]

    def follow(connection: Connection) -> None:
        keep_tail(connection, run, gathered.log)
        runs.advance(connection, run, RunEvent.COLLECTED, said)

    if not conclude(context, run, [*verdicts, *without], follow, "finish"):
        return _look_again(context, run, gathered, ())
    bound = logger.bind(run_id=str(run.id), camber_job_id=run.camber_job_id)
    bound.bind(old_status=str(run.state), new_status=str(RunState.FINISHED)).info(Event.RUN_STATE)
    return "collected"
