"""What operators read: jobs, runs, and one screen of how things stand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from reconciler.domain.filters import Filter
from reconciler.domain.prefixes import UUID_HEX_CHARACTERS
from reconciler.store.database import statement

Rows = list[dict[str, Any]]


def list_jobs(
    connection: Connection, chosen: Filter, *, limit: int, schema: str | None = None, after: UUID | None = None
) -> Rows:
    """A page of the jobs that fit, the newest first; `after` is the last id of the page before."""
    return _rows(connection, "list_jobs", **asdict(chosen), schema=schema, after=after, limit=limit)


def list_runs(connection: Connection, state: str | None, *, limit: int, after: UUID | None = None) -> Rows:
    """A page of runs, the newest first."""
    return _rows(connection, "list_runs", state=state, after=after, limit=limit)


def find_job_ids(connection: Connection, prefix: str, limit: int) -> list[UUID]:
    """The jobs whose ids begin with these hexadecimal digits."""
    least, greatest = _bounds(prefix)
    values = {"least": least, "greatest": greatest, "limit": limit}
    return list(connection.execute(statement("find_job_ids"), values).scalars())


def find_run_ids(connection: Connection, text: str, prefix: str | None, limit: int) -> list[UUID]:
    """The runs that the text names: the beginning of an id where it may be one, a marker, or Camber's number."""
    least, greatest = _bounds(prefix) if prefix else (None, None)
    values: dict[str, Any] = {"text": text, "camber_job_id": int(text) if _is_number(text) else None}
    values |= {"least": least, "greatest": greatest, "limit": limit}
    return list(connection.execute(statement("find_run_ids"), values).scalars())


def read_overview(connection: Connection) -> dict[str, Any]:
    """One screen: the queue, runs, breakers, daemons, today's cost, and what has been open for longest with its why."""
    cost = _rows(connection, "read_cost_today")
    return {
        "health": _rows(connection, "read_queue_health")[0],
        "open": _rows(connection, "list_open_ages"),
        "breakers": _rows(connection, "list_breakers"),
        "daemons": _rows(connection, "list_daemons"),
        "cost_today": cost[0] if cost else None,
        "oldest": _rows(connection, "list_oldest_waiting", limit=5),
    }


def read_why(connection: Connection, job_id: UUID) -> dict[str, Any] | None:
    """The one reason why the job is not over; None where it is."""
    found = _rows(connection, "read_why", job_id=job_id)
    return found[0] if found else None


def read_end(connection: Connection, job_id: UUID) -> dict[str, Any] | None:
    """How the job came to its end; None where there is no such job."""
    found = _rows(connection, "read_end", job_id=job_id)
    return found[0] if found else None


def read_outcomes(connection: Connection, ids: Sequence[UUID]) -> Rows:
    """What has become of these jobs so far."""
    return _rows(connection, "read_outcomes", ids=list(ids))


def read_log_tail(connection: Connection, run_id: UUID) -> dict[str, Any]:
    """What is kept of the log of a run that is there."""
    return _rows(connection, "read_log_tail", id=run_id)[0]


def may_read_names_and_texts(connection: Connection) -> bool:
    """Whether the login may read file names and what was read of documents: the daemon's and the owner's may."""
    return bool(connection.scalar(statement("may_read_names")))


def read_job(connection: Connection, job_id: UUID) -> RowMapping | None:
    """The whole row with its schema, as far as the login may read it: an operator sees no name of a file."""
    name = "read_job" if may_read_names_and_texts(connection) else "read_job_openly"
    return connection.execute(statement(name), {"id": job_id}).mappings().first()


def list_events(connection: Connection, job_id: UUID) -> Sequence[RowMapping]:
    """The job's history, oldest first."""
    return connection.execute(statement("list_job_events"), {"job_id": job_id}).mappings().all()


def list_attempts(connection: Connection, job_id: UUID) -> Sequence[RowMapping]:
    """The job's attempts with their runs, oldest first."""
    return connection.execute(statement("list_job_attempts"), {"job_id": job_id}).mappings().all()


def read_document(connection: Connection, job_id: UUID) -> RowMapping | None:
    """The job's document, if it has one, as far as the login may read it: an operator sees no text of it."""
    name = "read_document" if may_read_names_and_texts(connection) else "read_document_openly"
    return connection.execute(statement(name), {"job_id": job_id}).mappings().first()


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


def _rows(connection: Connection, name: str, **values: Any) -> Rows:
    return [dict(row) for row in connection.execute(statement(name), values).mappings()]


def _bounds(prefix: str) -> tuple[UUID, UUID]:
    return UUID(prefix.ljust(UUID_HEX_CHARACTERS, "0")), UUID(prefix.ljust(UUID_HEX_CHARACTERS, "f"))


def _is_number(text: str) -> bool:
    """Whether the text is a number that a bigint can hold."""
    return text.isascii() and text.isdigit() and len(text) <= 18
