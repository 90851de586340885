"""Dates: ISO 8601 where the text can mean one day only, else as they were read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from worker.fields.lookalikes import Repair, as_digits, repairs

YEAR_MIN, YEAR_MAX = 1900, 2099
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<word>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_LOOSE = r"[0-9OoQDIl|ZSB]"
_NUMERIC = re.compile(rf"(?<![\w/.-])({_LOOSE}{{1,4}})([/.-])({_LOOSE}{{1,2}})\2({_LOOSE}{{2,4}})(?![\w/-])")
_DAY_FIRST = re.compile(
    rf"(?<!\w)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.,/-]*{_MONTH}[\s.,/-]*(?P<year>\d{{4}})(?!\w)", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"(?<![a-z]){_MONTH}[\s.]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,.]+(?P<year>\d{{4}})(?!\w)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Day:
    """A date as it was read, what it means where that is one day only, and what had to be repaired for it."""

    read: str
    iso: str | None
    repairs: tuple[Repair, ...] = ()

    @property
    def value(self) -> str:
        """The ISO date, or the text as it was read."""
        return self.iso or self.read


def days(text: str, *, is_day_first: bool = False) -> list[Day]:
    """All dates of a text in their order; `is_day_first` where the document's kind settles the order."""
    found = [*_numeric(text, is_day_first=is_day_first), *_spelt(text)]
    return [day for _, day in sorted(found, key=lambda one: one[0])]


def _numeric(text: str, *, is_day_first: bool) -> Iterator[tuple[int, Day]]:
    for match in _NUMERIC.finditer(text):
        digits = as_digits(match[0])
        first, middle, last = (as_digits(match[number]) for number in (1, 3, 4))
        meanings = _meanings(first, middle, last, is_day_first=is_day_first)
        if not meanings or sum(character.isdigit() for character in match[0]) < 4:
            continue
        iso = meanings.pop().isoformat() if len(meanings) == 1 and 4 in (len(first), len(last)) else None
        yield match.start(), Day(match[0] if iso is None else digits, iso, repairs(match[0], digits) if iso else ())


def _meanings(first: str, middle: str, last: str, *, is_day_first: bool) -> set[date]:
    """The days that three numbers may mean; a year of two digits counts as one of this century, for want of it."""
    if len(first) == 4:
        return _real(first, middle, last)
    if len(first) > 2 or len(last) == 3:
        return set()
    year = last if len(last) == 4 else f"20{last}"
    return _real(year, middle, first) | (set() if is_day_first else _real(year, first, middle))


def _real(year: str, month: str, day: str) -> set[date]:
    if not YEAR_MIN <= int(year) <= YEAR_MAX or len(day) > 2:
        return set()
    try:
        return {date(int(year), int(month), int(day))}
    except ValueError:
        return set()


def _spelt(text: str) -> Iterator[tuple[int, Day]]:
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(text):
            month = str(_MONTHS.index(match["word"].lower()) + 1)
            for one in _real(match["year"], month, match["day"]):
                yield match.start(), Day(match[0], one.isoformat())
