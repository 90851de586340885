"""What is told of a document: the result object next to its artifacts, and the legacy line on STDOUT.

Text, lines and file names stand in the result object alone; the legacy line carries figures, keys and hashes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, assert_never

from worker.contract import Artifact, Document, Failed, Succeeded

RESULT_VERSION = 1


def result_bytes(
    document: Document,
    original: bytes,
    findings: Mapping[str, Any],
    artifacts: Mapping[str, Artifact],
    warnings: Sequence[str],
    timings: Mapping[str, int],
) -> bytes:
    """The result object as UTF-8 JSON: what was found out about the document, and what was stored of it."""
    payload, attempt = document.payload, document.attempt
    source = {"bytes": len(original), "sha256": hashlib.sha256(original).hexdigest()}
    body = dict(findings) | {
        "version": RESULT_VERSION,
        "job_id": payload.job_id,
        "attempt": asdict(attempt) if attempt else None,
        "portal_schema": {"id": payload.schema_id, "name": payload.schema_name, "version": payload.schema_version},
        "source": source | findings["source"],
        "artifacts": {name: asdict(artifact) for name, artifact in artifacts.items()},
        "warnings": list(warnings),
        "timings": dict(timings),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def read_findings(data: bytes) -> Mapping[str, Any]:
    """The findings that a child sent; raises ValueError or RecursionError for what is no JSON object with a source."""
    value = json.loads(data)
    if not isinstance(value, dict) or not isinstance(value.get("source"), dict):
        raise ValueError("the findings are not what was agreed")
    return value


def legacy_line(job_id: str | None, outcome: Succeeded | Failed, processing_ms: int) -> str:
    """The one JSON line that answers a legacy payload, without its newline."""
    match outcome:
        case Succeeded():
            body = _legacy_success(job_id, outcome, processing_ms)
        case Failed():
            error = {"code": outcome.code, "stage": outcome.stage, "message": outcome.message}
            body = {"status": "failed", "job_id": job_id, "error": error | {"retryable": outcome.retryable}}
        case _:
            assert_never(outcome)
    return json.dumps(body, ensure_ascii=True, separators=(",", ":"))


def _legacy_success(job_id: str | None, outcome: Succeeded, processing_ms: int) -> dict[str, Any]:
    return {
        "status": "success",
        "job_id": job_id,
        "quality_score": outcome.quality_score,
        "warnings": list(outcome.warnings),
        "artifacts": {f"{name}_path": artifact.key for name, artifact in outcome.artifacts.items()},
        "metrics": {"ocr_confidence": outcome.ocr_confidence, "processing_ms": processing_ms},
        "portal": asdict(outcome.portal),
        "stored": {
            name: {"bytes": artifact.size, "sha256": artifact.sha256} for name, artifact in outcome.artifacts.items()
        },
        "timings": dict(outcome.timings),
    }
