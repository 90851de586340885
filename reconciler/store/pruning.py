"""What is old enough to go, in batches; and how much of it there is."""

from sqlalchemy import Connection

from reconciler.store.database import statement


def prune_events(connection: Connection, age_seconds: float, limit: int) -> int:
    """Remove old history of jobs that are over; returns how many entries. The database keeps what is of today."""
    return int(connection.scalar(statement("prune_events"), {"age_seconds": age_seconds, "limit": limit}) or 0)


def prune_log_tails(connection: Connection, age_seconds: float, limit: int) -> int:
    """Forget what finished runs printed; returns of how many."""
    return connection.execute(statement("prune_log_tails"), {"age_seconds": age_seconds, "limit": limit}).rowcount


def count_prunable(connection: Connection, backend: str, **age_seconds: float) -> dict[str, int]:
    """How much is old enough, by kind."""
    rows = connection.execute(statement("count_prunable"), {"backend": backend, **age_seconds})
    return {row.kind: row.total for row in rows}
