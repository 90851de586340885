"""Rows of words and numbers, by the columns of a header where there is one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from worker.fields.labels import fold
from worker.fields.lookalikes import Repair, as_digits, repairs
from worker.fields.names import tidy
from worker.fields.page import Cell, Page

_HEADS: Mapping[str, frozenset[str]] = {
    "subject": frozenset({"subject", "subjects", "subjectname", "nameofsubject", "paper", "papers", "course"}),
    "maximum": frozenset({"maximum", "max", "maximummarks", "maxmarks", "outof", "fullmarks", "totalmarks"}),
    "marks": frozenset(
        {"marks", "marksobtained", "obtained", "obtainedmarks", "markssecured", "secured", "score", "theory"}
    ),
    "grade": frozenset({"grade", "grades"}),
}
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a cell; with repairs it counts only where a rule decides."""

    value: Decimal
    repairs: tuple[Repair, ...]
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row under a header: its name, and what stands in the columns."""

    name: str
    numbers: Mapping[str, Number]
    grade: str | None
    cells: tuple[Cell, ...]


def number(cell: Cell) -> Number | None:
    """The number that is all of a cell's text."""
    read = cell.text.strip()
    digits = as_digits(read)
    if not _NUMBER.fullmatch(digits) or not any(map(str.isdigit, read)):
        return None
    return Number(Decimal(digits), repairs(read, digits), cell)


def head(page: Page) -> tuple[int, Mapping[str, Cell]] | None:
    """The index of the row that names a column of subjects and one of marks, and the cells that do."""
    for index, row in enumerate(page.rows):
        columns = {name: cell for cell in row for name, words in _HEADS.items() if fold(cell.text) in words}
        if {"subject", "marks"} <= set(columns):
            return index, columns
    return None


def rows(page: Page) -> list[Row]:
    """The rows under the header, down to the first that has no number."""
    if (found := head(page)) is None:
        return []
    index, columns = found
    under: list[Row] = []
    for cells in page.rows[index + 1 :]:
        row = _row(cells, columns)
        if not row.numbers:
            break
        under.append(row)
    return under


def _row(cells: tuple[Cell, ...], columns: Mapping[str, Cell]) -> Row:
    placed = [(_column(cell, columns), cell) for cell in cells]
    numbers = {name: one for name, cell in placed if name in ("maximum", "marks") and (one := number(cell))}
    words = [cell.text for name, cell in placed if name == "subject"]
    grades = [cell.text.strip() for name, cell in placed if name == "grade"]
    return Row(name=tidy(" ".join(words)), numbers=numbers, grade=grades[0] if grades else None, cells=cells)


def _column(cell: Cell, columns: Mapping[str, Cell]) -> str:
    """The column that a cell stands in: the one it has most in common with, else the nearest."""
    return max(columns, key=lambda name: cell.box.across(columns[name].box))
