"""Mask Aadhaar numbers in everything that was read, before anything else sees it.

Masked are, to `XXXX XXXX 1234`:

- on any page, twelve digits in one piece or in groups of four, eight or twelve that pass Aadhaar's check;
- on any page, a line that holds three groups of four digits and nothing else, whether they pass or not: such is the
  way the number is printed, and one wrong digit hides nothing;
- on a page that speaks of Aadhaar, every row of 12 to 16 digits, however it is grouped.

Digits of other scripts and letters that look like digits count as digits. The text keeps its length.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from stdnum.in_ import aadhaar

from worker.fields.lookalikes import DIGITS, Repair
from worker.processors.ocr import Line, Reading

DIGIT_COUNT = 12
_SHOWN = 4
_REAL_DIGITS_MIN = 9
_GAP_MAX = 3
_SEPARATORS = frozenset(" \t\n\r\f\v\u00a0.-_\u2010\u2011\u2012\u2013\u2014\u00b7:")
_SPEAKS_OF_AADHAAR = re.compile(r"aa?dh?aa?r|uidai|unique\s*ident|enrol?l?ment\s*no|\bvid\b", re.IGNORECASE)
_WHOLE_LINE = re.compile(r"[2-9]\d{3}[ .-]{0,2}\d{4}[ .-]{0,2}\d{4}")
_YEARS = re.compile(r"(20\d\d\D{0,2}){3}")
_LONG_ROW = re.compile(r"(?<!\d)\d(?:[ .\-]{0,2}\d){11,15}(?![ .\-]{0,2}\d)")


@dataclass(frozen=True, slots=True)
class Number:
    """An Aadhaar number that was found: masked, whether it passed its check, what was repaired, and on which lines."""

    masked: str
    passed: bool
    repairs: tuple[Repair, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Concealed:
    """A reading without Aadhaar numbers, and what may be told of those that stood in it."""

    reading: Reading
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a number stands in a text: the places of its digits, and whether it passes the check."""

    places: tuple[int, ...]
    passed: bool


def conceal(reading: Reading, *, is_aadhaar: bool = False) -> Concealed:
    """Mask every Aadhaar number of a reading; `is_aadhaar` where the document is known to be such a card."""
    text, owners = _joined(reading)
    spans = _spans(text, is_aadhaar=is_aadhaar)
    hidden = _hidden(text, spans)
    lines = iter(_shown_lines(hidden, owners, reading.lines))
    rows = tuple(tuple(next(lines) for _ in row) for row in reading.rows)
    numbers = [_number(text, span, owners) for span in spans if len(span.places) == DIGIT_COUNT]
    return Concealed(Reading(rows), tuple(dict.fromkeys(numbers)))


def masked(text: str, *, is_aadhaar: bool = False) -> str:
    """The text with every Aadhaar number masked."""
    return _hidden(text, _spans(text, is_aadhaar=is_aadhaar))


def _joined(reading: Reading) -> tuple[str, list[int]]:
    """The reading's text, and for each character the number of its line; -1 between lines."""
    characters: list[str] = []
    owners: list[int] = []
    number = 0
    for row in reading.rows:
        for index, line in enumerate(row):
            characters += [*line.text, " " if index < len(row) - 1 else "\n"]
            owners += [number] * len(line.text) + [-1]
            number += 1
    return "".join(characters), owners


def _shown_lines(text: str, owners: list[int], lines: tuple[Line, ...]) -> list[Line]:
    parts: list[list[str]] = [[] for _ in lines]
    for character, owner in zip(text, owners, strict=True):
        if owner >= 0:
            parts[owner].append(character)
    return [replace(line, text="".join(part)) for line, part in zip(lines, parts, strict=True)]


def _spans(text: str, *, is_aadhaar: bool) -> list[_Span]:
    plain = "".join(_ascii_digit(character) for character in text)
    digits = "".join(DIGITS.get(character, character) for character in plain)
    spans = list(_checked_spans(plain, digits)) + list(_lone_spans(digits))
    if is_aadhaar or _SPEAKS_OF_AADHAAR.search(text):
        spans += _long_spans(plain, digits)
    return list({span.places: span for span in reversed(spans)}.values())[::-1]


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _checked_spans(plain: str, digits: str) -> Iterator[_Span]:
    for start, character in enumerate(digits):
        if not ("2" <= character <= "9") or (start and _is_digit(plain[start - 1])):
            continue
        places = _grouped(digits, start)
        if places and _is_apart(plain, places) and aadhaar.is_valid("".join(digits[at] for at in places)):
            yield _Span(places, passed=True)


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _grouped(digits: str, start: int) -> tuple[int, ...]:
    """The places of twelve digits from `start` on, with gaps after the fourth and the eighth at most."""
    places: list[int] = []
    at = start
    while at < len(digits) and len(places) < DIGIT_COUNT:
        if _is_digit(digits[at]):
            places.append(at)
        elif len(places) not in (4, 8) or digits[at] not in _SEPARATORS or at - places[-1] > _GAP_MAX:
            return ()
        at += 1
    return tuple(places) if len(places) == DIGIT_COUNT else ()


def _is_apart(plain: str, places: tuple[int, ...]) -> bool:
    """Whether enough are real digits, and no more of them follow."""
    after = places[-1] + 1
    real = sum(_is_digit(plain[at]) for at in places)
    return real >= _REAL_DIGITS_MIN and not (after < len(plain) and _is_digit(plain[after]))


def _lone_spans(digits: str) -> Iterator[_Span]:
    start = 0
    for line in digits.split("\n"):
        bare = line.strip()
        if _WHOLE_LINE.fullmatch(bare) and not _YEARS.fullmatch(bare):
            yield _span(digits, start, start + len(line))
        start += len(line) + 1


def _long_spans(plain: str, digits: str) -> Iterator[_Span]:
    for match in _LONG_ROW.finditer(digits):
        span = _span(digits, *match.span())
        if sum(_is_digit(plain[at]) for at in span.places) >= _REAL_DIGITS_MIN:
            yield span


def _span(digits: str, start: int, end: int) -> _Span:
    places = tuple(at for at in range(start, end) if _is_digit(digits[at]))
    return _Span(places, passed=aadhaar.is_valid("".join(digits[at] for at in places)))


def _hidden(text: str, spans: list[_Span]) -> str:
    characters = list(text)
    for span in spans:
        for at in span.places[:-_SHOWN]:
            characters[at] = "X"
    return "".join(characters)


def _number(text: str, span: _Span, owners: list[int]) -> Number:
    read = [_ascii_digit(text[at]) for at in span.places]
    taken = [DIGITS.get(character, character) for character in read]
    hidden = DIGIT_COUNT - _SHOWN
    changed = [at for at, (before, after) in enumerate(zip(read, taken, strict=True)) if before != after]
    return Number(
        masked=f"XXXX XXXX {''.join(taken[hidden:])}",
        passed=span.passed,
        repairs=tuple(Repair(at, *(("X", "X") if at < hidden else (read[at], taken[at]))) for at in changed),
        lines=tuple(dict.fromkeys(owners[at] for at in span.places if owners[at] >= 0)),
    )
