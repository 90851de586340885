"""Heartbeats of the daemons."""

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from reconciler.store.database import statement


def beat(connection: Connection, owner: UUID, host: str, pid: int, version: str, duties: Mapping[str, str]) -> None:
    """Give a sign of life, with the last completed pass of each duty."""
    values = {"id": owner, "host": host, "pid": pid, "version": version, "duties": json.dumps(duties)}
    connection.execute(statement("beat_heart"), values)


def look_for_due(connection: Connection, ahead_seconds: float) -> frozenset[str]:
    """What is due at this moment: `requests`, `jobs`, and the states of runs whose next look comes so soon."""
    return frozenset(connection.execute(statement("look_for_due"), {"ahead_seconds": ahead_seconds}).scalars())


def stop(connection: Connection, owner: UUID) -> None:
    """Say that the process stopped in good order."""
    connection.execute(statement("stop_daemon"), {"id": owner})
