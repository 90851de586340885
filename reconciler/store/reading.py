"""What operators read of a job."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from reconciler.store.database import statement


def list_jobs(connection: Connection, status: str | None, limit: int) -> Sequence[RowMapping]:
    """The newest jobs, of one status or of all."""
    return connection.execute(statement("list_jobs"), {"status": status, "limit": limit}).mappings().all()


def read_job(connection: Connection, job_id: UUID) -> RowMapping | None:
    """The whole row with its schema."""
    return connection.execute(statement("read_job"), {"id": job_id}).mappings().first()


def list_events(connection: Connection, job_id: UUID) -> Sequence[RowMapping]:
    """The job's history, oldest first."""
    return connection.execute(statement("list_job_events"), {"job_id": job_id}).mappings().all()


def list_attempts(connection: Connection, job_id: UUID) -> Sequence[RowMapping]:
    """The job's attempts with their runs, oldest first."""
    return connection.execute(statement("list_job_attempts"), {"job_id": job_id}).mappings().all()


def read_document(connection: Connection, job_id: UUID) -> RowMapping | None:
    """The job's document, if it has one."""
    return connection.execute(statement("read_document"), {"job_id": job_id}).mappings().first()


def read_story(connection: Connection, job_id: UUID) -> dict[str, Any] | None:
    """All of the above of one job, by the names job, attempts, events and document; None where there is no such job."""
    job = read_job(connection, job_id)
    if job is None:
        return None
    document = read_document(connection, job_id)
    return {
        "job": dict(job),
        "attempts": [dict(row) for row in list_attempts(connection, job_id)],
        "events": [dict(row) for row in list_events(connection, job_id)],
        "document": None if document is None else dict(document),
    }


def insert_job(connection: Connection, job: Mapping[str, Any]) -> None:
    """Insert a pending job, as the product's API does."""
    connection.execute(statement("insert_job"), {**job, "options": json.dumps(job.get("options", {}))})
