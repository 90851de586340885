"""Which type of document a page is, by evidence that adds up; `unknown` where it does not suffice."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from worker.fields import pan, tables
from worker.fields.concealing import Number
from worker.fields.mrz import Zone
from worker.fields.page import Page
from worker.fields.receipt import Role, sums

UNKNOWN = "unknown"
THRESHOLD = 0.7
"""The evidence that a type needs: one strong sign with a weak one, or several weak ones."""
LEAD = 0.1
"""By so much it must lead before the next type: else both are possible, and neither is said."""
_ROWS_OF_A_TABLE = 3
_ITEMS_OF_A_RECEIPT = 2


@dataclass(frozen=True, slots=True)
class Detected:
    """A type, how strong the evidence for it is (0 to 1), and the names of its signs."""

    document_type: str
    score: float
    signals: tuple[str, ...]


def _words(*patterns: tuple[str, str, float]) -> tuple[tuple[str, re.Pattern[str], float], ...]:
    return tuple((name, re.compile(pattern, re.IGNORECASE), weight) for name, pattern, weight in patterns)


_SIGNS: Mapping[str, tuple[tuple[str, re.Pattern[str], float], ...]] = {
    "aadhaar": _words(
        ("aadhaar", r"aa?dh?aa?r(?![a-z])", 0.5),
        ("issuer", r"unique\s*identification|uidai", 0.6),
        ("government", r"government\s*of\s*india", 0.35),
        ("birth", r"\bdob\b|year\s*of\s*birth", 0.25),
        ("gender", r"\b(fe)?male\b", 0.2),
        ("enrolment", r"enrol?l?ment\s*no", 0.3),
    ),
    "pan": _words(
        ("account_number", r"permanent\s*account\s*n", 0.6),
        ("department", r"income\s*tax\s*dep", 0.6),
        ("government", r"gov(t|ernment)\.?\s*of\s*india", 0.15),
    ),
    "passport": _words(("passport", r"passport", 0.4), ("country_code", r"country\s*code", 0.3)),
    "mark_sheet": _words(
        ("title", r"statement\s*of\s*marks|mark\s*-?\s*sheet|marks\s*card|grade\s*(card|sheet)|transcript", 0.6),
        ("roll", r"roll\s*(no|num)|seat\s*(no|num)|hall\s*ticket", 0.3),
        ("issuer", r"\b(board|university|council)\b|examination", 0.25),
        ("marks", r"marks\s*(obtained|secured)|(total|maximum|max)\.?\s*marks", 0.35),
        ("outcome", r"percentage|division|distinction|\bpassed\b|\bcgpa\b", 0.2),
    ),
    "receipt": _words(
        ("title", r"\b(receipt|invoice|bill)\b", 0.4),
        ("tax", r"(?<![a-z])([csi]?gst(in)?|vat)(?![a-z])|\btax\b", 0.3),
        ("payment", r"\b(cash|change|card|upi|tendered)\b", 0.2),
    ),
}
_WEIGHTS = {
    "zone": 0.95,
    "number": 0.6,
    "number_like": 0.35,
    "columns": 0.6,
    "total": 0.45,
    "subtotal": 0.35,
    "items": 0.35,
}


def detect(page: Page, numbers: tuple[Number, ...], zone: Zone | None) -> Detected:
    """The type with the most evidence, where that is enough and leads; signs count as independent of each other."""
    text = page.text
    found = {
        kind: [(name, weight) for name, sign, weight in signs if sign.search(text)] for kind, signs in _SIGNS.items()
    }
    for kind, name in _structure(page, numbers, zone):
        found[kind].append((name, _WEIGHTS[name]))
    ranked = sorted(((_together(signs), kind) for kind, signs in found.items()), reverse=True)
    (best, kind), (second, _) = ranked[:2]
    if best < THRESHOLD or best - second < LEAD:
        return Detected(UNKNOWN, best, ())
    return Detected(kind, best, tuple(name for name, _ in found[kind]))


def _together(signs: list[tuple[str, float]]) -> float:
    against = 1.0
    for _, weight in signs:
        against *= 1 - weight
    return 1 - against


def _structure(page: Page, numbers: tuple[Number, ...], zone: Zone | None) -> Iterator[tuple[str, str]]:
    """Signs that are no words: numbers that pass their check, and rows that are built in a certain way."""
    if zone:
        yield "passport", "zone"
    if numbers:
        yield "aadhaar", "number" if any(number.passed for number in numbers) else "number_like"
    if pan.numbers(page):
        yield "pan", "number"
    if len(tables.rows(page)) >= _ROWS_OF_A_TABLE:
        yield "mark_sheet", "columns"
    roles = [one.role for one in sums(page)]
    if Role.TOTAL in roles:
        yield "receipt", "total"
    if Role.SUBTOTAL in roles:
        yield "receipt", "subtotal"
    if roles.count(Role.ITEM) >= _ITEMS_OF_A_RECEIPT:
        yield "receipt", "items"
