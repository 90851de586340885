"""Figures of the queue, for health and metrics."""

from dataclasses import dataclass

from sqlalchemy import Connection

from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One count, and the age of the oldest thing counted."""

    figure: str
    """jobs, runs, breakers, daemons, credits or duplicates."""
    label: str
    total: float
    oldest_seconds: float | None


def measure_queue(connection: Connection, alive_seconds: float) -> list[Figure]:
    """Count what lives; a daemon lives whose last sign is younger than `alive_seconds`."""
    rows = connection.execute(statement("measure_queue"), {"alive_seconds": alive_seconds})
    return [
        Figure(figure=figure, label=label, total=float(total), oldest_seconds=_seconds(oldest))
        for figure, label, total, oldest in rows
    ]


def measure_overdue(connection: Connection) -> float | None:
    """Return for how many seconds the longest overdue row has waited for a daemon."""
    return _seconds(connection.scalar(statement("measure_overdue")))


def _seconds(value: object) -> float | None:
    return None if value is None else float(str(value))
