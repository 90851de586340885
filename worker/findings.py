"""What was found out about one document, as it stands in the result object: text, lines and file names among it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from worker.contract import PortalFile
from worker.fields.calibration import certainty
from worker.fields.field import extraction_json
from worker.processors.crop import Outline
from worker.processors.decode import Page
from worker.processors.quality import Quality
from worker.processors.shaping import Shaped
from worker.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found out about one document."""

    page: Page
    quality: Quality
    shaped: Shaped
    text: Text
    engine: str
    quarter_turns: int
    portal: PortalFile
    filename: str


def findings_json(findings: Findings) -> Mapping[str, Any]:
    """The findings as JSON values. No `structured` and `fields` are in it where fields were not looked for."""
    page = findings.page
    return {
        "source": {"format": page.format, "width": page.width, "height": page.height, "pages": page.page_count},
        "orientation": {
            "quarter_turns": findings.quarter_turns,
            "slant_degrees": round(findings.shaped.slant, 2),
            "cut_out": _corners(findings.shaped.outline),
        },
        "enhancement": [asdict(decision) for decision in findings.shaped.decisions],
        "quality": _quality_json(findings.quality),
        "ocr": _reading_json(findings.text, findings.engine),
        **(extraction_json(findings.text.extraction) if findings.text.extraction else {}),
        "portal": asdict(findings.portal) | {"filename": findings.filename},
    }


def _corners(outline: Outline | None) -> list[list[float]] | None:
    """The sheet's corners on the upright picture, where it was cut out."""
    return [[round(value, 1) for value in corner] for corner in outline.corners] if outline else None


def _quality_json(quality: Quality) -> dict[str, Any]:
    return {
        "score": quality.score,
        "parts": asdict(quality.parts),
        "measures": dict(quality.measures),
        "is_blank": quality.is_blank,
    }


def _reading_json(said: Text, engine: str) -> dict[str, Any]:
    reading = said.reading
    text = reading.text
    numbered = enumerate((number, line) for number, row in enumerate(reading.rows) for line in row)
    return {
        "engine": engine,
        "width": said.width,
        "height": said.height,
        "confidence": round(reading.confidence, 4),
        "certainty": certainty(reading.confidence),
        "evidence": round(reading.evidence, 1),
        "lines_left_out": said.left_out,
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "lines": [
            {
                "id": number,
                "row": row,
                "text": line.text,
                "score": round(line.score, 4),
                "certainty": certainty(line.score),
                "polygon": line.polygon,
            }
            for number, (row, line) in numbered
        ],
    }
