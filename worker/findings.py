"""What was found out about one document, as it stands in the result object: text, lines and file names among it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from worker.contract import PortalFile
from worker.processors.decode import Page
from worker.processors.ocr import Reading
from worker.processors.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found out about one document. The slant is in degrees, rising to the right."""

    page: Page
    quality: Quality
    reading: Reading
    engine: str
    quarter_turns: int
    slant_degrees: float
    portal: PortalFile
    filename: str


def findings_json(findings: Findings) -> Mapping[str, Any]:
    """The findings as JSON values. There are no `fields` in it until fields are read."""
    page = findings.page
    return {
        "source": {"format": page.format, "width": page.width, "height": page.height, "pages": page.page_count},
        "orientation": {
            "quarter_turns": findings.quarter_turns,
            "slant_degrees": round(findings.slant_degrees, 2),
        },
        "quality": _quality_json(findings.quality),
        "ocr": _reading_json(findings.reading, findings.engine),
        "portal": asdict(findings.portal) | {"filename": findings.filename},
    }


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
