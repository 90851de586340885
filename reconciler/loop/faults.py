"""What a failed attempt does to its job, in the caller's transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from reconciler.domain.decide import Fail, Hold, TryAgain, decide_failure
from reconciler.domain.runs import Assigned, Run
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.store import jobs
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
    decision = decide_failure(ErrorCode(error["code"]), attempt.budget, context.policy, context.random.random())
    common: dict[str, Any] = {"camber_job_id": run.camber_job_id, "error": error}
    match decision:
        case Fail():
            return jobs.fail(connection, attempt.job_id, attempt.id, run.camber_job_id, error)
        case TryAgain(fault, pause):
            common["job_faults" if fault is Fault.JOB else "platform_faults"] = 1
            common |= {"pause_seconds": pause, "waiting_reason": f"trying again after {error['code']}"}
        case Hold(reason):
            common |= {"platform_faults": 1, "held_reason": reason}
    return jobs.retry(connection, attempt.job_id, attempt.id, **common)


def hold_attempt(connection: Connection, run: Run, attempt: Assigned, reason: str) -> bool:
    """End the attempt by a fault of our own and leave its job to an operator."""
    error = error_details(ErrorCode.INTERNAL_ERROR, reason)
    jobs.lock(connection, [attempt.job_id])
    if not jobs.settle(connection, run.lease, attempt.id, "failed", error=error):
        return False
    jobs.count_settled(connection, run.lease)
    common = {"camber_job_id": run.camber_job_id, "error": error, "held_reason": reason}
    return jobs.retry(connection, attempt.job_id, attempt.id, **common)


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
    """Fence all live attempts of a run that never ran, and put their jobs back unburnt; returns them."""
    attempts = _locked(connection, run)
    for attempt in attempts:
        if jobs.settle(connection, run.lease, attempt.id, "superseded", error=error):
            jobs.retry(
                connection,
                attempt.job_id,
                attempt.id,
                error=error,
                pause_seconds=context.backoff_seconds(1),
                waiting_reason=f"trying again after {error['code']}",
                unknown_launches=unknown_launches,
            )
    jobs.count_settled(connection, run.lease)
    return attempts


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
