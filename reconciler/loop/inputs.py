"""Look at the inputs of due jobs before anything is planned: the upload must be there, the payload whole."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reconciler.domain.runs import ReadyJob
from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.cycle import guarded, side_by_side
from reconciler.loop.faults import error_details
from reconciler.loop.own_faults import blame_pending
from reconciler.objects.errors import ObjectsRefused, ObjectsUnavailable
from reconciler.objects.store import CONNECTIONS_MAX, ObjectHead
from reconciler.settings import Settings
from reconciler.store import jobs
from reconciler.store.jobs import JobRow
from worker.contract import ContractError, ErrorCode, Payload, parse_payload, raw_path_allowed

FOR_UPLOAD = "waiting for upload"
REFUSED_BY_STORE = "the store refuses to show the document"
STORE_SILENT = "the store does not answer for the document"
BEYOND_US = "a fault of the reconciler, see its log"
KEY_BYTES_MAX = 1024
"""What S3 allows, in UTF-8."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The job can never succeed as it stands."""

    job: JobRow
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not now: the upload is not there yet, or the input cannot be looked at."""

    job: JobRow
    reason: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """Our own code failed on it; that is written down already."""

    job: JobRow


@dataclass(frozen=True, slots=True)
class Silent:
    """The store did not answer for its document."""

    job: JobRow
    error: ObjectsUnavailable


Look = ReadyJob | Refused | Waiting | Beyond | Silent


def look_at_inputs(context: Context, due: Iterable[JobRow], counts: Counts) -> list[ReadyJob]:
    """HEAD all inputs, outside any transaction; defer or fail what cannot be planned. Raises ObjectsUnavailable."""
    context.pacing.refresh()
    # Each waits for a round trip, and a batch for all of its inputs.
    with ThreadPoolExecutor(CONNECTIONS_MAX, thread_name_prefix="input") as threads:
        looks = side_by_side(threads, lambda job: _guarded_look(context, job), due)
    silent = [look for look in looks if isinstance(look, Silent)]
    # A store that answers for others is not away: what is wrong then is wrong with the one document.
    if silent and len(silent) == len(looks):
        raise silent[0].error
    for look in looks:
        match look:
            case Waiting():
                _wait(context, look, counts)
            case Refused():
                _refuse(context, look, counts)
            case Beyond():
                counts["error"] += 1
            case ReadyJob():
                pass
            case Silent():
                _wait(context, Waiting(look.job, STORE_SILENT), counts)
    return [look for look in looks if isinstance(look, ReadyJob)]


def _guarded_look(context: Context, job: JobRow) -> Look:
    """One bad row must not keep all others from being seen."""

    def act() -> Look:
        try:
            return _look(context, job)
        except ObjectsUnavailable as error:
            return Silent(job, error)

    def blame(error: Exception) -> Beyond:
        blame_pending(context, job.id, error, BEYOND_US)
        return Beyond(job)

    return guarded(act, blame, job_id=str(job.id))


def _look(context: Context, job: JobRow) -> Look:
    try:
        payload_of(job, context.settings)
    except ContractError as error:
        return Refused(job, error.code, str(error))
    if not _readable(job, context.settings):
        return Refused(job, ErrorCode.ARTIFACT_SOURCE_INVALID, "raw_path lies outside the user's folders")
    try:
        return _weigh(context, job, context.objects.head(job.raw_path))
    except ObjectsRefused:
        return Waiting(job, REFUSED_BY_STORE)


def _readable(job: JobRow, settings: Settings) -> bool:
    allowed = raw_path_allowed(job.raw_path, str(job.user_id), settings.raw_path_patterns)
    return allowed and len(job.raw_path.encode()) <= KEY_BYTES_MAX


def _weigh(context: Context, job: JobRow, head: ObjectHead | None) -> Look:
    if head is None:
        if job.age_seconds < context.settings.upload_grace_seconds:
            return Waiting(job, FOR_UPLOAD)
        return Refused(job, ErrorCode.ARTIFACT_NOT_FOUND, "the document was never uploaded")
    if head.size_bytes > context.settings.input_bytes_max:
        return Refused(job, ErrorCode.IMAGE_TOO_LARGE, f"the file has {head.size_bytes} bytes")
    return ReadyJob(
        id=job.id,
        user_id=job.user_id,
        priority=job.priority,
        input_bytes=head.size_bytes,
        compute_seconds=context.pacing.latest.of_schema(job.schema_id),
        is_left_behind=job.last_error == ErrorCode.RUN_LEFT,
    )


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
                "schema_definition": job.schema_definition,
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
            "options": job.options,
        }
    )


def _wait(context: Context, waiting: Waiting, counts: Counts) -> None:
    """Look often at first, then about every tenth of the time it has waited."""
    job = waiting.job
    pause = min(60.0, max(2.0, job.age_seconds / 10))
    with context.transaction("defer") as connection:
        jobs.defer(connection, job.id, waiting.reason, pause)
    counts["waiting"] += 1
    logger.bind(job_id=str(job.id), reason=waiting.reason).debug(Event.JOB_WAITS)


def _refuse(context: Context, refused: Refused, counts: Counts) -> None:
    with context.transaction("refuse") as connection:
        failed = jobs.fail_pending(connection, refused.job.id, error_details(refused.code, refused.message))
    counts["refused"] += failed
    if failed:
        logger.bind(job_id=str(refused.job.id), old_status="pending", new_status="failed", code=str(refused.code)).info(
            Event.JOB_STATE
        )
