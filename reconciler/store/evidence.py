"""What the CLI said, kept for days."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from reconciler.store.database import statement


def insert_call(connection: Connection, call: Mapping[str, Any]) -> None:
    """Keep one call; the mapping has the columns of cli_calls, `argv` as JSON text."""
    connection.execute(statement("insert_cli_call"), call)


def prune_calls(connection: Connection, age_seconds: float, limit: int) -> int:
    """Remove old calls; returns how many."""
    return connection.execute(statement("prune_cli_calls"), {"age_seconds": age_seconds, "limit": limit}).rowcount
