"""What the CLI said, kept for days."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.engine import RowMapping

from reconciler.store.database import statement


def insert_calls(connection: Connection, calls: Sequence[Mapping[str, Any]]) -> None:
    """Keep calls; each has the columns of cli_calls, `argv` as JSON text, and how many seconds ago it ended."""
    connection.execute(statement("insert_cli_calls"), list(calls))


def list_calls(connection: Connection, age_seconds: float, limit: int, call_id: UUID | None) -> Sequence[RowMapping]:
    """Return the calls of the last while, or the one that is named, the oldest first."""
    given = {"age_seconds": age_seconds, "limit": limit, "call_id": call_id}
    return connection.execute(statement("list_cli_calls"), given).mappings().all()


def prune_calls(connection: Connection, age_seconds: float, limit: int) -> int:
    """Remove old calls; returns how many."""
    return connection.execute(statement("prune_cli_calls"), {"age_seconds": age_seconds, "limit": limit}).rowcount
