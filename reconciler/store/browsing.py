"""What the operators' pages read, beside what the commands read too: each page in one bounded, read-only snapshot."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from reconciler.store.database import statement

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What happened to jobs from `at` to the next slot."""

    at: datetime
    completed: int
    failed: int
    cancelled: int
    created: int

    @property
    def ended(self) -> int:
        """All that came to an end."""
        return self.completed + self.failed + self.cancelled


@contextmanager
def looking(engine: Engine, seconds: float) -> Iterator[Connection]:
    """A read-only snapshot in which no question takes longer than that."""
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection:
        connection.execute(statement("bound_looking"), {"milliseconds": str(int(seconds * 1000))})
        yield connection


def count_by_slot(connection: Connection, slot_seconds: int, slots: int) -> list[Slot]:
    """The last slots, the oldest first; the newest goes on."""
    values = {"slot_seconds": slot_seconds, "slots": slots}
    return [Slot(**row) for row in connection.execute(statement("count_by_slot"), values).mappings()]


def list_run_spans(connection: Connection, seconds: float, limit: int) -> Rows:
    """When the runs of that time were planned, submitted, started and finished, in seconds before now."""
    return _rows(connection, "list_run_spans", seconds=seconds, limit=limit)


def list_live_runs(connection: Connection, limit: int) -> Rows:
    """The runs that are not finished, the oldest first."""
    return _rows(connection, "list_live_runs", limit=limit)


def list_stuck(connection: Connection, limit: int) -> Rows:
    """Jobs that will not move by themselves or are overdue, the longest first, as far as the oldest open jobs go."""
    return _rows(connection, "list_stuck", limit=limit)


def show_run(connection: Connection, run_id: UUID) -> dict[str, Any] | None:
    """The run with the kept end of its log; None where there is no such run."""
    found = _rows(connection, "show_run", run_id=run_id)
    return found[0] if found else None


def list_run_attempts(connection: Connection, run_id: UUID, limit: int) -> Rows:
    """What the run carries."""
    return _rows(connection, "list_run_attempts", run_id=run_id, limit=limit)


def list_run_sightings(connection: Connection, run_id: UUID) -> Rows:
    """The Camber jobs that were seen to carry the run's marker."""
    return _rows(connection, "list_run_sightings", run_id=run_id)


def list_decisive_calls(connection: Connection, run_ids: Sequence[UUID], limit: int) -> Rows:
    """What the CLI said where it decided something about these runs, the newest first, as text."""
    rows = _rows(connection, "list_decisive_calls", run_ids=list(run_ids), limit=limit)
    return [row | {name: _text(row, name) for name in ("stdout", "stderr")} for row in rows]


def _text(row: Mapping[str, Any], name: str) -> str:
    return "" if row[name] is None else zlib.decompress(row[name]).decode("utf-8", "replace")


def _rows(connection: Connection, name: str, **values: Any) -> Rows:
    return [dict(row) for row in connection.execute(statement(name), values).mappings()]
