"""Read the line that answers a legacy payload, in this worker's shape or in its predecessor's.

The predecessor wrote `SUCCESS` and `FAILED`, and kept what it had found in a nested `result`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from worker.contract.errors import ErrorCode
from worker.contract.strict import UUID, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyAnswer:
    """What one line says. Paths and scores are those of a success, the error's parts those of a failure."""

    is_success: bool
    job_id: str | None
    quality_score: float | None = None
    ocr_confidence: float | None = None
    warnings: tuple[str, ...] = ()
    paths: Mapping[str, str] | None = None
    error_code: str | None = None
    error_stage: str | None = None
    error_message: str | None = None
    is_retryable: bool = False


def read_legacy_answer(line: str) -> LegacyAnswer:
    """Read one line; raises ValueError (ContractError among them) or RecursionError for what is no answer."""
    read = Reader(json.loads(line), "answer")
    given = read.raw("job_id") if read.has("job_id") else None
    if given is not None and not (isinstance(given, str) and UUID.fullmatch(given)):
        read.fail("job_id", "must be a UUID in lower case")
    job_id = None if given is None else str(given)
    status = read.choice("status", "success", "failed", "SUCCESS", "FAILED").lower()
    body = read.inner("result") if read.has("result") else read
    return _success(body, job_id) if status == "success" else _failure(read if read.has("error") else body, job_id)


def _success(read: Reader, job_id: str | None) -> LegacyAnswer:
    artifacts = read.inner("artifacts")
    # The predecessor left the metrics out where recognition had brought nothing.
    metrics = read.inner("metrics") if read.has("metrics") else read
    has_confidence = metrics.has("ocr_confidence")
    return LegacyAnswer(
        is_success=True,
        job_id=job_id,
        quality_score=read.number("quality_score", 0, 1) if read.has("quality_score") else None,
        ocr_confidence=metrics.number("ocr_confidence", 0, 1) if has_confidence else None,
        warnings=tuple(map(str, read.items("warnings", count_max=50))) if read.has("warnings") else (),
        paths={name: artifacts.text(name, length_max=1024) for name in artifacts.keys()},  # noqa: SIM118
    )


def _failure(read: Reader, job_id: str | None) -> LegacyAnswer:
    error = read.inner("error")
    return LegacyAnswer(
        is_success=False,
        job_id=job_id,
        # Its predecessor had codes that the error table does not know.
        error_code=error.text("code", length_max=100) if error.has("code") else ErrorCode.INTERNAL_ERROR,
        error_stage=error.text("stage", length_max=100) if error.has("stage") else None,
        error_message=error.text("message", length_max=2000) if error.has("message") else None,
        is_retryable=error.raw("retryable") is True if error.has("retryable") else False,
    )
