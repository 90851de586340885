"""Runs that linger: which can be given more, giving it, and noting that it stands in their inbox."""

from uuid import UUID

from sqlalchemy import Connection

from reconciler.domain.lingering import Host
from reconciler.domain.runs import Lease, RunId
from reconciler.store.database import statement
from reconciler.store.runs import StaleLease


def list_hosts(connection: Connection, backend: str, account: str, bundle_hash: str) -> list[Host]:
    """The runs of that worker that can be given more, not locked; the one that was given something last comes first."""
    values = {"backend": backend, "account": account, "bundle_hash": bundle_hash}
    rows = connection.execute(statement("list_hosts"), values).mappings()
    return [Host(**{**row, "run_id": RunId(row["run_id"])}) for row in rows]


def give(connection: Connection, host: Host, documents: int, owner: UUID, lease_seconds: float) -> Lease | None:
    """Commit that the run is given so many more documents, leased to the giver; None where it cannot be given them now.

    Their jobs are locked before this, as everywhere.
    """
    values = {"run_id": host.run_id, "number": host.inbox_given + 1, "documents": documents}
    epoch = connection.scalar(statement("give_run"), values | {"owner": owner, "lease_seconds": lease_seconds})
    return None if epoch is None else Lease(run_id=host.run_id, owner=owner, epoch=int(epoch))


def mark_put(connection: Connection, lease: Lease) -> None:
    """All that the run was given stands in its inbox. Raises StaleLease where the lease is gone."""
    _write(connection, "mark_put", lease)


def end(connection: Connection, lease: Lease, poll_seconds: float) -> None:
    """Give the lease back; the run is looked at after so long at the latest. Raises StaleLease where it was gone."""
    _write(connection, "end_gift", lease, poll_seconds=poll_seconds)


def _write(connection: Connection, name: str, lease: Lease, **more: float) -> None:
    values = {"id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch, **more}
    if connection.execute(statement(name), values).first() is None:
        raise StaleLease(f"run {lease.run_id} is no longer under epoch {lease.epoch}")
