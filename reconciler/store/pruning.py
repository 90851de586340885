"""What is old enough to go, in batches; and how much of it there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """A job at rest whose objects may go."""

    id: UUID
    user_id: UUID
    completed_at: datetime
    raw_path: str
    definition: Mapping[str, Any]
    """Of its portal schema."""
    upload_shared: bool
    """Another job still needs the same upload."""
    attempts: Sequence[str]
    """Number and nonce of each, as they stand in its keys."""


def prune_events(connection: Connection, age_seconds: float, limit: int) -> int:
    """Remove old history of jobs that are over; returns how many entries. The database keeps what is of today."""
    return int(connection.scalar(statement("prune_events"), {"age_seconds": age_seconds, "limit": limit}) or 0)


def prune_log_tails(connection: Connection, age_seconds: float, limit: int) -> int:
    """Forget what finished runs printed; returns of how many."""
    return connection.execute(statement("prune_log_tails"), {"age_seconds": age_seconds, "limit": limit}).rowcount


def cancel_erased(connection: Connection) -> int:
    """Ask to give up what is under way for people who are to be erased; returns for how many jobs."""
    return connection.execute(statement("cancel_erased")).rowcount


def list_expired(connection: Connection, age_seconds: float | None, limit: int) -> list[Expired]:
    """Jobs whose objects may go: the oldest first. Without an age only those of people who are to be erased."""
    rows = connection.execute(statement("list_expired"), {"age_seconds": age_seconds, "limit": limit})
    return [Expired(**row) for row in rows.mappings()]


def mark_objects_removed(connection: Connection, job: Expired) -> None:
    """Write down that nothing of the job is left in the store."""
    connection.execute(statement("mark_objects_removed"), {"id": job.id, "completed_at": job.completed_at})


def remove_jobs(connection: Connection, age_seconds: float | None, limit: int) -> int:
    """Remove jobs without objects with all that belongs to them; returns how many. Their history has its own time."""
    return int(connection.scalar(statement("remove_jobs"), {"age_seconds": age_seconds, "limit": limit}) or 0)


def finish_erasures(connection: Connection) -> int:
    """Close the erasures of whom nothing is left; returns how many."""
    return int(connection.scalar(statement("finish_erasures")) or 0)


def count_prunable(connection: Connection, backend: str, **age_seconds: float | None) -> dict[str, int]:
    """How much is old enough, by kind."""
    rows = connection.execute(statement("count_prunable"), {"backend": backend, **age_seconds})
    return {row.kind: row.total for row in rows}
