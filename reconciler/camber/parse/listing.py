"""A page of jobs."""

import re
from collections.abc import Iterator

from reconciler.camber.parse.faults import explain
from reconciler.camber.parse.jobs import job_from_lines, job_from_object
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import Object, as_object, find_json, payload_of
from reconciler.domain.observations import ListOutcome, Page, RemoteJob, Trouble, Unreachable

# It begins with a line end because the engine looks for such a beginning fastest.
_RULE = re.compile(r"\n-{20,}[ \t]*(?=\n|\Z)")
_FIRST_ROW = re.compile(r"[ \t]*Job ID:[ \t]*[0-9]")
_DEPTH_MAX = 4
_STATUS_KEYS = frozenset(["job_status", "status", "state"])
# Where a page past the end keeps its rows: an empty list, or null beside a total, under a name that is not settled.
_ROW_KEYS = ("jobs", "data", "items", "results", "rows")


def read_list(printed: Printed) -> ListOutcome:
    """Read one page of `job list`."""
    if not printed.succeeded:
        return explain(printed)
    value = payload_of(find_json(printed.out))
    if value is not None:
        return _from_json(value) or explain(printed)
    return _from_blocks(printed.out) or explain(printed)


def _from_json(value: object) -> ListOutcome | None:
    fields = as_object(value)
    failed = fields is not None and fields.get("code", 0) != 0
    objects = None if failed else _rows_of(value)
    if objects is None:
        return None
    rows = [job_from_object(fields) for fields in objects]
    if None in rows:
        # A page with a row left out would pass for a complete one, and absence is proved by complete pages.
        return Unreachable(Trouble.UNREADABLE, f"row {rows.index(None) + 1} of {len(rows)} shows no job id")
    return Page(rows=_without_twins(row for row in rows if row), total=_total(value))


def _rows_of(value: object) -> list[Object] | None:
    """Return the first list of objects with a job id; an empty one only from where rows are known to stand."""
    lists = list(_lists(value, _DEPTH_MAX))
    named = (rows for rows in lists if any("job_id" in row for row in rows))
    # A bare `id` may be a tag's; with a status beside it, it is a job's.
    unnamed = (rows for rows in lists if any("id" in row and not _STATUS_KEYS.isdisjoint(row) for row in rows))
    found = next(named, None) or next(unnamed, None)
    return [] if found is None and _is_empty_page(value) else found


def _lists(value: object, depth: int) -> Iterator[list[Object]]:
    fields = as_object(value)
    if isinstance(value, list):
        rows = [row for row in map(as_object, value) if row is not None]
        if rows and len(rows) == len(value):
            yield rows
    elif fields and depth:
        for inner in fields.values():
            yield from _lists(inner, depth - 1)


def _is_empty_page(value: object) -> bool:
    fields = as_object(value)
    if fields is None:
        return value == []
    held = [fields[key] for key in _ROW_KEYS if key in fields]
    if _total(value) is None:
        return bool(held) and all(inner == [] for inner in held)
    return (bool(held) or _total(value) == 0) and not any(held)


def _total(value: object) -> int | None:
    fields = as_object(value)
    total = fields.get("total") if fields else None
    if isinstance(total, str) and re.fullmatch(r"[0-9]{1,18}", total):
        return int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def _from_blocks(text: str) -> ListOutcome | None:
    blocks = _blocks(text)
    while blocks and not _FIRST_ROW.match(blocks[0][0]):
        # A title may stand above the first job; anywhere else, a block without an id is a piece of something unread.
        blocks = blocks[1:]
    rows = [job_from_lines(block) for block in blocks]
    if not rows:
        return None
    if None in rows:
        return Unreachable(Trouble.UNREADABLE, f"block {rows.index(None) + 1} of {len(rows)} shows no job")
    return Page(rows=_without_twins(row for row in rows if row), total=None)


def _blocks(text: str) -> list[list[str]]:
    """Return the lines between rules, without the blank ones above; a block of blank lines is none."""
    return [block for block in map(_lines_of, _RULE.split(f"\n{text}")) if block]


def _lines_of(block: str) -> list[str]:
    lines = block.split("\n")
    first = next((index for index, line in enumerate(lines) if line and not line.isspace()), len(lines))
    return lines[first:]


def _without_twins(rows: Iterator[RemoteJob]) -> tuple[RemoteJob, ...]:
    """Keep the first of rows with one id, in the CLI's order."""
    by_id: dict[int, RemoteJob] = {}
    for row in rows:
        by_id.setdefault(row.camber_job_id, row)
    return tuple(by_id.values())
