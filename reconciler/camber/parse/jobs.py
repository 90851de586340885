"""One job, as an object or as a screen."""

import re
from dataclasses import dataclass

from reconciler.camber.parse.faults import explain, find_fault
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import Object, as_id, as_object, as_time, find_json, first_text, payload_of
from reconciler.camber.redaction import quote
from reconciler.domain.observations import Absent, CamberStatus, GetOutcome, RemoteJob, Seen, Trouble, Unreachable

_HEADER = re.compile(r"^={10,}[ \t]*Job Information[ \t]*={10,}[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"^[=-]{20,}[ \t]*$")
_ROW = re.compile(r"^([A-Z][A-Za-z ]{1,18}):[ \t]*(.*)$")
# The rows behind the command, in the screen's order.
_TAIL = ("With GPU", "Number of Nodes", "Start Time", "Duration", "Finish Time")
_SPELLINGS = {"CANCELED": CamberStatus.CANCELLED}
STATUS_WORD_CHARACTERS_MAX = 60


def read_get(printed: Printed, camber_job_id: int) -> GetOutcome:
    """Read `job get` for one id."""
    job = _shown(printed.out) if printed.succeeded else None
    if job is None:
        return _not_shown(printed)
    if job.camber_job_id != camber_job_id:
        return Unreachable(Trouble.UNREADABLE, f"asked for job {camber_job_id}, was shown {job.camber_job_id}")
    return Seen(job)


def job_from_object(fields: Object) -> RemoteJob | None:
    """Read one job as JSON shows it. Keys were renamed between versions; everything but the id may be null."""
    camber_job_id = as_id(fields.get("job_id")) or as_id(fields.get("id"))
    if camber_job_id is None:
        return None
    word = first_text(fields, "job_status", "status", "state") or ""
    return RemoteJob(
        camber_job_id=camber_job_id,
        status=status_of(word),
        status_word=quote(word, STATUS_WORD_CHARACTERS_MAX),
        mount_dir=first_text(fields, "mount_dir"),
        command=first_text(fields, "command", "cmd"),
        node_size=first_text(fields, "node_size"),
        created_at=as_time(fields.get("created_at")),
        started_at=as_time(fields.get("started_at")),
        finished_at=as_time(fields.get("finished_at")),
    )


def job_from_lines(lines: list[str]) -> RemoteJob | None:
    """Read one job as a screen shows it. The screen's start time is the creation's; it has no other."""
    rows = _rows(lines)
    camber_job_id = as_id(rows.get("Job ID"))
    if camber_job_id is None or "Status" not in rows:
        return None
    return RemoteJob(
        camber_job_id=camber_job_id,
        status=status_of(rows["Status"]),
        status_word=quote(rows["Status"], STATUS_WORD_CHARACTERS_MAX),
        command=rows.get("Command"),
        node_size=rows.get("Node Size"),
        created_at=as_time(rows.get("Start Time")),
        finished_at=as_time(rows.get("Finish Time")),
    )


def status_of(word: str) -> CamberStatus:
    """Return the status that a word means; a word that is not known means that we do not know."""
    upper = word.strip().upper()
    if upper in _SPELLINGS:
        return _SPELLINGS[upper]
    return CamberStatus(upper) if upper in CamberStatus.__members__ else CamberStatus.UNKNOWN


def _shown(text: str) -> RemoteJob | None:
    header = _HEADER.search(text)
    # A screen may hold JSON inside its command; JSON holds no screen at the beginning of a line.
    if header:
        return job_from_lines(_screen(text[header.end() :]))
    fields = as_object(payload_of(find_json(text)))
    return job_from_object(fields) if fields else None


def _not_shown(printed: Printed) -> GetOutcome:
    fault = find_fault(printed)
    return Absent(str(fault)) if fault and fault.denies_job else explain(printed)


def _screen(text: str) -> list[str]:
    """Return the lines up to the screen's last rule: the command may hold rules of its own."""
    lines = text.strip("\n").split("\n")
    rules = [index for index, line in enumerate(lines) if _RULE.match(line)]
    return lines[: rules[-1]] if rules else lines


def _rows(lines: list[str]) -> dict[str, str]:
    """Read rows from above down to the command and from below up to it: the command itself may hold anything."""
    command_at = next((index for index, line in enumerate(lines) if line.startswith("Command:")), len(lines))
    rows: dict[str, str] = {}
    for line in lines[:command_at]:
        row = _ROW.match(line)
        if row:
            rows.setdefault(row[1], row[2].strip())
    below = _tail(lines[command_at + 1 :])
    if command_at < len(lines):
        command = "\n".join(lines[command_at : len(lines) - below.line_count])
        rows["Command"] = command.removeprefix("Command:").strip().replace("\0", "")
    return below.rows | rows


@dataclass(frozen=True, slots=True)
class _Tail:
    rows: dict[str, str]
    line_count: int


def _tail(lines: list[str]) -> _Tail:
    rows: dict[str, str] = {}
    line_count = 0
    rank = len(_TAIL)
    for line in reversed(lines):
        row = _ROW.match(line)
        known = row is not None and row[1] in _TAIL[:rank]
        if not known and (rows or line.strip()):
            break
        line_count += 1
        if row is not None:
            rank = _TAIL.index(row[1])
            rows[row[1]] = row[2].strip()
    return _Tail(rows, line_count)
