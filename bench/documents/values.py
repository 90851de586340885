"""What a value is called and how it is written by the one who gives it: a date is right however it is written.

Nothing here knows what was read: the names are those of `docs/explanation/fields.md`, the forms those of the contract.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bench.documents.truth import Truth

_CALLED: Mapping[str, str] = {
    "id_number": "card_number",
    "valid_until": "date_of_expiry",
    "pan": "pan_number",
    "total_marks": "total",
    "issue_date": "date_of_issue",
    "telephone": "phone",
}
"""What a drawn value is called by the worker, where the names differ."""
_AADHAAR = "aadhaar_number"
_OF_THE_TEXT_ONLY = frozenset({"mrz"})
"""Drawn values that no field gives: the machine-readable zone is what a passport's fields are read from."""
_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


def asked(truth: Truth) -> Mapping[str, str]:
    """The drawn values that fields are asked for."""
    return {name: value for name, value in truth.fields.items() if name not in _OF_THE_TEXT_ONLY}


def is_right(name: str, drawn: str, found: Mapping[str, str]) -> bool:
    """Whether what was found under the value's name is what was drawn."""
    given = found.get(_CALLED.get(name, name))
    expected = concealed(drawn) if name == _AADHAAR else drawn
    return given is not None and _written_alike(given) == _written_alike(expected)


def _written_alike(value: str) -> str:
    """Dates the ISO way, letters small, no blanks."""
    return _DAY.sub(r"\3-\2-\1", "".join(value.split())).casefold()


def concealed(number: str) -> str:
    """An Aadhaar number of twelve digits as the worker gives it."""
    return f"XXXX XXXX {number[-4:]}"


def as_given(truth: Truth, text: str) -> Truth:
    """The truth as `text` may tell it: of an Aadhaar number that it conceals, the eight digits are not asked for."""
    number = truth.fields.get(_AADHAAR)
    if number is None or concealed(number) not in text:
        return truth
    drawn = " ".join(number[at : at + 4] for at in (0, 4, 8))
    lines = tuple(replace(line, text=line.text.replace(drawn, concealed(number))) for line in truth.lines)
    return replace(truth, lines=lines, fields=dict(truth.fields) | {_AADHAAR: concealed(number)})
