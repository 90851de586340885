"""Settle one attempt by its frame: result, document and status in one transaction."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from reconciler.domain.runs import Assigned, Run
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.faults import error_details, fail_attempt, log_job
from reconciler.loop.verify import Proven, Unproven, verify
from reconciler.metrics import observe_document
from reconciler.store import jobs
from worker.contract import ErrorCode, Failed, Frame, Succeeded


def settle_frame(context: Context, run: Run, attempt: Assigned, frame: Frame) -> None:
    """Accept the frame, or refuse it as RESULT_INVALID. Raises ObjectsError while the store does not answer."""
    bound = logger.bind(job_id=frame.job_id, run_id=str(run.id), camber_job_id=run.camber_job_id)
    match frame.outcome:
        case Failed(code=code, stage=stage, message=message):
            bound.bind(code=str(code)).info(Event.RESULT_COLLECTED)
            settle_failure(context, run, attempt, error_details(code, message, stage), frame)
        case Succeeded() as outcome:
            match verify(context.objects, attempt, outcome):
                case Proven(result):
                    bound.info(Event.RESULT_COLLECTED)
                    _succeed(context, run, attempt, frame, outcome, result)
                case Unproven(reason):
                    bound.bind(reason=reason).warning(Event.RESULT_REFUSED)
                    settle_failure(context, run, attempt, error_details(ErrorCode.RESULT_INVALID, reason))


def settle_failure(
    context: Context, run: Run, attempt: Assigned, error: Mapping[str, Any], frame: Frame | None = None
) -> None:
    """End a live attempt without a document."""
    with context.transaction("settle_failure") as connection:
        applied = fail_attempt(connection, context, run, attempt, error, frame=frame)
        jobs.count_settled(connection, run.lease)
        status = jobs.status_of(connection, attempt.job_id)
    if applied:
        log_job(run, attempt, status, code=error["code"])


def _succeed(
    context: Context, run: Run, attempt: Assigned, frame: Frame, outcome: Succeeded, result: Mapping[str, Any]
) -> None:
    with context.transaction("settle_success") as connection:
        jobs.lock(connection, [attempt.job_id])
        counted = _count(connection, run, attempt, frame, outcome, result)
        jobs.count_settled(connection, run.lease)
    bound = logger.bind(job_id=str(attempt.job_id), run_id=str(run.id), camber_job_id=run.camber_job_id)
    if not counted:
        bound.warning(Event.RESULT_IGNORED)
        return
    log_job(run, attempt, "completed")
    observe_document(outcome.timings)
    bound.info(Event.DOCUMENT_PACKAGED)


def _count(
    connection: Connection,
    run: Run,
    attempt: Assigned,
    frame: Frame,
    outcome: Succeeded,
    result: Mapping[str, Any],
) -> bool:
    """Make the attempt the one that counts; false where the lease or the job went to another one meanwhile."""
    metadata = {"portal": asdict(outcome.portal), "warnings": list(outcome.warnings)}
    if not jobs.is_current(connection, attempt.job_id, attempt.id):
        jobs.settle(connection, run.lease, attempt.id, "superseded", frame=frame)
        return False
    if not jobs.settle(connection, run.lease, attempt.id, "succeeded", frame=frame, timings=outcome.timings):
        return False
    jobs.complete(connection, attempt.job_id, attempt.id, run.camber_job_id, metadata)
    jobs.store_document(connection, attempt.job_id, attempt.id, **_document(outcome, result))
    return True


def _document(outcome: Succeeded, result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "canonical_output": dict(result),
        "portal_outputs": asdict(outcome.portal),
        "artifacts": {name: asdict(artifact) for name, artifact in outcome.artifacts.items()},
        "quality_score": outcome.quality_score,
        "ocr_confidence": outcome.ocr_confidence,
    }
