"""One job, as an object or as a screen."""

import re
from functools import lru_cache

from reconciler.camber.parse.faults import explain, find_fault
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import Object, as_id, as_object, as_time, find_json, first_text, payload_of
from reconciler.camber.redaction import quote
from reconciler.domain.observations import Absent, CamberStatus, GetOutcome, RemoteJob, Seen, Trouble, Unreachable

_HEADER = re.compile(r"^={10,}[ \t]*Job Information[ \t]*={10,}[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"^[=-]{20,}[ \t]*$")
# The rows behind the command, in the screen's order.
_TAIL = ("With GPU", "Number of Nodes", "Start Time", "Duration", "Finish Time")
_RANKS = {label: rank for rank, label in enumerate(_TAIL)}
_LABELS = frozenset(["Job ID", "Status", "Job Type", "Node Size", *_TAIL])
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
    status, word = _status(first_text(fields, "job_status", "status", "state") or "")
    return RemoteJob(
        camber_job_id=camber_job_id,
        status=status,
        status_word=word,
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
    status, word = _status(rows["Status"])
    return RemoteJob(
        camber_job_id=camber_job_id,
        status=status,
        status_word=word,
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


@lru_cache(maxsize=64)
def _status(word: str) -> tuple[CamberStatus, str]:
    return status_of(word), quote(word, STATUS_WORD_CHARACTERS_MAX)


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
    rows: dict[str, str] = {}
    command_at = len(lines)
    for index, line in enumerate(lines):
        label, colon, value = line.partition(":")
        if label == "Command" and colon:
            command_at = index
            break
        if colon and label in _LABELS:
            rows.setdefault(label, value.strip())
    tail, tail_at = _tail(lines, command_at + 1)
    if command_at < len(lines):
        command = "\n".join(lines[command_at:tail_at])
        rows["Command"] = command.removeprefix("Command:").strip().replace("\0", "")
    return tail | rows


def _tail(lines: list[str], command_ends_at: int) -> tuple[dict[str, str], int]:
    """Return the rows behind the command, and where the first of them stands."""
    rows: dict[str, str] = {}
    rank = len(_TAIL)
    for index in range(len(lines) - 1, command_ends_at - 1, -1):
        label, colon, value = lines[index].partition(":")
        above = _RANKS.get(label, rank) if colon else rank
        if above < rank:
            rank = above
            rows[label] = value.strip()
        elif rows or lines[index].strip():
            return rows, index + 1
    return rows, min(command_ends_at, len(lines))
