"""`stash ls`, `test`, `cp`, `rm`. Exit codes are not trusted alone: 0 came with errors, 255 with success."""

import re
from dataclasses import dataclass

from reconciler.camber.parse.faults import explain, find_fault
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import Object, as_object, as_text, find_json, first_text, payload_of
from reconciler.domain.observations import Unreachable

_TABLE_HEAD = re.compile(r"^Name[ \t]{2,}Type\b[^\n]*\n(?:[- \t]+\n)?", re.MULTILINE)
_TABLE_ROW = re.compile(r"^(.+?)[ \t]+(directory|file)(?:[ \t]+(\S.*?))?[ \t]*$")
_MISSING = re.compile(
    r"^(?:Error: |API error: code=[0-9]+, message=)?[^\n]{0,400}"
    r"\b(?:not found|does not exist|no such file or directory)\b",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Done:
    """The CLI says that it did it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The CLI says that the path is not there."""

    reason: str


@dataclass(frozen=True, slots=True)
class Odd:
    """The exit code is bad and no error that we know was printed: only a look at the stash can tell."""

    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a stash folder; the size is the CLI's own words."""

    name: str
    is_folder: bool
    size: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a stash folder holds."""

    entries: tuple[Entry, ...]


def read_effect(printed: Printed) -> Done | Missing | Odd | Unreachable:
    """Read `cp`, `rm` or `mkdir`."""
    failure = _failure(printed)
    if failure:
        return failure
    return Done() if printed.exit_code == 0 else Odd(explain(printed).reason)


def read_test(printed: Printed) -> bool | Unreachable:
    """Read `test -e`, which answers by its exit code: 0 yes, 1 in silence no."""
    failure = _failure(printed)
    if isinstance(failure, Unreachable):
        return failure
    if failure or (printed.exit_code == 1 and not printed.everything.strip()):
        return False
    return True if printed.exit_code == 0 else explain(printed)


def read_ls(printed: Printed) -> Listing | Missing | Unreachable:
    """Read the table of `ls`, or its JSON."""
    failure = _failure(printed)
    if failure:
        return failure
    listing = _from_json(printed) if printed.succeeded else None
    if listing:
        return listing
    head = _TABLE_HEAD.search(printed.out)
    if not head or not printed.succeeded:
        return explain(printed)
    lines = [line for line in printed.out[head.end() :].split("\n") if line.strip()]
    rows = [_TABLE_ROW.match(line) for line in lines]
    if None in rows:
        return explain(printed)
    return Listing(tuple(Entry(row[1].strip(), row[2] == "directory", row[3]) for row in rows if row))


def _from_json(printed: Printed) -> Listing | None:
    """Read a list of entries, bare or as the only list of an object; one that shows no name or type spoils it."""
    value = payload_of(find_json(printed.out))
    fields = as_object(value)
    lists = [inner for inner in fields.values() if isinstance(inner, list)] if fields else [value]
    if len(lists) != 1 or not isinstance(lists[0], list):
        return None
    entries = [_entry(as_object(item)) for item in lists[0]]
    return None if None in entries else Listing(tuple(entry for entry in entries if entry))


def _entry(fields: Object | None) -> Entry | None:
    name, kind = (first_text(fields, "name"), first_text(fields, "type")) if fields else (None, None)
    if not fields or not name or kind not in ("directory", "file"):
        return None
    size = fields.get("size")
    is_number = isinstance(size, int) and not isinstance(size, bool)
    return Entry(name, kind == "directory", str(size) if is_number else as_text(size))


def _failure(printed: Printed) -> Missing | Unreachable | None:
    """Return the failure that was put into words, if any, whatever the exit code."""
    fault = find_fault(printed)
    if fault and fault.refuses_login:
        return explain(printed)
    # A table may hold a file of any name, so a table is not searched for words.
    missing = None if _TABLE_HEAD.search(printed.out) else _MISSING.search(printed.everything)
    if missing:
        return Missing(str(fault) if fault else explain(printed).reason)
    return explain(printed) if fault else None
