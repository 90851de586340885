"""Aadhaar cards: the masked number, name, date or year of birth, gender. The number's check was made before masking."""

import re

from worker.fields.concealing import Number
from worker.fields.dates import days
from worker.fields.field import Check, Field, found
from worker.fields.names import is_name, tidy
from worker.fields.page import Cell, Page
from worker.fields.pairs import named

_CHANCE = 0.1
_GENDER = re.compile(r"(?<![^\W\d_])(female|male|transgender)(?![^\W\d_])", re.IGNORECASE)
_BIRTH = re.compile(r"d\s*[o0]\s*b\b|birth", re.IGNORECASE)
_YEAR = re.compile(r"year\s*of\s*birth\D{0,4}((?:19|20)\d\d)(?!\d)", re.IGNORECASE)
_UNLABELLED = 0.9


def fields(page: Page, numbers: tuple[Number, ...]) -> list[Field]:
    """What the card says; the number only masked."""
    labelled = {field.name: field for field in named(page, "name", "address", "gender", "date_of_birth")}
    labelled.pop("gender", None)
    birth = _birth(page)
    name = labelled.pop("name", None) or _name_over(page, birth)
    labelled.pop("date_of_birth", None)
    every = [_number(page, numbers), name, birth, _gender(page), *labelled.values()]
    return [field for field in every if field]


def _number(page: Page, numbers: tuple[Number, ...]) -> Field | None:
    """The one number that passes, else the one that does not; none where two differ."""
    candidates = [one for one in numbers if one.passed] or list(numbers)
    if len({one.masked for one in candidates}) != 1:
        return None
    number = min(candidates, key=lambda one: len(one.repairs))
    cells = [cell for cell in page.cells if cell.number in number.lines]
    check = Check(rule="verhoeff", passed=number.passed, chance=_CHANCE)
    return found("aadhaar_number", number.masked, cells, check=check, repairs=number.repairs)


def _birth(page: Page) -> Field | None:
    for cell in page.cells:
        if _BIRTH.search(cell.text) and (meant := days(cell.text, is_day_first=True)):
            return _date(meant[0].value, (cell,), is_ambiguous=meant[0].iso is None)
        if match := _YEAR.search(cell.text):
            return found("year_of_birth", match[1], (cell,))
    return next(iter(named(page, "date_of_birth", is_day_first=True)), None)


def _date(value: str, cells: tuple[Cell, ...], *, is_ambiguous: bool) -> Field:
    check = Check(rule="calendar", passed=True, chance=0.3)
    return found("date_of_birth", value, cells, check=check, is_ambiguous=is_ambiguous)


def _name_over(page: Page, birth: Field | None) -> Field | None:
    """The name has no label: it stands over the line with the birth."""
    if birth is None:
        return None
    box = birth.cells[0].box
    over = [
        cell
        for cell in page.cells
        if 0 < box.bottom - cell.box.bottom <= 4 * box.height and cell.box.across(box) > 0 and is_name(tidy(cell.text))
    ]
    nearest = max(over, key=lambda cell: cell.box.bottom, default=None)
    return found("name", tidy(nearest.text), (nearest,), doubt=_UNLABELLED) if nearest else None


def _gender(page: Page) -> Field | None:
    said = [(match[1].lower(), cell) for cell in page.cells if (match := _GENDER.search(cell.text))]
    if len({word for word, _ in said}) != 1:
        return None
    word, cell = said[0]
    return found("gender", word, (cell,))
