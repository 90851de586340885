"""A job, and a page of jobs, as JSON: their keys, and the forms of what stands under them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from reconciler.local.camber.config import JOB_KEYS
from reconciler.local.camber.learning.preamble import above_json
from reconciler.local.camber.learning.remarks import Lesson, Remark, Unclear
from reconciler.local.camber.learning.saved import Saved
from reconciler.local.camber.ledger import Status

_STATUS_KEYS = ("job_status", "status", "state")
_OTHER_NAMES = {
    "job_id": ("id",),
    "engine_type": ("job_type", "engine"),
    "node_size": ("size",),
    "command": ("cmd",),
    "with_gpu": ("gpu",),
    "num_nodes": ("node_count", "nodes"),
    "mount_dir": ("stash_path", "path", "workdir"),
    "created_at": ("submitted_at",),
    "started_at": ("start_time",),
    "finished_at": ("finish_time", "ended_at", "completed_at"),
}
_MOMENTS = ("created_at", "started_at", "finished_at")
_FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ZERO = "0001-01-01T00:00:00Z"
Fields = Mapping[str, Any]


class Page(NamedTuple):
    """How many jobs a first page held, of how many, and how many were asked for, if that is known."""

    source: str
    held: int
    total: int
    wanted: int | None


class Row(NamedTuple):
    """One job that was shown, and where."""

    source: str
    in_list: bool
    fields: Fields


def json_of(saved: Saved) -> tuple[Any, list[Remark]]:
    """The JSON that was answered, or None; and what is to be said of it."""
    text, above = above_json(saved)
    remarks: list[Remark] = [Unclear(saved.name, f"above its JSON stands {above[:60]!r}")] if above else []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None, [*remarks, Unclear(saved.name, "it is not JSON, though it begins so or should be")]
    is_envelope = isinstance(value, dict) and type(value.get("code")) is int and "data" in value
    if saved.kind != "stash ls":
        remarks.append(Lesson(saved.name, "json_envelope", is_envelope))
    return (value["data"] if is_envelope else value), remarks


def of_page(saved: Saved, page: object) -> tuple[list[Row], list[Remark]]:
    """The rows of a page of `job list`, and how the page itself looks."""
    if not isinstance(page, dict):
        return [], [Unclear(saved.name, "the page is no object: no knob plays that")]
    lists = {key: value for key, value in page.items() if isinstance(value, list)}
    numbers = [key for key, value in page.items() if type(value) is int]
    if len(lists) != 1 or not all(isinstance(row, dict) for row in next(iter(lists.values()))):
        return [], [Unclear(saved.name, f"no single list of jobs stands at the top of {sorted(page)}")]
    ((list_key, rows),) = lists.items()
    remarks: list[Remark] = [Lesson(saved.name, "list_key", list_key)]
    total_key = "total" if "total" in numbers else numbers[0] if len(numbers) == 1 else None
    if total_key is None:
        remarks.append(Unclear(saved.name, f"which of {sorted(page)} is the number of all jobs?"))
    else:
        remarks.append(Lesson(saved.name, "total_key", total_key))
    ids = [row[key] for row in rows for key in ("job_id", "id") if type(row.get(key)) is int]
    if ids != sorted(ids, reverse=True):
        remarks.append(Unclear(saved.name, "the newest job is not the first: no knob plays that"))
    if more := sorted(set(page) - {list_key, total_key}):
        remarks.append(Unclear(saved.name, f"no knob plays {', '.join(more)} beside the list"))
    return [Row(saved.name, True, row) for row in rows], remarks


def sized(saved: Saved, page: object) -> Iterator[Page]:
    """The page's measure: only a first page of more jobs than it holds has one, and only a command kept whole."""
    if not isinstance(page, dict) or saved.option("output") is None or saved.option("page") not in (None, "1"):
        return
    counts = [len(value) for value in page.values() if isinstance(value, list)]
    totals = [value for key, value in page.items() if type(value) is int]
    wanted = saved.option("size")
    if len(counts) == len(totals) == 1 and counts[0] < totals[0]:
        yield Page(saved.name, counts[0], totals[0], int(wanted) if wanted and wanted.isdigit() else None)


def of_pages(pages: Sequence[Page]) -> Iterator[Remark]:
    """How many jobs a page holds if nobody says so, and at most."""
    yield from (Lesson(page.source, "page_size", page.held) for page in pages if page.wanted is None)
    asked = [(page, page.wanted) for page in pages if page.wanted is not None]
    if short := [page for page, wanted in asked if page.held < wanted]:
        yield from (Lesson(page.source, "page_size_max", page.held) for page in short)
    elif asked:
        widest = max((page for page, _ in asked), key=lambda page: page.held)
        yield Lesson(widest.source, "page_size_max", 0)


def of_rows(rows: Sequence[Row]) -> Iterator[Remark]:
    """What all jobs that were shown say together."""
    if not rows:
        return
    names: dict[str, str] = {}
    for row in rows:
        names |= {key: name for key in JOB_KEYS if (name := _name_of(key, row.fields))}
    renamed = ",".join(f"{key}={name}" for key, name in sorted(names.items()) if key != name)
    yield Lesson(rows[0].source, "renamed_keys", renamed)
    for knob, in_list in (("get_omits", False), ("list_omits", True)):
        yield from _omitted(knob, [row for row in rows if row.in_list is in_list], names)
    yield from _of_folders(rows, names.get("mount_dir", "mount_dir"))
    ever_final = any(_status(row.fields) in _FINAL for row in rows)
    for row in rows:
        yield from _of_row(row, names, ever_final=ever_final)


def _name_of(key: str, fields: Fields) -> str | None:
    """By which name the job shows this key, if it does."""
    head, *tail = key.split("_")
    camel = head + "".join(word.capitalize() for word in tail)
    return next((name for name in (key, camel, *_OTHER_NAMES[key]) if name in fields), None)


def _omitted(knob: str, rows: Sequence[Row], names: Mapping[str, str]) -> Iterator[Remark]:
    """The keys that no job shows there. A moment that has not come may be missing for that alone."""
    final = [row for row in rows if _status(row.fields) in _FINAL]
    missing = [
        key
        for key in JOB_KEYS
        if (group := final if key in _MOMENTS else rows) and not any(names.get(key, key) in row.fields for row in group)
    ]
    if rows:
        yield Lesson(rows[0].source, knob, ",".join(missing))


def _of_row(row: Row, names: Mapping[str, str], *, ever_final: bool) -> Iterator[Remark]:
    status_keys = [key for key in _STATUS_KEYS if key in row.fields]
    if status_keys:
        yield Lesson(row.source, "status_key", status_keys[0])
    known = {names.get(key, key) for key in JOB_KEYS} | set(status_keys[:1])
    if more := sorted(set(row.fields) - known):
        yield Unclear(row.source, f"no knob plays the keys {', '.join(more)} of a job")
    yield from _of_status(row)
    yield from _of_id(row, row.fields.get(names.get("job_id", "job_id")))
    for key in _MOMENTS:
        if key in names or not ever_final:
            yield from _of_moment(row, key, names.get(key, key))


def _of_status(row: Row) -> Iterator[Remark]:
    word = _status(row.fields)
    if word not in tuple(Status):
        yield Unclear(row.source, f"the status {word!r} is none of ours: play it with the fault `status-word`")


def _of_id(row: Row, value: object) -> Iterator[Remark]:
    if type(value) is int:
        yield Lesson(row.source, "ids_as", "number")
    elif isinstance(value, str) and value.isascii() and value.isdigit():
        yield Lesson(row.source, "ids_as", "text")
    else:
        yield Unclear(row.source, f"{value!r} is no id")


def _of_folders(rows: Sequence[Row], name: str) -> Iterator[Remark]:
    """A path of several parts shows its form; one part may be the folder of others, hidden when it was saved."""
    shown = [row for row in rows if name in row.fields]
    if shown and not any(row.fields[name] for row in shown):
        yield Lesson(shown[0].source, "mount_dir_form", "null")
    for row in shown:
        value = row.fields[name]
        if value is not None and (not isinstance(value, str) or "://" in value or value.startswith("/")):
            yield Unclear(row.source, f"no knob plays a folder of the form {value!r}")
        elif value and "/" in value:
            yield Lesson(row.source, "mount_dir_form", "slash" if value.endswith("/") else "path")


def _of_moment(row: Row, key: str, name: str) -> Iterator[Remark]:
    value = row.fields.get(name)
    if value == _ZERO:
        yield Lesson(row.source, "absent_timestamps", "zero")
    elif value is not None and not (isinstance(value, str) and _STAMP.fullmatch(value)):
        yield Unclear(row.source, f"no knob plays the form {value!r} of {name}")
    elif name in row.fields and value is None:
        yield Lesson(row.source, "absent_timestamps", "null")
    elif name not in row.fields and key == "finished_at" and _status(row.fields) not in _FINAL:
        yield Lesson(row.source, "absent_timestamps", "absent")


def _status(fields: Fields) -> object:
    return next((fields[key] for key in _STATUS_KEYS if key in fields), None)
