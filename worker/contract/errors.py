"""The error table: every way a document can fail, in one place.

Standard library only: the reconciler reads it through `worker.contract`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """The stages of a document, in their order; `PAYLOAD` comes before them, `REMOTE` is outside the worker."""

    PAYLOAD = "PAYLOAD"
    FETCH = "FETCH"
    DECODE = "DECODE"
    QUALITY = "QUALITY"
    ORIENT = "ORIENT"
    ENHANCE = "ENHANCE"
    OCR = "OCR"
    FIELDS = "FIELDS"
    PORTAL = "PORTAL"
    UPLOAD = "UPLOAD"
    REMOTE = "REMOTE"


class Fault(StrEnum):
    """Whose fault it is, hence whose budget it spends."""

    JOB = "job"
    """The document or its schema is bad: spends the job's attempts."""
    PLATFORM = "platform"
    """Camber, the CLI, the network or the store is: spends no attempt."""


class Retry(StrEnum):
    """Whether another attempt may help."""

    NEVER = "never"
    ONCE = "once"
    YES = "yes"


class ErrorCode(StrEnum):
    """The names that operators and the product see."""

    PAYLOAD_MISSING = "PAYLOAD_MISSING"
    PAYLOAD_INVALID = "PAYLOAD_INVALID"
    SCHEMA_INVALID = "SCHEMA_INVALID"
    ARTIFACT_SOURCE_INVALID = "ARTIFACT_SOURCE_INVALID"
    ARTIFACT_NOT_FOUND = "ARTIFACT_NOT_FOUND"
    ARTIFACT_ACCESS_DENIED = "ARTIFACT_ACCESS_DENIED"
    GRANT_EXPIRED = "GRANT_EXPIRED"
    FETCH_TIMEOUT = "FETCH_TIMEOUT"
    FETCH_FAILED = "FETCH_FAILED"
    UPLOAD_FAILED = "UPLOAD_FAILED"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    CORRUPT_IMAGE = "CORRUPT_IMAGE"
    IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"
    ENCRYPTED_PDF = "ENCRYPTED_PDF"
    QUALITY_FAILED = "QUALITY_FAILED"
    ENHANCE_FAILED = "ENHANCE_FAILED"
    OCR_FAILED = "OCR_FAILED"
    OCR_TIMEOUT = "OCR_TIMEOUT"
    SIZE_UNREACHABLE = "SIZE_UNREACHABLE"
    RECIPIENT_MISSING = "RECIPIENT_MISSING"
    STAGE_TIMEOUT = "STAGE_TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    WORKER_CRASHED = "WORKER_CRASHED"
    ENVIRONMENT_FAILED = "ENVIRONMENT_FAILED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    CAMBER_FAILED = "CAMBER_FAILED"
    CAMBER_CANCELLED = "CAMBER_CANCELLED"
    RESULT_MISSING = "RESULT_MISSING"
    RESULT_INVALID = "RESULT_INVALID"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    LAUNCH_UNKNOWN = "LAUNCH_UNKNOWN"
    RUN_LEFT = "RUN_LEFT"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What an error code means: where it arises, whether to try again, on whose account, and what a person can do."""

    stage: Stage
    retry: Retry
    fault: Fault
    advice: str


def _job(stage: Stage, advice: str, retry: Retry = Retry.NEVER) -> ErrorKind:
    return ErrorKind(stage, retry, Fault.JOB, advice)


def _platform(stage: Stage, advice: str) -> ErrorKind:
    return ErrorKind(stage, Retry.YES, Fault.PLATFORM, advice)


_C, _S = ErrorCode, Stage

ERRORS: dict[ErrorCode, ErrorKind] = {
    _C.PAYLOAD_MISSING: _job(_S.PAYLOAD, "Send one JSON payload on standard input."),
    _C.PAYLOAD_INVALID: _job(_S.PAYLOAD, "Correct the field that the message names."),
    _C.SCHEMA_INVALID: _job(_S.PAYLOAD, "Correct the portal schema's field that the message names."),
    _C.ARTIFACT_SOURCE_INVALID: _job(_S.PAYLOAD, "Give exactly one of raw_path and artifact_url, where it may lie."),
    _C.ARTIFACT_NOT_FOUND: _job(_S.FETCH, "Upload the document again.", Retry.YES),
    _C.ARTIFACT_ACCESS_DENIED: _job(_S.FETCH, "Let the worker's key read the document's bucket."),
    _C.GRANT_EXPIRED: _platform(_S.FETCH, "A signed link outlived its time; the next attempt gets new ones."),
    _C.FETCH_TIMEOUT: _platform(_S.FETCH, "The store answered too slowly; it is tried again."),
    _C.FETCH_FAILED: _platform(_S.FETCH, "The store failed; it is tried again."),
    _C.UPLOAD_FAILED: _platform(_S.UPLOAD, "The store failed; it is tried again."),
    _C.UNSUPPORTED_FORMAT: _job(_S.DECODE, "Upload a JPEG, PNG, WebP, TIFF, HEIC or PDF file."),
    _C.CORRUPT_IMAGE: _job(_S.DECODE, "The file is damaged: upload it again."),
    _C.IMAGE_TOO_LARGE: _job(_S.DECODE, "Upload a picture of fewer pixels."),
    _C.ENCRYPTED_PDF: _job(_S.DECODE, "Upload the PDF without its password."),
    _C.QUALITY_FAILED: _job(_S.QUALITY, "Take the picture again, sharp and evenly lit."),
    _C.ENHANCE_FAILED: _job(_S.ENHANCE, "Take the picture again, sharp and evenly lit."),
    _C.OCR_FAILED: _job(_S.OCR, "The recognition engine failed; look at the run's log.", Retry.ONCE),
    _C.OCR_TIMEOUT: _job(_S.OCR, "Recognition took too long; a smaller picture may pass.", Retry.ONCE),
    _C.SIZE_UNREACHABLE: _job(_S.PORTAL, "No encoding meets the portal's kilobytes; see the nearest size reached."),
    _C.RECIPIENT_MISSING: _platform(_S.UPLOAD, "Set AGE_RECIPIENTS to age public keys; it is tried again."),
    # Any stage can end so, and the fault itself says which. They spend the job's attempts: a document that brings down
    # whoever opens it would otherwise do so for ever.
    _C.STAGE_TIMEOUT: _job(_S.PAYLOAD, "A stage took too long; a smaller file may pass.", Retry.ONCE),
    _C.OUT_OF_MEMORY: _job(
        _S.PAYLOAD, "The document needs more memory than it may have; a smaller file may pass.", Retry.ONCE
    ),
    _C.WORKER_CRASHED: _job(_S.PAYLOAD, "The document brought its process down; look at the run's log.", Retry.ONCE),
    _C.ENVIRONMENT_FAILED: _platform(_S.REMOTE, "The run could not make its environment; look at the run's log."),
    _C.INTERNAL_ERROR: _job(_S.PAYLOAD, "A fault of the worker; look at the run's log.", Retry.ONCE),
    _C.CAMBER_FAILED: _platform(_S.REMOTE, "Camber ended the run without a result; it is tried again."),
    _C.CAMBER_CANCELLED: _platform(_S.REMOTE, "Camber cancelled the run; it is tried again."),
    _C.RESULT_MISSING: _platform(_S.REMOTE, "The run ended without a result for this document; it is tried again."),
    _C.RESULT_INVALID: _platform(_S.REMOTE, "What was stored is not what the worker reported; it is tried again."),
    _C.DEADLINE_EXCEEDED: _platform(_S.REMOTE, "The run took too long; it is tried again."),
    _C.LAUNCH_UNKNOWN: _platform(_S.REMOTE, "It could not be known whether the run was launched."),
    _C.RUN_LEFT: _platform(_S.REMOTE, "The run that was to take it had left; it is launched in one of its own."),
}
