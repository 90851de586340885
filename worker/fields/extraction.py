"""The type of a document, then the fields of that type."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from worker.fields import aadhaar, mark_sheet, mrz, pairs, pan, passport, receipt
from worker.fields.concealing import Concealed
from worker.fields.detection import detect
from worker.fields.field import Extraction, Field, Notice
from worker.fields.page import Cell, Page

FIELDS_MAX = 100
"""More labels than that are no form: the rest is left out, with a warning."""
LINES_MAX = 600
"""Pages of more lines are searched for their first so many, with a warning: a search for values below looks at all."""


def extract(concealed: Concealed, *, asked: str | None = None, wanted: Sequence[str] = ()) -> Extraction:
    """The fields of a reading whose Aadhaar numbers are masked.

    `asked` names the type where it is known; `wanted` limits the fields to those, and those not found are told.
    """
    page, is_cut = _bounded(Page.of(concealed.reading))
    zone = mrz.find(page)
    detected = detect(page, concealed.numbers, zone)
    document_type = asked or detected.document_type
    every = _unique(_fields(document_type, page, concealed, zone))
    names = {field.name for field in every}
    missing = tuple(name for name in wanted if name not in names)
    kept = tuple(field for field in every if not wanted or field.name in wanted)
    return Extraction(
        document_type=document_type,
        score=detected.score if detected.document_type == document_type else 0.0,
        signals=detected.signals if detected.document_type == document_type else (),
        is_asked=asked is not None,
        fields=kept[:FIELDS_MAX],
        missing=missing,
        warnings=tuple(_warnings(kept, missing, is_cut=is_cut)),
    )


def _bounded(page: Page) -> tuple[Page, bool]:
    count = 0
    rows: list[tuple[Cell, ...]] = []
    for row in page.rows:
        count += len(row)
        if count > LINES_MAX:
            return Page(tuple(rows)), True
        rows.append(row)
    return page, False


def _fields(document_type: str, page: Page, concealed: Concealed, zone: mrz.Zone | None) -> list[Field]:
    match document_type:
        case "aadhaar":
            return aadhaar.fields(page, concealed.numbers)
        case "pan":
            return pan.fields(page)
        case "passport":
            return passport.fields(page, zone)
        case "mark_sheet":
            return mark_sheet.fields(page)
        case "receipt":
            return receipt.fields(page)
        case _:
            return pairs.fields(page)


def _unique(fields: Iterable[Field]) -> list[Field]:
    """Fields with names of their own: a second value of one label is numbered, the same value again is left out."""
    kept: dict[str, Field] = {}
    for field in fields:
        same = [one for name, one in kept.items() if name == field.name or name.startswith(f"{field.name}_")]
        if field.value not in [one.value for one in same]:
            name = field.name if field.name not in kept else f"{field.name}_{len(same) + 1}"
            kept[name] = replace(field, name=name)
    return list(kept.values())


def _warnings(fields: Sequence[Field], missing: Sequence[str], *, is_cut: bool) -> list[str]:
    """Codes and names of fields, never values."""
    told = []
    if missing:
        told.append(f"{Notice.FIELDS_MISSING}: {', '.join(missing)[:120]}")
    if failed := [field.name for field in fields if field.check and not field.check.passed]:
        told.append(f"{Notice.FIELDS_DOUBTFUL}: {len(failed)} fields break their rule")
    if is_cut or len(fields) > FIELDS_MAX:
        told.append(f"{Notice.FIELDS_CUT}: only the first {LINES_MAX} lines or {FIELDS_MAX} fields were used")
    return told
