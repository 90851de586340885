"""What is told of a document: the result object next to its artifacts, and the legacy line on STDOUT.

Text, lines and file names stand in the result object alone; the legacy line carries figures, keys and hashes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, assert_never

from worker.contract import Artifact, Document, Failed, PortalFile, Succeeded
from worker.processors.decode import Page
from worker.processors.ocr import Reading
from worker.processors.quality import Quality

RESULT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found out about one document. The slant is in degrees, rising to the right; timings in ms."""

    document: Document
    source_bytes: int
    source_sha256: str
    page: Page
    quality: Quality
    reading: Reading
    engine: str
    quarter_turns: int
    slant_degrees: float
    portal: PortalFile
    filename: str
    artifacts: Mapping[str, Artifact]
    warnings: tuple[str, ...]
    timings: Mapping[str, int]


def result_bytes(findings: Findings) -> bytes:
    """The result object as UTF-8 JSON. There are no `fields` in it until fields are read."""
    payload, attempt = findings.document.payload, findings.document.attempt
    page = findings.page
    body = {
        "version": RESULT_VERSION,
        "job_id": payload.job_id,
        "attempt": asdict(attempt) if attempt else None,
        "portal_schema": {"id": payload.schema_id, "name": payload.schema_name, "version": payload.schema_version},
        "source": {
            "bytes": findings.source_bytes,
            "sha256": findings.source_sha256,
            "format": page.format,
            "width": page.width,
            "height": page.height,
            "pages": page.page_count,
        },
        "orientation": {
            "quarter_turns": findings.quarter_turns,
            "slant_degrees": round(findings.slant_degrees, 2),
        },
        "quality": _quality_json(findings.quality),
        "ocr": _reading_json(findings.reading, findings.engine),
        "portal": asdict(findings.portal) | {"filename": findings.filename},
        "artifacts": {name: asdict(artifact) for name, artifact in findings.artifacts.items()},
        "warnings": list(findings.warnings),
        "timings": dict(findings.timings),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _quality_json(quality: Quality) -> dict[str, Any]:
    return {
        "score": quality.score,
        "parts": asdict(quality.parts),
        "measures": dict(quality.measures),
        "is_blank": quality.is_blank,
    }


def _reading_json(reading: Reading, engine: str) -> dict[str, Any]:
    text = reading.text
    return {
        "engine": engine,
        "confidence": round(reading.confidence, 4),
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "lines": [
            {"row": number, "text": line.text, "score": round(line.score, 4), "polygon": line.polygon}
            for number, row in enumerate(reading.rows)
            for line in row
        ],
    }


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
