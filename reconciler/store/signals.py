"""What workers are still to be told. Whoever fences an attempt owes its worker a word; a trigger writes that down."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from reconciler.domain.runs import RunId
from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A run's fenced attempts, how many are still live, and whether it waits for more.

    `stash_path` None where its folder was removed.
    """

    marker: str
    stash_path: str | None
    superseded: tuple[UUID, ...]
    assigned: int
    lingers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedSignal:
    """A worker that is to be told; `receipt` tells this debt from one that comes meanwhile."""

    run_id: RunId
    receipt: datetime
    fenced: Superseded


def list_superseded(connection: Connection, run_id: RunId) -> Superseded:
    """What the run's worker must be told to leave out."""
    (row,) = connection.execute(statement("list_superseded"), {"ids": [run_id]}).mappings()
    return _superseded(row)


def claim(connection: Connection, backend: str, seconds: float, limit: int) -> list[OwedSignal]:
    """Take debts that are due; they are due again after so many seconds, unless they are paid."""
    values = {"backend": backend, "seconds": seconds, "limit": limit}
    receipts = {row.run_id: row.due_at for row in connection.execute(statement("claim_signals"), values)}
    if not receipts:
        return []
    # A second statement, which sees whatever was fenced before the debts were locked.
    rows = connection.execute(statement("list_superseded"), {"ids": list(receipts)}).mappings().all()
    return [OwedSignal(run_id=row["id"], receipt=receipts[row["id"]], fenced=_superseded(row)) for row in rows]


def pay(connection: Connection, owed: OwedSignal) -> None:
    """The worker was told; what was fenced meanwhile is a debt of its own, and stays."""
    connection.execute(statement("pay_signal"), {"run_id": owed.run_id, "receipt": owed.receipt})


def put_off(connection: Connection, owed: OwedSignal, seconds: float) -> None:
    """The worker could not be told: try again after so many seconds."""
    values = {"run_id": owed.run_id, "receipt": owed.receipt, "seconds": seconds}
    connection.execute(statement("put_off_signal"), values)


def owe(connection: Connection, ids: Collection[UUID]) -> None:
    """The workers of these runs are to be told, though no attempt of theirs was fenced just now."""
    connection.execute(statement("owe_signals"), {"ids": list(ids)})


def _superseded(row: RowMapping) -> Superseded:
    return Superseded(
        marker=row["marker"],
        stash_path=row["stash_path"],
        superseded=tuple(row["superseded"] or ()),
        assigned=row["assigned"],
        lingers=row["lingers"],
    )
