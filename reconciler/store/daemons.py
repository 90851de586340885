"""Heartbeats of the daemons, and the breakers they share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreaker:
    """A dependency that is not tried before `retry_at`."""

    dependency: str
    reason: str
    retry_at: datetime


def beat(connection: Connection, owner: UUID, host: str, pid: int, version: str, duties: Mapping[str, str]) -> None:
    """Give a sign of life, with the last completed pass of each duty."""
    values = {"id": owner, "host": host, "pid": pid, "version": version, "duties": json.dumps(duties)}
    connection.execute(statement("beat_heart"), values)


def stop(connection: Connection, owner: UUID) -> None:
    """Say that the process stopped in good order."""
    connection.execute(statement("stop_daemon"), {"id": owner})


def trip(connection: Connection, dependency: str, reason: str, base_seconds: float, max_seconds: float) -> None:
    """Open the breaker, for longer with every failure in a row."""
    values = {"dependency": dependency, "reason": reason[:500], "base_seconds": base_seconds}
    connection.execute(statement("trip_breaker"), values | {"max_seconds": max_seconds})


def close(connection: Connection, dependency: str) -> bool:
    """The dependency works; true where its breaker was open."""
    return connection.execute(statement("close_breaker"), {"dependency": dependency}).first() is not None


def list_open(connection: Connection) -> list[OpenBreaker]:
    """The breakers that forbid a try at this moment."""
    rows = connection.execute(statement("list_open_breakers")).mappings()
    return [OpenBreaker(**row) for row in rows]
