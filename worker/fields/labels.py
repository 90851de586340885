"""Labels, and the values that belong to them by where they stand: on the same line, right of it, or below it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from worker.fields.dates import days
from worker.fields.lookalikes import as_digits, as_letters
from worker.fields.names import is_name, tidy
from worker.fields.page import Cell, Page

VALUE_MAX = 200
"""A longer value, in characters, is a paragraph that happens to follow a colon."""
_LABEL_WORDS_MAX = 6
_FUZZY_MIN = 6
_GAP_HEIGHTS_MAX = 14.0
_SPELLINGS: Mapping[str, str] = {
    "name": "name; full name; name of candidate; name of the candidate; candidate name; candidates name; candidate;"
    " student name; name of student; name of the student; students name; applicant name; name of applicant",
    "father_name": "father name; fathers name; name of father; father",
    "mother_name": "mother name; mothers name; name of mother; mother",
    "surname": "surname; last name; family name",
    "given_names": "given name; given names; first name",
    "date_of_birth": "date of birth; dob; birth date; born",
    "date_of_issue": "date of issue; issue date; issued on; date issued",
    "date_of_expiry": "date of expiry; expiry date; valid until; valid till; valid upto; valid to; expires",
    "date": "date; dated; invoice date; bill date; date of invoice",
    "roll_number": "roll number; roll no; roll num; rollno; seat no; seat number; hall ticket no",
    "registration_number": "registration number; registration no; reg no; regn no; enrolment number",
    "application_number": "application number; application no",
    "card_number": "card number; card no; id number; id no; identity number",
    "order_number": "order number; order no",
    "receipt_number": "receipt number; receipt no; receipt; bill no; bill number; invoice no; invoice number; invoice",
    "certificate_number": "certificate number; certificate no; cert no; cert",
    "passport_number": "passport number; passport no",
    "phone": "phone; mobile; telephone; tel; phone number; phone no; mobile number; mobile no",
    "pin_code": "pin code; pin; postcode; postal code; zip; zip code",
    "email": "email; e mail; email address; email id",
    "gender": "gender; sex",
    "nationality": "nationality",
    "address": "address; postal address; permanent address; street; street and number",
    "town": "town; city",
    "school": "school; school name; name of school; college; institution; name of institution",
    "session": "session; year; academic year",
    "class": "class; course; programme",
    "result": "result; division",
    "percentage": "percentage; percent",
}
_NUMBERS = frozenset(name for name in _SPELLINGS if name.endswith("_number")) | {"phone", "pin_code"}
_PERSONS = frozenset({"name", "father_name", "mother_name", "surname", "given_names"})
_GOES_ON = re.compile(r"(of|the|in|on|and|for|to|is|as|by|per|with|at|or|was|has|are|will|must|should|not)\b")
_COLON_LABEL = re.compile(r"(?P<label>[^\W\d_][^:\n]{1,39}?)\s*[:\uff1a]\s*(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label's name in lower case, the value that stands with it, and the cells both stand in."""

    name: str
    value: str
    cells: tuple[Cell, ...]


def fold(text: str) -> str:
    """The text for comparing: lower-case letters and digits alone, digits inside words made letters."""
    words = re.findall(r"[^\W_]+", text)
    return "".join(as_letters(word) if any(map(str.isalpha, word)) else word for word in words).casefold()


@cache
def _vocabulary() -> Mapping[str, str]:
    return {fold(spelling): name for name, spellings in _SPELLINGS.items() for spelling in spellings.split(";")}


def split_label(text: str) -> tuple[str, str] | None:
    """A known label that the text begins with, the longest there is, and what follows it."""
    cuts = [match.end() for match in re.finditer(r"[^\s:.]+(?=[\s:.]|$)", text)][:_LABEL_WORDS_MAX]
    for cut in reversed(cuts):
        if name := _known(fold(text[:cut])):
            rest = text[cut:].lstrip(" .:-=#/\u2013\uff1a")
            return None if _GOES_ON.match(rest) else (name, tidy(rest))
    return None


@cache
def _known(word: str) -> str | None:
    vocabulary = _vocabulary()
    if word in vocabulary:
        return vocabulary[word]
    if len(word) < _FUZZY_MIN:
        return None
    near = {name for spelling, name in vocabulary.items() if len(spelling) >= _FUZZY_MIN and _is_near(word, spelling)}
    return near.pop() if len(near) == 1 else None


def _is_near(one: str, other: str) -> bool:
    """Whether one letter more, less or else makes the difference."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[at + 1 :] == other[at:] or one[at:] == other[at + 1 :] or one[at + 1 :] == other[at + 1 :]


def pairs(page: Page) -> list[Pair]:
    """Known labels with their values, and unknown ones that end with a colon, in reading order."""
    found = [pair for cell in page.cells if (pair := _known_pair(page, cell) or _colon_pair(page, cell))]
    return [pair for pair in found if 0 < len(pair.value) <= VALUE_MAX]


def first(found: Iterable[Pair], name: str) -> Pair | None:
    """The first pair of that name."""
    return next((pair for pair in found if pair.name == name), None)


def _known_pair(page: Page, cell: Cell) -> Pair | None:
    split = split_label(cell.text)
    if split is None:
        return None
    name, rest = split
    if rest:
        value = _until_next_label(rest)
        is_value = fits(name, value) and (":" in cell.text or not value[0].islower())
        return Pair(name=name, value=value, cells=(cell,)) if is_value else None
    beside = next((one for one in _beside(page, cell) if fits(name, tidy(one.text))), None)
    return Pair(name=name, value=tidy(beside.text), cells=(cell, beside)) if beside else None


def _beside(page: Page, cell: Cell) -> list[Cell]:
    """Where the value of a label may stand: right of it on its row, else below it; never another label."""
    right, below = page.right_of(cell), page.below(cell)
    near = right and right.box.left - cell.box.right <= _GAP_HEIGHTS_MAX * cell.box.height
    return [one for one in ((right if near else None), below) if one and not _is_label(one.text)]


def _is_label(text: str) -> bool:
    return split_label(text) is not None or text.rstrip().endswith(":")


def _until_next_label(text: str) -> str:
    """The value before a second label with a colon on the same line."""
    for match in re.finditer(r"\s+(?=[^\W\d_])", text):
        head = text[match.end() :].partition(":")
        if head[1] and _known(fold(head[0])):
            return tidy(text[: match.start()])
    return tidy(text)


def fits(name: str, value: str) -> bool:
    """Whether a value has the shape that its label promises."""
    if name in _PERSONS:
        return is_name(value)
    if name.startswith("date"):
        return bool(days(value))
    if name in _NUMBERS:
        return sum(map(str.isdigit, as_digits(value))) >= 3 and len(value) <= 30 and any(map(str.isdigit, value))
    return bool(value) and any(map(str.isalnum, value))


def _colon_pair(page: Page, cell: Cell) -> Pair | None:
    match = _COLON_LABEL.fullmatch(cell.text)
    if match is None or not (name := slug(match["label"])):
        return None
    if value := _until_next_label(match["value"]):
        return Pair(name=name, value=value, cells=(cell,))
    beside = next(iter(_beside(page, cell)), None)
    return Pair(name=name, value=tidy(beside.text), cells=(cell, beside)) if beside else None


def slug(label: str) -> str:
    """A name made of a label: words of letters and digits joined by underscores; empty for what is no label."""
    words = re.findall(r"[^\W_]+", label.casefold())
    is_label = 0 < len(words) <= _LABEL_WORDS_MAX and sum(map(str.isdigit, label)) <= 2
    return "_".join(words) if is_label and sum(map(str.isalpha, label)) >= 2 else ""
