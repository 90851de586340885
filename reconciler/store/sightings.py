"""Camber jobs that carry our markers, and the duplicates among them."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from reconciler.domain.observations import RemoteJob
from reconciler.domain.runs import RunId
from reconciler.domain.states import RunState
from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The run that a marker belongs to."""

    id: RunId
    marker: str
    state: RunState
    camber_job_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A duplicate whose cost is not known yet."""

    camber_job_id: int
    camber_status: str | None
    node_size: str


def list_carriers(connection: Connection, backend: str, account: str, markers: Collection[str]) -> list[Carrier]:
    """The runs of these markers."""
    values = {"backend": backend, "account": account, "markers": list(markers)}
    rows = connection.execute(statement("list_carriers"), values).mappings()
    return [Carrier(**{**row, "state": RunState(row["state"])}) for row in rows]


def record_duplicate(connection: Connection, backend: str, account: str, run_id: UUID, row: RemoteJob) -> bool:
    """Remember a Camber job that no live attempt owns; false where it was known already."""
    values = {"backend": backend, "account": account, "camber_job_id": row.camber_job_id, "run_id": run_id}
    return connection.execute(statement("record_duplicate"), values | {"status": row.status_word}).first() is not None


def oldest_floor(connection: Connection, backend: str, account: str, horizon_seconds: float) -> int | None:
    """The lowest id floor of the runs that are young enough to be swept for; None where there is no such run."""
    values = {"backend": backend, "account": account, "horizon_seconds": horizon_seconds}
    value = connection.scalar(statement("find_oldest_floor"), values)
    return None if value is None else int(value)


def list_open_duplicates(
    connection: Connection, backend: str, account: str, age_seconds: float, limit: int
) -> list[Duplicate]:
    """Duplicates without a cost that were not looked at for so long."""
    values = {"backend": backend, "account": account, "age_seconds": age_seconds, "limit": limit}
    return [Duplicate(**row) for row in connection.execute(statement("list_open_duplicates"), values).mappings()]


def update(
    connection: Connection, backend: str, account: str, camber_job_id: int, status: str, cost: Decimal | None
) -> None:
    """Write down how a sighted job stands, and what it cost once that is known."""
    values = {"backend": backend, "account": account, "camber_job_id": camber_job_id}
    connection.execute(statement("update_sighting"), values | {"status": status, "credits": cost})
