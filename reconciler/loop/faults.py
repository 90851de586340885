"""What a failed attempt does to its job, in the caller's transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from reconciler.domain.decide import Fail, Hold, TryAgain, decide_failure
from reconciler.domain.runs import Assigned, Run
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.store import jobs
from reconciler.store.jobs import Return
from worker.contract import ERRORS, ErrorCode, Fault, Retry, Stage


def error_details(code: ErrorCode, message: str, stage: Stage | None = None) -> dict[str, Any]:
    """What the job's row says about a failure."""
    kind = ERRORS[code]
    return {
        "code": str(code),
        "stage": str(stage or kind.stage),
        "message": message[:500],
        "retryable": kind.retry is not Retry.NEVER,
        "advice": kind.advice,
    }


def fail_attempt(
    connection: Connection, context: Context, run: Run, attempt: Assigned, error: Mapping[str, Any], **settled: Any
) -> bool:
    """End the attempt and send its job where the fault's budget says; false where the lease or the attempt is gone."""
    jobs.lock(connection, [attempt.job_id])
    if not jobs.settle(connection, run.lease, attempt.id, "failed", error=error, **settled):
        return False
    return _send_back(connection, context, run, attempt, error)


def _send_back(connection: Connection, context: Context, run: Run, attempt: Assigned, error: Mapping[str, Any]) -> bool:
    """To the queue, to its end, or to an operator, as the budget says."""
    back = Return(error=error, camber_job_id=run.camber_job_id)
    match decide_failure(ErrorCode(error["code"]), attempt.budget, context.policy, context.random.random()):
        case Fail():
            return jobs.fail(connection, attempt.job_id, attempt.id, run.camber_job_id, error)
        case TryAgain(Fault.JOB, pause):
            back = replace(back, job_faults=1, pause_seconds=pause, waiting_reason=_after(error))
        case TryAgain(_, pause):
            back = replace(back, platform_faults=1, pause_seconds=pause, waiting_reason=_after(error))
        case Hold(reason):
            back = replace(back, platform_faults=1, held_reason=reason)
    return jobs.retry(connection, attempt.job_id, attempt.id, back)


def _after(error: Mapping[str, Any]) -> str:
    return f"trying again after {error['code']}"


def hold_attempt(connection: Connection, run: Run, attempt: Assigned, reason: str) -> bool:
    """End the attempt by a fault of our own and leave its job to an operator."""
    error = error_details(ErrorCode.INTERNAL_ERROR, reason)
    jobs.lock(connection, [attempt.job_id])
    if not jobs.settle(connection, run.lease, attempt.id, "failed", error=error):
        return False
    jobs.count_settled(connection, run.lease)
    back = Return(error=error, camber_job_id=run.camber_job_id, held_reason=reason)
    return jobs.retry(connection, attempt.job_id, attempt.id, back)


def give_up_all(connection: Connection, context: Context, run: Run, error: Mapping[str, Any]) -> list[Assigned]:
    """Fence all live attempts of a run that failed them, on the platform's account; returns them."""
    attempts = _locked(connection, run)
    for attempt in attempts:
        if jobs.settle(connection, run.lease, attempt.id, "superseded", error=error):
            _send_back(connection, context, run, attempt, error)
    jobs.count_settled(connection, run.lease)
    return attempts


def supersede_all(
    connection: Connection, context: Context, run: Run, error: Mapping[str, Any], *, unknown_launches: int = 0
) -> list[Assigned]:
    """Fence all live attempts of a run that never ran, and put their jobs back unburnt; returns them.

    What counts as a launch without a known outcome is the first one where an operator had released the run.
    """
    attempts = _locked(connection, run)
    for attempt in attempts:
        if jobs.settle(connection, run.lease, attempt.id, "superseded", error=error):
            back = Return(
                error=error,
                pause_seconds=context.backoff_seconds(1),
                waiting_reason=_after(error),
                unknown_launches=unknown_launches,
                forgiven=run.released_at is not None,
            )
            jobs.retry(connection, attempt.job_id, attempt.id, back)
    jobs.count_settled(connection, run.lease)
    return attempts


def send_back_unburnt(
    connection: Connection, run: Run, attempts: Iterable[Assigned], error: Mapping[str, Any]
) -> list[Assigned]:
    """Fence these attempts, which their run never began, and put their jobs back at once; returns which still lived."""
    wanted = {attempt.id for attempt in attempts}
    returned = [attempt for attempt in _locked(connection, run) if attempt.id in wanted]
    for attempt in returned:
        if jobs.settle(connection, run.lease, attempt.id, "superseded", error=error):
            jobs.retry(connection, attempt.job_id, attempt.id, Return(error=error, camber_job_id=run.camber_job_id))
    jobs.count_settled(connection, run.lease)
    return returned


def _locked(connection: Connection, run: Run) -> list[Assigned]:
    """The live attempts, after their jobs were locked; one that a request fenced meanwhile is not among them."""
    jobs.lock(connection, [attempt.job_id for attempt in jobs.list_assigned(connection, run.id)])
    return jobs.list_assigned(connection, run.id)


def log_job(run: Run, attempt: Assigned, new_status: str, **why: Any) -> None:
    """One line for one job's state change."""
    logger.bind(
        job_id=str(attempt.job_id),
        run_id=str(run.id),
        camber_job_id=run.camber_job_id,
        old_status="processing",
        new_status=new_status,
        **why,
    ).info(Event.JOB_STATE)
