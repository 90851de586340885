"""What the product is still to be told. Rows are written by trigger when a job ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to tell; `attempts` counts this one."""

    id: int
    job_id: UUID
    event: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime


def claim(connection: Connection, lease_seconds: float, age_seconds: float) -> Message | None:
    """Take a due message younger than `age_seconds`; it is due again after `lease_seconds` unless it is settled."""
    values = {"lease_seconds": lease_seconds, "age_seconds": age_seconds}
    row = connection.execute(statement("claim_outbox"), values).mappings().first()
    return Message(**row) if row else None


def delivered(connection: Connection, message_id: int) -> None:
    """The product took it."""
    connection.execute(statement("mark_delivered"), {"id": message_id})


def put_off(connection: Connection, message_id: int, error: str, pause_seconds: float) -> None:
    """The product did not take it: try again later."""
    values = {"id": message_id, "error": error[:500], "pause_seconds": pause_seconds}
    connection.execute(statement("put_off_message"), values)


def prune(connection: Connection, age_seconds: float, limit: int) -> int:
    """Remove messages older than `age_seconds`, delivered or not; returns how many."""
    return connection.execute(statement("prune_outbox"), {"age_seconds": age_seconds, "limit": limit}).rowcount
