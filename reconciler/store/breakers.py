"""One row per dependency that has failed."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """How a dependency stands; `waits` while nobody may try it."""

    dependency: str
    state: str
    failures: int
    waits: bool


def read(connection: Connection) -> list[Breaker]:
    """All of them: there are a handful."""
    return [Breaker(**row) for row in connection.execute(statement("read_breakers")).mappings()]


def probe(connection: Connection, dependencies: Collection[str], seconds: float) -> int:
    """Take the one try of each whose pause is over; returns how many were got."""
    values = {"dependencies": list(dependencies), "seconds": seconds}
    return len(connection.execute(statement("probe_breakers"), values).all())


def trip(connection: Connection, dependency: str, reason: str, allowed: int, **bounds: float) -> bool:
    """Count a failure; true where the breaker is open now."""
    values = {"dependency": dependency, "reason": reason[:500], "allowed": allowed, **bounds}
    return bool(connection.scalar(statement("trip_breaker"), values) == "open")


def shut_until_tomorrow(connection: Connection, dependency: str, reason: str) -> bool:
    """Leave it alone until the next UTC day; true where its breaker was not open before."""
    values = {"dependency": dependency, "reason": reason[:500]}
    return bool(connection.scalar(statement("shut_until_tomorrow"), values))


def close(connection: Connection, dependency: str) -> bool:
    """The dependency works; true where its breaker was not closed."""
    return connection.scalar(statement("close_breaker"), {"dependency": dependency}) in ("open", "half_open")


def note_outage(connection: Connection, dependency: str, reason: str, seconds: float) -> None:
    """Write down an outage that could not be written down while it lasted."""
    values = {"dependency": dependency, "reason": reason[:500], "seconds": seconds}
    connection.execute(statement("note_outage"), values)
