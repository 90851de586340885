"""The machine readable zone of ICAO 9303: two lines of 44 (TD3, passports) or three of 30 (TD1, cards)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from worker.fields.lookalikes import Decided, Repair, as_digits, as_letters, by_pattern, decided, repairs
from worker.fields.page import Cell, Page

_FILLERS = str.maketrans(
    {"«": "<<", "‹": "<", "《": "<<", "〈": "<", "＜": "<", "≪": "<<", "(": "<", "{": "<", "[": "<"}
)
_WEIGHTS = (7, 3, 1)
_TD3, _TD1 = 44, 30
_TD3_SECOND = re.compile(r"(?=.*<)[A-Z0-9<]{38,48}")
_TD3_NUMBERS = "X" * 9 + "9" + "AAA" + "9999999" + "A" + "9999999" + "X" * 14 + "9" + "9"
_TD1_SECOND = "9999999" + "A" + "9999999" + "AAA" + "X" * 11 + "9"
_OPTIONAL = slice(28, 42)
_SHAPES = {"IND": "A9999999<"}
"""How the numbers of some countries are built."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the zone: its plain value, whether its check digit fits (none where it has none), its repairs.

    `tries` is among how many readings a repaired value was found.
    """

    value: str
    passed: bool | None
    repairs: tuple[Repair, ...]
    cells: tuple[Cell, ...]
    tries: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone that was found: its format, whether the check digit over everything fits, and its parts by name."""

    format: str
    passed: bool
    parts: dict[str, Part]


def check_digit(text: str) -> str:
    """ICAO 9303's check digit: weights 7, 3, 1; letters count from 10, fillers nothing."""
    values = (0 if one == "<" else int(one, 36) for one in text)
    return str(sum(value * weight for value, weight in zip(values, cycle(_WEIGHTS), strict=False)) % 10)


def find(page: Page) -> Zone | None:
    """The zone of a page: the first whose date of birth or number passes its check."""
    rows = [(_squeezed(row), row) for row in page.rows]
    for index, (text, row) in enumerate(rows[:-1]):
        second, second_row = rows[index + 1]
        zone = _td3(text, second, (row, second_row))
        if zone is None and index + 2 < len(rows):
            zone = _td1(text, second, rows[index + 2][0], (row, second_row, rows[index + 2][1]))
        if zone and any(part.passed for part in zone.parts.values()):
            return zone
    return None


def _squeezed(row: Sequence[Cell]) -> str:
    return "".join("".join(cell.text for cell in row).split()).translate(_FILLERS).upper()


def _td3(first: str, second: str, rows: Sequence[tuple[Cell, ...]]) -> Zone | None:
    if not re.fullmatch(r"P[A-Z<][A-Z0-9<]{28,50}", first) or "<<" not in first:
        return None
    if not _TD3_SECOND.fullmatch(second) or (fitted := _fitted(second)) is None:
        return None
    line = by_pattern(fitted, _TD3_NUMBERS.replace("X", "x"))
    number = _number(line[:9], line[9], first[2:5])
    line = number.text + line[9:]
    upper, lower = rows
    parts = _names(first[5:_TD3], upper) | {
        "country": Part(as_letters(first[2:5]).strip("<"), None, (), upper),
        "passport_number": _part(fitted[:9], number.text, line[9], lower, number.tries),
        "nationality": Part(line[10:13].strip("<"), None, repairs(fitted[10:13], line[10:13]), lower),
        "date_of_birth": _part(fitted[13:19], line[13:19], line[19], lower),
        "gender": Part(_gender(line[20]), None, (), lower),
        "date_of_expiry": _part(fitted[21:27], line[21:27], line[27], lower),
    }
    return Zone(format="TD3", passed=check_digit(line[:10] + line[13:20] + line[21:43]) == line[43], parts=parts)


def _fitted(line: str) -> str | None:
    """A line of 44: how many fillers the optional data ends with is guesswork of the engine, and without meaning."""
    if len(line) == _TD3:
        return line
    optional = line[_OPTIONAL.start : -2].rstrip("<")
    if len(optional) > _OPTIONAL.stop - _OPTIONAL.start:
        return None
    return line[: _OPTIONAL.start] + optional.ljust(_OPTIONAL.stop - _OPTIONAL.start, "<") + line[-2:]


def _number(read: str, digit: str, country: str) -> Decided:
    """The document's number, in which O and 0 may both stand: by its country's pattern, else by its check digit.

    The check digit over everything weighs the number as its own does, so it cannot help to decide.
    """
    shaped = by_pattern(read, _SHAPES[country]) if country in _SHAPES else read
    if check_digit(shaped) == digit:
        return Decided(shaped, 1 if shaped == read else 2)
    return decided(read, lambda one: check_digit(one) == digit) or Decided(read, 1)


def _part(read: str, taken: str, digit: str, cells: tuple[Cell, ...], tries: int = 2) -> Part:
    passed = check_digit(taken) == digit
    value = (taken if passed else read).rstrip("<")
    return Part(value, passed, repairs(read, taken) if passed else (), cells, tries)


def _gender(letter: str) -> str:
    return {"M": "male", "F": "female"}.get(letter, "unspecified")


def _names(text: str, cells: tuple[Cell, ...]) -> dict[str, Part]:
    """Surname and given names; what follows the second double filler is filler that was misread."""
    surname, _, rest = as_letters(text).partition("<<")
    given = rest.lstrip("<").partition("<<")[0]
    plain = {"surname": surname, "given_names": given}
    return {
        name: Part(" ".join(part.replace("<", " ").split()), None, (), cells) for name, part in plain.items() if part
    }


def _td1(first: str, second: str, third: str, rows: Sequence[tuple[Cell, ...]]) -> Zone | None:
    lines = (first, second, third)
    if not re.fullmatch(r"[IAC][A-Z<][A-Z0-9<]{24,32}", first) or "<<" not in third:
        return None
    if not all(re.fullmatch(r"[A-Z0-9<]{26,32}", line) for line in lines[:2]) or len(second) != _TD1:
        return None
    upper = first.rstrip("<").ljust(_TD1, "<")[:_TD1]
    line = by_pattern(second, _TD1_SECOND.replace("X", "x"))
    digit = as_digits(upper[14])
    number = _number(upper[5:14], digit, upper[2:5])
    everything = number.text + digit + upper[15:] + line[:7] + line[8:15] + line[18:29]
    parts = _names(third, rows[2]) | {
        "country": Part(as_letters(upper[2:5]).strip("<"), None, (), rows[0]),
        "document_number": _part(upper[5:14], number.text, digit, rows[0], number.tries),
        "date_of_birth": _part(second[:6], line[:6], line[6], rows[1]),
        "gender": Part(_gender(line[7]), None, (), rows[1]),
        "date_of_expiry": _part(second[8:14], line[8:14], line[14], rows[1]),
        "nationality": Part(line[15:18].strip("<"), None, (), rows[1]),
    }
    return Zone(format="TD1", passed=check_digit(everything) == line[29], parts=parts)
