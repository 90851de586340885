"""Jobs that wait, and what is asked for them: claim, plan, defer, request."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from reconciler.domain.runs import AttemptId, JobId, RunId
from reconciler.store.database import records, statement


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A pending job with what its payload is made of; `next_number` counts the attempts."""

    id: JobId
    user_id: UUID
    raw_path: str
    mime_type: str
    original_filename: str
    options: Any
    schema_id: UUID
    schema_name: str
    schema_version: int
    schema_definition: Any
    priority: int = 0
    age_seconds: float = 0.0
    next_number: int = 1
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """One job whose rerun or cancel was carried out, and the run that still carries its fenced attempt."""

    job_id: JobId
    run_id: RunId | None
    old_status: str


def peek_due(connection: Connection, limit: int) -> list[JobRow]:
    """The most urgent due jobs, not locked."""
    rows = connection.execute(statement("peek_due_jobs"), {"limit": limit}).mappings()
    return [job_row(row) for row in rows]


def lock_pending(connection: Connection, ids: Sequence[JobId]) -> list[JobRow]:
    """Those of the jobs that are still pending, in the order given, locked until the transaction ends."""
    rows = connection.execute(statement("lock_pending_jobs"), {"ids": list(ids)}).mappings()
    # They are locked in an order of their own; whose turn it is was decided by the claim.
    place = {job_id: number for number, job_id in enumerate(ids)}
    return sorted((job_row(row) for row in rows), key=lambda job: place[job.id])


def job_row(row: RowMapping) -> JobRow:
    """The columns of a row that make a job; a row may have others."""
    names = JobRow.__dataclass_fields__
    return JobRow(**{name: row[name] for name in names if name in row})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The next attempt of a locked job, in a run."""

    id: AttemptId
    job: JobRow
    run_id: RunId
    nonce: str
    input_bytes: int
    inbox_number: int | None = None
    """The object of the run's inbox that it is given in; None: the run file."""


def assign(connection: Connection, assignments: Sequence[Assignment]) -> None:
    """Give locked jobs their next attempts, in the order of their turns."""
    if not assignments:
        return
    these = records(
        {
            "id": one.id,
            "job_id": one.job.id,
            "number": one.job.next_number,
            "run_id": one.run_id,
            "nonce": one.nonce,
            "input_bytes": one.input_bytes,
            "inbox_number": one.inbox_number,
            "place": place,
        }
        for place, one in enumerate(assignments)
    )
    connection.execute(statement("insert_attempts"), these)
    connection.execute(statement("assign_jobs"), these)


def defer(connection: Connection, job_id: JobId, reason: str, seconds: float) -> None:
    """Leave a pending job for later, saying why."""
    connection.execute(statement("defer_job"), {"id": job_id, "reason": reason, "seconds": seconds})


def count_own_fault(connection: Connection, job_id: JobId) -> int:
    """Count an exception of our own around the job; returns how many there were."""
    return int(connection.scalar(statement("count_own_fault_of_job"), {"id": job_id}) or 0)


def hold(connection: Connection, job_id: JobId, reason: str) -> None:
    """Leave a pending job to an operator."""
    connection.execute(statement("hold_job"), {"id": job_id, "reason": reason})


def fail_pending(connection: Connection, job_id: JobId, error: Mapping[str, Any]) -> bool:
    """Fail a job that no attempt can help; false where it was no longer pending."""
    row = connection.execute(statement("fail_pending_job"), {"id": job_id, "error": json.dumps(error)})
    return row.first() is not None


def supersede_strays(connection: Connection, ids: Iterable[JobId]) -> None:
    """Fence attempts that are live although their job is pending: somebody moved the job by hand."""
    connection.execute(statement("supersede_strays"), {"ids": list(ids)})


def most_unknown_launches(connection: Connection, run_id: RunId) -> int:
    """The most unknown launches that any of the run's jobs has been through."""
    return int(connection.scalar(statement("count_unknown_launches"), {"run_id": run_id}) or 0)


def carry_out_requests(connection: Connection, name: str, limit: int) -> list[Requested]:
    """Act on the SQL flags; `name` is rerun_jobs or cancel_jobs."""
    rows = connection.execute(statement(name), {"limit": limit}).mappings()
    return [Requested(job_id=JobId(r["id"]), run_id=r["run_id"], old_status=r["old_status"]) for r in rows]
