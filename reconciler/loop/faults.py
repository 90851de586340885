"""What a failed attempt does to its job, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from reconciler.domain.decide import Fail, Hold, TryAgain, decide_failure
from reconciler.domain.runs import Assigned, AttemptId, Run
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.store import settling
from reconciler.store.settling import Failure, Return, Settlement
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


def send_back(
    connection: Connection, context: Context, run: Run, errors: Sequence[tuple[Assigned, Mapping[str, Any]]]
) -> dict[AttemptId, str]:
    """Send the jobs of failed attempts where the faults' budgets say; returns the status of each by its attempt."""
    sent = [_sent_back(context, attempt, error) for attempt, error in errors]
    settling.fail(connection, run.camber_job_id, [one for one in sent if isinstance(one, Failure)])
    settling.send_back(connection, run.camber_job_id, [one for one in sent if isinstance(one, Return)])
    return {one.attempt_id: "failed" if isinstance(one, Failure) else "pending" for one in sent}


def _sent_back(context: Context, attempt: Assigned, error: Mapping[str, Any]) -> Failure | Return:
    """To the queue, to its end, or to an operator, as the budget says."""
    back = Return(job_id=attempt.job_id, attempt_id=attempt.id, error=error)
    match decide_failure(ErrorCode(error["code"]), attempt.budget, context.policy, context.random.random()):
        case Fail():
            return Failure(job_id=attempt.job_id, attempt_id=attempt.id, error=error)
        case TryAgain(Fault.JOB, pause):
            return replace(back, job_faults=1, pause_seconds=pause, waiting_reason=_after(error))
        case TryAgain(_, pause):
            return replace(back, platform_faults=1, pause_seconds=pause, waiting_reason=_after(error))
        case Hold(reason):
            return replace(back, platform_faults=1, held_reason=reason)


def _after(error: Mapping[str, Any]) -> str:
    return f"trying again after {error['code']}"


def hold_attempt(connection: Connection, run: Run, attempt: Assigned, reason: str) -> bool:
    """End the attempt by a fault of our own and leave its job to an operator."""
    error = error_details(ErrorCode.INTERNAL_ERROR, reason)
    settling.lock(connection, [attempt.job_id])
    if not _settle_all(connection, run, [attempt], "failed", error):
        return False
    back = Return(job_id=attempt.job_id, attempt_id=attempt.id, error=error, held_reason=reason)
    settling.send_back(connection, run.camber_job_id, [back])
    return True


def give_up_all(connection: Connection, context: Context, run: Run, error: Mapping[str, Any]) -> Sequence[Assigned]:
    """Fence all live attempts of a run that failed them, on the platform's account; returns them."""
    attempts = _locked(connection, run)
    fenced = _settle_all(connection, run, attempts, "superseded", error)
    send_back(connection, context, run, [(attempt, error) for attempt in fenced])
    return attempts


def supersede_all(
    connection: Connection, context: Context, run: Run, error: Mapping[str, Any], *, unknown_launches: int = 0
) -> Sequence[Assigned]:
    """Fence all live attempts of a run that never ran, and put their jobs back unburnt; returns them.

    What counts as a launch without a known outcome is the first one where an operator had released the run.
    """
    attempts = _locked(connection, run)
    returns = [
        Return(
            job_id=attempt.job_id,
            attempt_id=attempt.id,
            error=error,
            pause_seconds=context.backoff_seconds(1),
            waiting_reason=_after(error),
            unknown_launches=unknown_launches,
            forgiven=run.released_at is not None,
        )
        for attempt in _settle_all(connection, run, attempts, "superseded", error)
    ]
    # None of them came to a Camber job.
    settling.send_back(connection, None, returns)
    return attempts


def send_back_unburnt(
    connection: Connection, run: Run, attempts: Iterable[Assigned], error: Mapping[str, Any]
) -> list[Assigned]:
    """Fence these attempts, which their run never began, and put their jobs back at once; returns which still lived."""
    wanted = {attempt.id for attempt in attempts}
    living = [attempt for attempt in _locked(connection, run) if attempt.id in wanted]
    returned = _settle_all(connection, run, living, "superseded", error)
    back = [Return(job_id=attempt.job_id, attempt_id=attempt.id, error=error) for attempt in returned]
    settling.send_back(connection, run.camber_job_id, back)
    return returned


def _settle_all(
    connection: Connection, run: Run, attempts: Sequence[Assigned], state: str, error: Mapping[str, Any]
) -> list[Assigned]:
    """End locked attempts alike, and count them; returns those that were ended under the lease."""
    these = [Settlement(attempt_id=attempt.id, state=state, error=error) for attempt in attempts]
    ended = settling.settle(connection, run.lease, these)
    settling.count_settled(connection, run.lease)
    return [attempt for attempt in attempts if attempt.id in ended]


def _locked(connection: Connection, run: Run) -> tuple[Assigned, ...]:
    """The live attempts, after their jobs were locked; one that a request fenced meanwhile is not among them."""
    live = settling.list_assigned(connection, [run.id])[run.id]
    settling.lock(connection, [attempt.job_id for attempt in live])
    return settling.list_assigned(connection, [run.id])[run.id] if live else live


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
