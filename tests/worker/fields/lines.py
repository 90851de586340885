"""Lines as an engine would have read them, built for tests."""

from collections.abc import Sequence

from worker.fields.concealing import conceal
from worker.fields.extraction import extract
from worker.fields.field import Extraction, Field
from worker.fields.page import Page
from worker.processors.ocr import Line, Reading
from worker.processors.reading_order import arranged

HEIGHT = 30
_CHARACTER = 15


def line(text: str, x: float, y: float, *, score: float = 0.99, width: float | None = None) -> Line:
    """A level line whose width follows from its text."""
    right, bottom = x + (width or max(1, len(text)) * _CHARACTER), y + HEIGHT
    left, top = round(x), round(y)
    return Line(text, score, ((left, top), (round(right), top), (round(right), round(bottom)), (left, round(bottom))))


def reading(
    rows: Sequence[str | Sequence[str]], *, score: float = 0.99, scores: dict[str, float] | None = None
) -> Reading:
    """A page of rows from the top; a row's texts stand 400 pixels apart."""
    lines = [
        line(text, 400 * column, 50 * number, score=(scores or {}).get(text, score))
        for number, row in enumerate(rows)
        for column, text in enumerate([row] if isinstance(row, str) else row)
        if text
    ]
    return arranged(lines)


def page(rows: Sequence[str | Sequence[str]]) -> Page:
    """The same as a page."""
    return Page.of(reading(rows))


def extracted(
    rows: Sequence[str | Sequence[str]],
    asked: str | None = None,
    wanted: Sequence[str] = (),
    scores: dict[str, float] | None = None,
) -> Extraction:
    """What is found on a page of rows."""
    concealed = conceal(reading(rows, scores=scores), is_aadhaar=asked == "aadhaar")
    return extract(concealed, asked=asked, wanted=wanted)


def values(extraction: Extraction) -> dict[str, object]:
    """The fields' values by name."""
    return {field.name: field.value for field in extraction.fields}


def one(extraction: Extraction, name: str) -> Field:
    """The field of that name, which must be there."""
    return next(field for field in extraction.fields if field.name == name)
