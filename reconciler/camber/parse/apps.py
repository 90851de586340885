"""`app create`, `describe`, `list` and `delete`. `app run` creates a job, and is read as `job create` is."""

import re
from dataclasses import dataclass

from reconciler.camber.parse.faults import explain, find_fault
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import Object, as_object, find_json, first_text, payload_of
from reconciler.domain.observations import Unreachable

_HEADER = re.compile(r"^={10,}[ \t]*Application Information[ \t]*={10,}[ \t]*$", re.MULTILINE)
_ROW = re.compile(r"^(Name|Title|Engine Type):[ \t]*(\S[^\n]*?)[ \t]*$", re.MULTILINE)
# The rows from here on may hold lines of anybody's writing.
_FREE_TEXT = re.compile(r"^(?:Description|Job Config|Command):", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_LISTED = re.compile(r"^Name[ \t]*:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_NO_APPS = re.compile(r"^\s*No (?:apps|applications)(?: found)?\.?\s*$", re.IGNORECASE)
_DELETED = re.compile(r"\bdeleted successfully\b", re.IGNORECASE)
_EMPTY = "N/A"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An application of the account; what it shows none of is None."""

    name: str
    title: str | None = None
    engine_type: str | None = None


@dataclass(frozen=True, slots=True)
class AppNames:
    """The names of the account's applications, in the CLI's order."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppDeleted:
    """The CLI says that it deleted it."""


def read_app(printed: Printed) -> App | Unreachable:
    """Read what `app create` and `app describe` show, as a screen or as an object."""
    believed = printed.succeeded and find_fault(printed) is None
    app = (_from_screen(printed.out) or _from_json(printed.out)) if believed else None
    return app or explain(printed)


def read_app_list(printed: Printed) -> AppNames | Unreachable:
    """Read `app list`: one name a line, each behind its label; or a list of objects that each have one."""
    if not printed.succeeded or find_fault(printed):
        return explain(printed)
    value = payload_of(find_json(printed.out))
    if isinstance(value, list):
        apps = [_app(fields, "name", "title", "engineType") if (fields := as_object(item)) else None for item in value]
        return explain(printed) if None in apps else AppNames(tuple(app.name for app in apps if app))
    names = tuple(dict.fromkeys(_LISTED.findall(printed.out)))
    if not all(map(_NAME.fullmatch, names)) or not (names or _NO_APPS.match(printed.out)):
        return explain(printed)
    return AppNames(names)


def read_app_deleted(printed: Printed) -> AppDeleted | Unreachable:
    """Read `app delete`. One that is missing is answered like one that failed, so absence is not told apart."""
    told = printed.succeeded and find_fault(printed) is None and _DELETED.search(printed.out)
    return AppDeleted() if told else explain(printed)


def _from_screen(text: str) -> App | None:
    header = _HEADER.search(text)
    if not header:
        return None
    end = _FREE_TEXT.search(text, header.end())
    rows: dict[str, str] = {}
    for label, value in _ROW.findall(text[header.end() : end.start() if end else len(text)]):
        rows.setdefault(label, value)
    return _app({label: value for label, value in rows.items() if value != _EMPTY}, "Name", "Title", "Engine Type")


def _from_json(text: str) -> App | None:
    fields = as_object(payload_of(find_json(text)))
    return _app(fields, "name", "title", "engineType") if fields else None


def _app(fields: Object, name_key: str, title_key: str, engine_key: str) -> App | None:
    name = first_text(fields, name_key)
    if not name or not _NAME.fullmatch(name):
        return None
    return App(name=name, title=first_text(fields, title_key), engine_type=first_text(fields, engine_key))
