"""JSON out of noise, and values out of JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

# The second character tells JSON from `[notice] ...`.
_BEGINNING = re.compile(r"\{\s*[\"}]|\[\s*[{\[\]]")
# JSON begins a line, alone or behind a prompt that was answered on STDIN.
_BEFORE = re.compile(r"(?:[^\n{\[\"]*\[y/n\][:?> \t]*)?[ \t]*", re.IGNORECASE)
_DIGITS = re.compile(r"\s*[0-9]{1,18}\s*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
# Go's zero time, and the zero of Unix: a time that is not there yet.
_ZERO_YEARS = (1, 1970)
TEXT_CHARACTERS_MAX = 200_000

Object = Mapping[str, object]


def find_json(text: str) -> object:
    """Return the first JSON value that begins a line, or None. If that one is broken, there is none."""
    beginnings = (start for start in _openings(text) if _BEGINNING.match(text, start))
    beginning = next((start for start in beginnings if _begins_line(text, start)), None)
    if beginning is None:
        return None
    try:
        value: object = json.JSONDecoder(strict=False).raw_decode(text, beginning)[0]
    except (ValueError, RecursionError):
        return None
    return value


def _openings(text: str) -> Iterator[int]:
    """Find every opening bracket, at the speed of `find`: a list as text has megabytes without any."""
    ahead = {mark: text.find(mark) for mark in "{["}
    while found := [(at, mark) for mark, at in ahead.items() if at >= 0]:
        at, mark = min(found)
        yield at
        ahead[mark] = text.find(mark, at + 1)


def _begins_line(text: str, start: int) -> bool:
    return _BEFORE.fullmatch(text, text.rfind("\n", 0, start) + 1, start) is not None


def as_object(value: object) -> Object | None:
    """Return the value if it is an object."""
    return value if isinstance(value, dict) else None


def payload_of(value: object) -> object:
    """Return what an envelope `{code: 0, message, data}` holds, or the value itself."""
    envelope = as_object(value)
    wrapped = envelope is not None and envelope.get("code") == 0 and "data" in envelope
    return envelope["data"] if envelope and wrapped else value


def first_text(fields: Object, *names: str) -> str | None:
    """Return the first of the named fields that holds any text."""
    for name in names:
        value = fields.get(name)
        text = as_text(value) if value else None
        if text:
            return text
    return None


def as_text(value: object) -> str | None:
    """Return the value if it is text, fit for a database: no zero bytes, no halves of characters."""
    if not isinstance(value, str):
        return None
    text = value[:TEXT_CHARACTERS_MAX].replace("\0", "")
    # A list has ten thousand such texts, nearly all of them plain.
    return (text if text.isascii() else text.encode("utf-8", "replace").decode()).strip() or None


def as_id(value: object) -> int | None:
    """Return a job id, given as a number or as digits."""
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value) else None
    good = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18
    return value if good and isinstance(value, int) else None


def as_time(value: object) -> datetime | None:
    """Return an RFC 3339 time as aware UTC; None where it is missing, zero, without a zone, or not a time."""
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None or moment.year in _ZERO_YEARS:
            return None
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
