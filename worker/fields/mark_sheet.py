"""Mark sheets: the candidate, the subjects with their marks, and the total that they must add up to."""

import re
from collections.abc import Sequence
from decimal import Decimal

from worker.fields.field import Check, Field, found
from worker.fields.labels import first, fold
from worker.fields.labels import pairs as labelled
from worker.fields.lookalikes import Repair
from worker.fields.names import tidy
from worker.fields.page import Cell, Page
from worker.fields.pairs import named
from worker.fields.tables import Row, rows

_PERSON = ("name", "roll_number", "registration_number", "father_name", "mother_name", "date_of_birth", "school")
_CLOSING = ("class", "session", "result", "date_of_issue")
_TOTAL = re.compile(r"(grand|aggregate)?total(marks)?|aggregate|(grand)?totalmarksobtained")
_OUT_OF = re.compile(r"(\d{1,4})\s*(?:of|/|out\s*of)\s*(\d{1,4})(?!\d)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%?")
_ISSUER = re.compile(r"board|universit|council|institut|examination", re.IGNORECASE)
_CHANCE = 0.01
"""Of wrong marks one set in a hundred adds up all the same."""
_ROUNDING = Decimal("0.06")


def fields(page: Page) -> list[Field]:
    """Candidate, subjects, totals and percentage."""
    table = rows(page)
    totals = [row for row in table if _TOTAL.fullmatch(fold(row.name))]
    subjects = [row for row in table if row.name and row not in totals and "marks" in row.numbers]
    own = _totals(page, subjects, totals[-1] if totals else None)
    return [*_issuer(page), *named(page, *_PERSON), *own, *_percentage(page, own), *named(page, *_CLOSING)]


def _totals(page: Page, subjects: Sequence[Row], total: Row | None) -> list[Field]:
    if total is None or "marks" not in total.numbers:
        return [*_subjects(subjects, None), *_spelt_total(page, subjects)]
    check = _adds_up(subjects, total)
    made = _subjects(subjects, check)
    for name, column in (("total", "marks"), ("maximum_total", "maximum")):
        if (one := total.numbers.get(column)) and (not one.repairs or (check and check.passed)):
            made.append(found(name, f"{one.value:f}", (one.cell,), check=check, repairs=one.repairs))
    return made


def _adds_up(subjects: Sequence[Row], total: Row) -> Check | None:
    """Whether the marks and, where they are printed, the maxima add up to the totals, and no mark exceeds its maximum.

    Nothing is checked where there are fewer than two subjects.
    """
    if len(subjects) < 2:
        return None
    columns = [name for name in ("marks", "maximum") if name in total.numbers]
    sums = {name: [row.numbers[name].value for row in subjects if name in row.numbers] for name in columns}
    passed = all(
        len(values) == len(subjects) and sum(values) == total.numbers[name].value for name, values in sums.items()
    )
    within = all(_is_within(row) for row in subjects)
    return Check(rule="marks_add_up", passed=passed and within, chance=_CHANCE)


def _is_within(row: Row) -> bool:
    return "maximum" not in row.numbers or row.numbers["marks"].value <= row.numbers["maximum"].value


def _subjects(subjects: Sequence[Row], check: Check | None) -> list[Field]:
    """The subjects; without a sum that bears it out, no row with a repaired number."""
    is_borne_out = check is not None and check.passed
    kept = [row for row in subjects if is_borne_out or not _repairs(row)]
    if not kept:
        return []
    cells: list[Cell] = [cell for row in kept for cell in row.cells]
    repaired = tuple(repair for row in kept for repair in _repairs(row))
    numbers = {one.cell for row in kept for one in row.numbers.values()}
    names = [cell for cell in cells if cell not in numbers]
    return [found("subjects", tuple(map(_entry, kept)), cells, check=check, repairs=repaired, unchecked=names)]


def _repairs(row: Row) -> tuple[Repair, ...]:
    return tuple(repair for one in row.numbers.values() for repair in one.repairs)


def _entry(row: Row) -> dict[str, str]:
    numbers = {name: f"{one.value:f}" for name, one in row.numbers.items()}
    return {"subject": row.name} | numbers | ({"grade": row.grade} if row.grade else {})


def _spelt_total(page: Page, subjects: Sequence[Row]) -> list[Field]:
    """A total in words: `Total marks 482 of 600`."""
    for cell in page.cells:
        match = _OUT_OF.search(cell.text)
        if match and _TOTAL.match(fold(cell.text[: match.start()])) and int(match[1]) <= int(match[2]):
            check = _spelt_check(subjects, Decimal(match[1]))
            total = found("total", match[1], (cell,), check=check)
            return [total, found("maximum_total", match[2], (cell,))]
    return []


def _spelt_check(subjects: Sequence[Row], total: Decimal) -> Check | None:
    if len(subjects) < 2:
        return None
    added = sum(row.numbers["marks"].value for row in subjects)
    return Check(rule="marks_add_up", passed=added == total, chance=_CHANCE)


def _percentage(page: Page, own: Sequence[Field]) -> list[Field]:
    pair = first(labelled(page), "percentage")
    match = _PERCENT.fullmatch(pair.value) if pair else None
    if pair is None or match is None:
        return []
    sums = {field.name: Decimal(field.value) for field in own if isinstance(field.value, str)}
    total, maximum = sums.get("total"), sums.get("maximum_total")
    if total is None or not maximum:
        return [found("percentage", match[1], pair.cells)]
    passed = abs(total / maximum * 100 - Decimal(match[1])) <= _ROUNDING
    check = Check(rule="percentage_of_total", passed=passed, chance=_CHANCE)
    return [found("percentage", match[1], pair.cells, check=check)]


def _issuer(page: Page) -> list[Field]:
    cell = next((cell for cell in page.cells if _ISSUER.search(cell.text)), None)
    return [found("issuer", tidy(cell.text), (cell,), doubt=0.9)] if cell else []
