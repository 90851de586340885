"""What comes out: fields, each with its value and all that speaks for or against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from worker.fields.calibration import SURE, checked, likelihood, repaired
from worker.fields.lookalikes import Repair
from worker.fields.page import Cell, around


class Notice(StrEnum):
    """Warnings about what a document says: codes, names and counts, never values."""

    FIELDS_MISSING = "FIELDS_MISSING"
    """Fields that the portal wants were not found."""
    FIELDS_DOUBTFUL = "FIELDS_DOUBTFUL"
    """Fields break their rule."""
    FIELDS_CUT = "FIELDS_CUT"
    """There were more lines or labels than are looked at."""
    FIELDS_FAILED = "FIELDS_FAILED"
    """Fields could not be looked for, or not in time."""
    NUMBERS_MASKED = "NUMBERS_MASKED"
    """Aadhaar numbers were masked."""
    LINES_LEFT_OUT = "LINES_LEFT_OUT"
    """Lines were only guessed and are not passed on as text."""


Entry = Mapping[str, str]
Value = str | tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a rule said of a value; `chance` is how often a wrong value passes it."""

    rule: str
    passed: bool
    chance: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: a value in its plain form, how likely it is right, and where it comes from.

    Amounts are decimal numbers with a point, dates are ISO 8601; an ambiguous date stays as it was read.
    """

    name: str
    value: Value
    confidence: float
    cells: tuple[Cell, ...]
    check: Check | None = None
    repairs: tuple[Repair, ...] = ()
    is_ambiguous: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether to rely on it without looking: likely enough, no rule against it, one meaning."""
        return self.confidence >= SURE and not self.is_ambiguous and (self.check is None or self.check.passed)


def found(
    name: str,
    value: Value,
    cells: Sequence[Cell],
    *,
    check: Check | None = None,
    repairs: tuple[Repair, ...] = (),
    is_ambiguous: bool = False,
    doubt: float = 1.0,
    tries: int = 2,
    unchecked: Sequence[Cell] = (),
) -> Field:
    """A field with the confidence that its lines and its rule give it.

    `doubt` is how likely the text means this field, `tries` among how many readings a repaired value was found,
    `unchecked` are cells of which the rule says nothing, as a sum says nothing of what the goods are called.
    A value that fails a rule is at most as likely as a wrong one is to be right: it is told, never hidden.
    """
    read = min(likelihood(cell.score) for cell in cells) * doubt
    if check is None:
        confidence = read
    elif not check.passed:
        confidence = min(read, check.chance)
    elif repairs:
        confidence = repaired(check.chance, tries) * doubt
    else:
        confidence = checked(read, check.chance)
    confidence = min([confidence, *(likelihood(cell.score) for cell in unchecked)])
    return Field(
        name=name,
        value=value,
        confidence=round(confidence, 4),
        cells=tuple(cells),
        check=check,
        repairs=repairs,
        is_ambiguous=is_ambiguous,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The type of a document and its fields.

    `score` is how strong the evidence for the type is, `signals` what it consists of. `is_asked` tells a type that
    the payload named from one that was found. `missing` are wanted fields that were not found.
    """

    document_type: str
    score: float = 0.0
    signals: tuple[str, ...] = ()
    is_asked: bool = False
    fields: tuple[Field, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def extraction_json(extraction: Extraction) -> dict[str, Any]:
    """The parts of the result object that tell of type and fields."""
    return {
        "document_type": {
            "name": extraction.document_type,
            "score": round(extraction.score, 3),
            "source": "asked" if extraction.is_asked else "detected",
            "signals": list(extraction.signals),
        },
        "structured": {one.name: _plain(one.value) for one in extraction.fields},
        "confidence": {one.name: one.confidence for one in extraction.fields},
        "fields": [_field_json(one) for one in extraction.fields],
    }


def _plain(value: Value) -> str | list[dict[str, str]]:
    return value if isinstance(value, str) else [dict(entry) for entry in value]


def _field_json(one: Field) -> dict[str, Any]:
    box = around(cell.outline for cell in one.cells)
    return {
        "name": one.name,
        "value": _plain(one.value),
        "confidence": one.confidence,
        "sure": one.is_sure,
        "ambiguous": one.is_ambiguous,
        "rule": one.check.rule if one.check else None,
        "passed": one.check.passed if one.check else None,
        "repairs": [{"at": repair.at, "read": repair.read, "taken": repair.taken} for repair in one.repairs],
        "box": [round(box.left), round(box.top), round(box.right), round(box.bottom)],
        "lines": sorted({cell.number for cell in one.cells}),
    }
