"""PAN cards: the number by its pattern and its holder's type, names and date of birth."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum.in_ import pan

from worker.fields.dates import days
from worker.fields.field import Check, Field, found
from worker.fields.labels import split_label
from worker.fields.lookalikes import Repair, by_pattern, repairs
from worker.fields.names import is_name, tidy
from worker.fields.page import Cell, Page
from worker.fields.pairs import named

_PATTERN = "AAAAA9999A"
_TOKEN = re.compile(r"(?<![^\W_])(?=((?:[A-Za-z0-9|!] ?){9}[A-Za-z0-9|!])(?![^\W_]))")
_LETTERS_MIN, _DIGITS_MIN = 3, 2
_CHANCE = 0.3
"""A wrong character of a number's ten still fits the pattern about so often as not; a wrong kind never does."""
_UNLABELLED = 0.9


@dataclass(frozen=True, slots=True)
class Number:
    """A PAN that stands on the page, as it passes the rule, and what was repaired for that."""

    value: str
    cell: Cell
    repairs: tuple[Repair, ...]


def numbers(page: Page) -> list[Number]:
    """Every PAN of the page, each once; read as they are before repaired ones."""
    every = sorted((one for cell in page.cells for one in _in_cell(cell)), key=lambda one: len(one.repairs))
    return list({one.value: one for one in reversed(every)}.values())[::-1]


def _in_cell(cell: Cell) -> Iterator[Number]:
    for match in _TOKEN.finditer(cell.text):
        read = match[1].replace(" ", "")
        taken = by_pattern(read.upper() if read.isupper() else read, _PATTERN).upper()
        if _is_plausible(read) and pan.is_valid(taken):
            yield Number(taken, cell, repairs(read.upper(), taken))


def _is_plausible(read: str) -> bool:
    """Whether so much stands as it should that the rest may be repaired: else words would become numbers."""
    letters = sum(one.isalpha() for one, kind in zip(read, _PATTERN, strict=True) if kind == "A")
    digits = sum(one.isdigit() for one, kind in zip(read, _PATTERN, strict=True) if kind == "9")
    return letters >= _LETTERS_MIN and digits >= _DIGITS_MIN


def fields(page: Page) -> list[Field]:
    """Number, name, father's name and date of birth of the card."""
    seen = numbers(page)
    number = _number_field(seen[0]) if len({one.value for one in seen}) == 1 else None
    known = named(page, "name", "father_name", "date_of_birth", is_day_first=True)
    names = {field.name for field in known}
    if not names & {"name", "father_name"}:
        known += _unlabelled_names(page)
    if "date_of_birth" not in names:
        known += _unlabelled_date(page)
    checked = [_with_initial(field, seen) if field.name == "name" else field for field in known]
    return ([number] if number else []) + checked


def _number_field(number: Number) -> Field:
    check = Check(rule="pan", passed=True, chance=_CHANCE)
    return found("pan_number", number.value, (number.cell,), check=check, repairs=number.repairs)


def _with_initial(field: Field, seen: list[Number]) -> Field:
    """The name, checked by the number's fifth letter: a person's surname begins with it."""
    if len(seen) != 1 or seen[0].value[3] != "P" or not isinstance(field.value, str):
        return field
    passed = seen[0].value[4] in {word[0].upper() for word in field.value.split()}
    return found("name", field.value, field.cells, check=Check(rule="pan_initial", passed=passed, chance=0.2))


def _unlabelled_names(page: Page) -> list[Field]:
    """Older cards print the names without labels: two lines of capitals over the date, the holder's above."""
    dated = next((index for index, row in enumerate(page.rows) if _days_of(row)), len(page.rows))
    lines = [cell for row in page.rows[:dated] for cell in row if _is_capital_name(cell.text)]
    if len(lines) != 2 or dated == len(page.rows):
        return []
    return [
        found(name, tidy(cell.text), (cell,), doubt=_UNLABELLED)
        for name, cell in zip(("name", "father_name"), lines, strict=True)
    ]


def _days_of(row: tuple[Cell, ...]) -> bool:
    return any(days(cell.text, is_day_first=True) for cell in row)


def _is_capital_name(text: str) -> bool:
    return text.isupper() and is_name(tidy(text)) and split_label(text) is None


def _unlabelled_date(page: Page) -> list[Field]:
    dated = [(cell, day) for cell in page.cells for day in days(cell.text, is_day_first=True) if day.iso]
    if len(dated) != 1:
        return []
    cell, day = dated[0]
    check = Check(rule="calendar", passed=True, chance=0.3)
    return [found("date_of_birth", day.value, (cell,), check=check, repairs=day.repairs, doubt=_UNLABELLED)]
