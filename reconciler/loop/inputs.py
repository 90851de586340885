"""Look at the inputs of due jobs before anything is planned: the upload must be there, the payload whole."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.domain.runs import ReadyJob
from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.faults import error_details
from reconciler.objects.store import ObjectHead
from reconciler.settings import Settings
from reconciler.store import jobs
from reconciler.store.jobs import JobRow
from worker.contract import ContractError, ErrorCode, Payload, parse_payload, raw_path_allowed

WAITING = "waiting for upload"


@dataclass(frozen=True, slots=True)
class Refused:
    """The job can never succeed as it stands."""

    job: JobRow
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The upload is not there yet."""

    job: JobRow


Look = ReadyJob | Refused | Waiting


def look_at_inputs(context: Context, due: Iterable[JobRow], counts: Counts) -> list[ReadyJob]:
    """HEAD all inputs, outside any transaction; defer or fail what cannot be planned. Raises ObjectsUnavailable."""
    looks = list(context.pool.map(lambda job: _look(context, job), due))
    for look in looks:
        match look:
            case Waiting(job):
                _wait(context, job, counts)
            case Refused():
                _refuse(context, look, counts)
            case ReadyJob():
                pass
    return [look for look in looks if isinstance(look, ReadyJob)]


def _look(context: Context, job: JobRow) -> Look:
    try:
        payload_of(job, context.settings)
    except ContractError as error:
        return Refused(job, error.code, str(error))
    if not raw_path_allowed(job.raw_path, str(job.user_id), context.settings.raw_path_patterns):
        return Refused(job, ErrorCode.ARTIFACT_SOURCE_INVALID, "raw_path lies outside the user's folders")
    return _weigh(context, job, context.objects.head(job.raw_path))


def _weigh(context: Context, job: JobRow, head: ObjectHead | None) -> Look:
    if head is None:
        if job.age_seconds < context.settings.upload_grace_seconds:
            return Waiting(job)
        return Refused(job, ErrorCode.ARTIFACT_NOT_FOUND, "the document was never uploaded")
    if head.size_bytes > context.settings.input_bytes_max:
        return Refused(job, ErrorCode.IMAGE_TOO_LARGE, f"the file has {head.size_bytes} bytes")
    return ReadyJob(id=job.id, user_id=job.user_id, priority=job.priority, input_bytes=head.size_bytes)


def payload_of(job: JobRow, settings: Settings) -> Payload:
    """The worker's payload for the row; raises ContractError where the row or its schema is bad."""
    return parse_payload(
        {
            "job_id": str(job.id),
            "user_id": str(job.user_id),
            "portal_schema": {
                "id": str(job.schema_id),
                "name": job.schema_name,
                "version": job.schema_version,
                "schema_definition": dict(job.schema_definition),
            },
            "input": {
                "raw_path": job.raw_path,
                "mime_type": job.mime_type,
                "original_filename": job.original_filename,
            },
            "storage": {
                "bucket": settings.do_spaces_bucket,
                "region": settings.do_spaces_region,
                "endpoint": settings.do_spaces_endpoint,
            },
            "options": dict(job.options),
        }
    )


def _wait(context: Context, job: JobRow, counts: Counts) -> None:
    """Look often at first, then about every tenth of the time it has waited."""
    pause = min(60.0, max(2.0, job.age_seconds / 10))
    with context.engine.begin() as connection:
        jobs.defer(connection, job.id, WAITING, pause)
    counts["waiting"] += 1
    logger.bind(job_id=str(job.id), reason=WAITING).debug(Event.JOB_WAITS)


def _refuse(context: Context, refused: Refused, counts: Counts) -> None:
    with context.engine.begin() as connection:
        failed = jobs.fail_pending(connection, refused.job.id, error_details(refused.code, refused.message))
    counts["refused"] += failed
    if failed:
        logger.bind(job_id=str(refused.job.id), old_status="pending", new_status="failed", code=str(refused.code)).info(
            Event.JOB_STATE
        )
