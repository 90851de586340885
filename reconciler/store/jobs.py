"""Jobs, their attempts and documents: claim, plan, settle, request."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from reconciler.domain.runs import Assigned, AttemptId, Budget, JobId, Lease, RunId
from reconciler.store.database import statement
from worker.contract import Frame


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


def assign(
    connection: Connection,
    job: JobRow,
    run_id: RunId,
    attempt: UUID,
    nonce: str,
    input_bytes: int,
    inbox_number: int | None = None,
) -> None:
    """Give a locked job its next attempt, in that run: in its run file, or in that object of its inbox."""
    ids = {"id": attempt, "job_id": job.id, "number": job.next_number, "run_id": run_id, "nonce": nonce}
    connection.execute(statement("insert_attempt"), ids | {"inbox_number": inbox_number})
    connection.execute(statement("assign_job"), {"job_id": job.id, "attempt_id": attempt, "input_bytes": input_bytes})


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


def lock(connection: Connection, ids: Iterable[JobId]) -> None:
    """Lock the jobs until the transaction ends, before their attempts are touched."""
    connection.execute(statement("lock_jobs"), {"ids": list(ids)})


def supersede_strays(connection: Connection, ids: Iterable[JobId]) -> None:
    """Fence attempts that are live although their job is pending: somebody moved the job by hand."""
    connection.execute(statement("supersede_strays"), {"ids": list(ids)})


def list_assigned(connection: Connection, run_id: RunId) -> list[Assigned]:
    """The run's live attempts."""
    rows = connection.execute(statement("list_assigned"), {"run_id": run_id}).mappings()
    return [_assigned(row) for row in rows]


def _assigned(row: RowMapping) -> Assigned:
    budget = Budget(**{name: row[name] for name in Budget.__dataclass_fields__})
    return Assigned(
        id=AttemptId(row["id"]),
        job_id=JobId(row["job_id"]),
        user_id=row["user_id"],
        number=row["number"],
        inbox_number=row["inbox_number"],
        nonce=row["nonce"],
        output_format="jpeg" if row["output_format"] == "jpg" else row["output_format"],
        budget=budget,
    )


def settle(
    connection: Connection,
    lease: Lease,
    attempt_id: AttemptId,
    state: str,
    *,
    frame: Frame | None = None,
    error: Mapping[str, Any] | None = None,
    timings: Mapping[str, int] | None = None,
) -> bool:
    """End a live attempt under the run's lease; false where the lease or the attempt is gone."""
    result = None if frame is None else json.dumps(asdict(frame))
    values = {"attempt_id": attempt_id, "state": state, "result": result, "owner": lease.owner, "epoch": lease.epoch}
    values |= {"error": _json(error), "timings": _json(timings)}
    return connection.execute(statement("settle_attempt"), values).first() is not None


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)


def count_settled(connection: Connection, lease: Lease) -> None:
    """Bring the run's count of settled attempts up to date, under its lease."""
    values = {"id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch}
    connection.execute(statement("count_settled"), values)


def store_document(connection: Connection, job_id: JobId, attempt_id: AttemptId, **document: Any) -> None:
    """Put the accepted document in the place of an older one."""
    values = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in document.items()}
    connection.execute(statement("upsert_document"), {"job_id": job_id, "attempt_id": attempt_id, **values})


def is_current(connection: Connection, job_id: JobId, attempt_id: AttemptId) -> bool:
    """Whether the job is being processed by that very attempt."""
    return _applied(connection, "check_current", {"job_id": job_id, "attempt_id": attempt_id})


def complete(
    connection: Connection, job_id: JobId, attempt_id: AttemptId, camber_job_id: int | None, metadata: Mapping[str, Any]
) -> bool:
    """Complete the job; false where that attempt is no longer its current one."""
    values = {"job_id": job_id, "attempt_id": attempt_id, "camber_job_id": camber_job_id}
    return _applied(connection, "complete_job", values | {"output_metadata": json.dumps(metadata)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """How a job goes back into the queue: with what error, after what pause, and at whose cost.

    `forgiven` where launches without a known outcome count anew from this one on.
    """

    error: Mapping[str, Any]
    pause_seconds: float = 0.0
    waiting_reason: str | None = None
    held_reason: str | None = None
    job_faults: int = 0
    platform_faults: int = 0
    unknown_launches: int = 0
    forgiven: bool = False
    camber_job_id: int | None = None


def retry(connection: Connection, job_id: JobId, attempt_id: AttemptId, back: Return) -> bool:
    """Put the job back into the queue; false where that attempt is no longer its current one."""
    values = {name: getattr(back, name) for name in Return.__dataclass_fields__}
    values |= {"job_id": job_id, "attempt_id": attempt_id, "error": json.dumps(back.error)}
    return _applied(connection, "retry_job", values)


def fail(
    connection: Connection, job_id: JobId, attempt_id: AttemptId, camber_job_id: int | None, error: Mapping[str, Any]
) -> bool:
    """Fail the job for good; false where that attempt is no longer its current one."""
    values = {"job_id": job_id, "attempt_id": attempt_id, "camber_job_id": camber_job_id, "error": json.dumps(error)}
    return _applied(connection, "fail_job", values)


def _applied(connection: Connection, name: str, values: Mapping[str, Any]) -> bool:
    return connection.execute(statement(name), values).first() is not None


def most_unknown_launches(connection: Connection, run_id: RunId) -> int:
    """The most unknown launches that any of the run's jobs has been through."""
    return int(connection.scalar(statement("count_unknown_launches"), {"run_id": run_id}) or 0)


def carry_out_requests(connection: Connection, name: str, limit: int) -> list[Requested]:
    """Act on the SQL flags; `name` is rerun_jobs or cancel_jobs."""
    rows = connection.execute(statement(name), {"limit": limit}).mappings()
    return [Requested(job_id=JobId(r["id"]), run_id=r["run_id"], old_status=r["old_status"]) for r in rows]


def status_of(connection: Connection, job_id: JobId) -> str:
    """The job's status as it stands in this transaction."""
    return str(connection.scalar(statement("read_status"), {"id": job_id}))
