"""What a page says: its lines in order, without guesses, without Aadhaar numbers; then its type and its fields.

Fields are an addition: where they cannot be found, or not in time, the document is delivered without them, with a
warning. Masking is none: without it no text goes out, and the document fails.
"""

import logging
import traceback
from dataclasses import dataclass

from worker.contract import Payload, Stage
from worker.faults import DocumentFault
from worker.fields.concealing import Concealed, conceal
from worker.fields.extraction import extract
from worker.fields.field import Extraction, Notice
from worker.processors.legibility import legible
from worker.processors.ocr import Reading
from worker.processors.reading_order import arranged
from worker.stages import Stages, at_most

_log = logging.getLogger("worker.text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A reading that may be told, how many lines were left out of it, and the fields; none where finding them failed.

    `width` and `height` are those of the picture that was read, in whose pixels all places are.
    """

    reading: Reading
    left_out: int
    extraction: Extraction | None
    width: int
    height: int
    warnings: tuple[str, ...]


def text_of(reading: Reading, size: tuple[int, int], payload: Payload, seconds: float, stages: Stages) -> Text:
    """What a reading says; `seconds` is all that finding fields may take, `size` width and height of the picture."""
    asked = payload.options.document_type
    with stages.on(Stage.FIELDS):
        clear = legible(arranged(reading.lines))
        concealed = conceal(clear.reading, is_aadhaar=asked == "aadhaar")
        extraction = _extraction(concealed, payload, seconds) if payload.schema.kind == "document" else None
    is_document = payload.schema.kind == "document"
    is_failed, is_cut = is_document and extraction is None, is_document and clear.left_out > 0
    told = [
        f"{Notice.LINES_LEFT_OUT}: {clear.left_out} lines in other scripts or by hand" if is_cut else "",
        f"{Notice.NUMBERS_MASKED}: {len(concealed.numbers)} identity numbers" if concealed.numbers else "",
        f"{Notice.FIELDS_FAILED}: the fields could not be found" if is_failed else "",
        *(extraction.warnings if extraction else ()),
    ]
    return Text(
        reading=concealed.reading,
        left_out=clear.left_out,
        extraction=extraction,
        width=size[0],
        height=size[1],
        warnings=tuple(filter(None, told)),
    )


def _extraction(concealed: Concealed, payload: Payload, seconds: float) -> Extraction | None:
    try:
        with at_most(seconds, Stage.FIELDS):
            return extract(concealed, asked=payload.options.document_type, wanted=payload.schema.fields)
    except DocumentFault:
        _log.warning("fields not found job=%s within=%g s", payload.job_id, seconds)
    except Exception as error:  # noqa: BLE001 - an addition must not cost the document; see above
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        _log.error("fields not found job=%s error=%s at=%s", payload.job_id, type(error).__name__, " < ".join(places))
    return None
