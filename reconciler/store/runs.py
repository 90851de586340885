"""Runs: plan, lease, observe, advance. Every write is fenced by id, state, owner and epoch."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from reconciler.domain.observations import RemoteJob
from reconciler.domain.runs import Lease, Run, RunId
from reconciler.domain.states import RunEvent, RunState
from reconciler.domain.transitions import next_run_state
from reconciler.store.database import records, statement

VANISHED = "VANISHED"
"""Our word beside Camber's: the job was there, and is proven to be gone."""
SLOTS_KEY = 7_262_004_611_002
"""The advisory lock under which runs are planned."""


class StaleLease(RuntimeError):
    """The lease is gone, so nothing was written: drop what was found out and leave the run to its new holder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What is committed before anything is sent."""

    id: RunId
    marker: str
    backend: str
    account: str
    id_floor: int
    bundle_hash: str
    stash_path: str
    node_size: str
    command: str
    attempts_total: int
    linger_seconds: float = 0.0
    take_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """A finished run whose folder may go."""

    id: RunId
    marker: str
    stash_path: str
    inbox_given: int


def free_slots(connection: Connection, backend: str, account: str, slots: int) -> int:
    """How many more runs may be planned; other planners wait until this transaction ends."""
    lock_slots(connection)
    return max(0, slots - occupied_slots(connection, backend, account))


def lock_slots(connection: Connection) -> None:
    """Plan or give alone, until this transaction ends."""
    connection.execute(statement("lock_slots"), {"key": SLOTS_KEY})


def occupied_slots(connection: Connection, backend: str, account: str) -> int:
    """How many runs hold a slot at this moment."""
    return int(connection.scalar(statement("count_occupied_slots"), {"backend": backend, "account": account}) or 0)


def plan(connection: Connection, these: Sequence[NewRun], owner: UUID, lease_seconds: float) -> list[Run]:
    """Commit the intents, leased to the planner; returns the runs in the order given."""
    if not these:
        return []
    values = {"owner": owner, "lease_seconds": lease_seconds, **records(map(asdict, these))}
    planned = {row["id"]: _run(row) for row in connection.execute(statement("insert_runs"), values).mappings()}
    return [planned[run.id] for run in these]


def mark_relaunches(connection: Connection, ids: Collection[RunId]) -> None:
    """Write down which run each repeats, if one of its jobs was launched before without a known outcome."""
    if ids:
        connection.execute(statement("mark_relaunches"), {"ids": list(ids)})


def highest_id(connection: Connection, backend: str, account: str) -> int | None:
    """The highest Camber id known of that backend and account."""
    value = connection.scalar(statement("find_highest_id"), {"backend": backend, "account": account})
    return None if value is None else int(value)


def newest_known(
    connection: Connection, backend: str, account: str, sought: RunId, settle_seconds: float
) -> int | None:
    """The newest Camber job of that backend and account that we know to exist, but for the one that is sought."""
    values = {"backend": backend, "account": account, "sought": sought, "settle_seconds": settle_seconds}
    value = connection.scalar(statement("find_newest_known"), values)
    return None if value is None else int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """Who claims, for how long at first, and whose Camber jobs it can see."""

    owner: UUID
    lease_seconds: float
    backend: str
    account: str


def claim(
    connection: Connection, claimant: Claimant, states: Sequence[RunState], limit: int, ahead_seconds: float = 0.0
) -> list[Run]:
    """Lease the claimant's runs that are due in one of the states, now or in so short a time."""
    return _claim(connection, "claim_runs", claimant, states, limit=limit, ahead_seconds=ahead_seconds)


def claim_ended(
    connection: Connection, claimant: Claimant, states: Sequence[RunState], camber_job_ids: Sequence[int]
) -> list[Run]:
    """Lease those of the claimant's runs in one of the states whose Camber jobs are these, due or not."""
    return _claim(connection, "claim_ended_runs", claimant, states, camber_job_ids=list(camber_job_ids))


def _claim(
    connection: Connection, name: str, claimant: Claimant, states: Sequence[RunState], **more: object
) -> list[Run]:
    values = {field: getattr(claimant, field) for field in Claimant.__dataclass_fields__}
    values |= {"states": [str(state) for state in states], **more}
    return [_run(row) for row in connection.execute(statement(name), values).mappings()]


def read(connection: Connection, lease: Lease) -> Run:
    """The run as it stands now. Raises StaleLease where the lease is gone."""
    values = {"id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch}
    row = connection.execute(statement("read_run"), values).mappings().first()
    if row is None:
        raise StaleLease(f"run {lease.run_id} is no longer under epoch {lease.epoch}")
    return _run(row)


def _run(row: RowMapping, lease: Lease | None = None) -> Run:
    """The run of a row; the lease that is given is not in it any more."""
    own = ("id", "lease", "state")
    values = {name: row[name] for name in Run.__dataclass_fields__ if name not in own}
    lease = lease or Lease(run_id=RunId(row["id"]), owner=row["lease_owner"], epoch=row["epoch"])
    return Run(id=RunId(row["id"]), lease=lease, state=RunState(row["state"]), **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What happens to a run. `deadline_seconds` counts from now for the state that is entered.

    The lease is given back unless it is kept.
    """

    run: Run
    event: RunEvent
    reason: str
    poll_seconds: float = 0.0
    deadline_seconds: float = 0.0
    camber_job_id: int | None = None
    seen: RemoteJob | None = None
    cost: Decimal | None = None
    keep_lease: bool = False


def lock(connection: Connection, ids: Collection[RunId]) -> None:
    """Lock the runs until the transaction ends, before several statements write some of them each."""
    connection.execute(statement("lock_runs"), {"ids": list(ids)})


def advance_all(connection: Connection, owner: UUID, moves: Sequence[Move]) -> dict[RunId, Run]:
    """Move the owner's runs in one statement; returns them as they stand now, but for those whose leases are gone."""
    if not moves:
        return {}
    leases = {move.run.id: move.run.lease for move in moves}
    values = {"owner": owner, **records(map(_moved, moves))}
    rows = connection.execute(statement("advance_runs"), values).mappings()
    return {row["id"]: _run(row, leases[row["id"]]) for row in rows}


def advance_one(connection: Connection, move: Move) -> Run:
    """Move one run; returns it as it stands now. Raises StaleLease where its lease is gone."""
    run = move.run
    moved = advance_all(connection, run.lease.owner, [move])
    if run.id not in moved:
        raise StaleLease(f"run {run.id} is no longer {run.state} under epoch {run.lease.epoch}")
    return moved[run.id]


def advance(connection: Connection, run: Run, event: RunEvent, reason: str, **more: Any) -> Run:
    """Move the run by the event; `more` as in Move. Returns it as it stands now. Raises StaleLease."""
    return advance_one(connection, Move(run=run, event=event, reason=reason, **more))


def _moved(move: Move) -> dict[str, Any]:
    return {
        "id": move.run.id,
        "epoch": move.run.lease.epoch,
        "from_state": str(move.run.state),
        "to_state": str(next_run_state(move.run.state, move.event)),
        "camber_job_id": move.camber_job_id,
        "poll_seconds": move.poll_seconds,
        "deadline_seconds": move.deadline_seconds,
        "keep_lease": move.keep_lease,
        "credits": move.cost,
        "reason_code": str(move.event),
        "reason_text": move.reason,
        **_sighted(move.seen),
    }


def _sighted(seen: RemoteJob | None) -> dict[str, Any]:
    return {
        "seen": seen is not None,
        "camber_status": seen.status_word if seen else None,
        "camber_created_at": seen.created_at if seen else None,
        "camber_started_at": seen.started_at if seen else None,
        "camber_finished_at": seen.finished_at if seen else None,
    }


def look_again(
    connection: Connection,
    lease: Lease,
    poll_seconds: float,
    *,
    missed: bool = False,
    absent: bool = False,
    camber_status: str | None = None,
    log_bytes: int = 0,
    log_tail: str | None = None,
    reason: str | None = None,
) -> None:
    """Set the next look and give the lease back. Raises StaleLease where it was gone."""
    values = {"id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch, "poll_seconds": poll_seconds}
    values |= {
        "missed": missed,
        "absent": absent or missed,
        "camber_status": camber_status,
        "log_bytes": log_bytes,
        "log_tail": log_tail,
    }
    values["reason"] = reason
    if connection.execute(statement("look_again"), values).first() is None:
        raise StaleLease(f"run {lease.run_id} is no longer under epoch {lease.epoch}")


def look_again_all(
    connection: Connection, owner: UUID, these: Sequence[Run], pauses: Sequence[float], words: Sequence[str]
) -> set[RunId]:
    """Set the next look at each, note Camber's word for it, and give the leases back; returns which were still held."""
    values = {"owner": owner, "ids": [run.id for run in these], "epochs": [run.lease.epoch for run in these]}
    values |= {"pauses": list(pauses), "words": list(words)}
    return {RunId(kept) for kept in connection.execute(statement("look_again_all"), values).scalars()}


def keep_log_tail(connection: Connection, lease: Lease, log_bytes: int, log_tail: str) -> None:
    """Keep the end of the log for operators."""
    values = {"id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch}
    connection.execute(statement("keep_log_tail"), values | {"log_bytes": log_bytes, "log_tail": log_tail})


def renew_leases(connection: Connection, owner: UUID, in_flight: Collection[Lease], lease_seconds: float) -> set[Lease]:
    """Renew the process's leases of the runs that it is acting on, in one statement; returns which it still had."""
    values = {"owner": owner, "ids": [one.run_id for one in in_flight], "epochs": [one.epoch for one in in_flight]}
    rows = connection.execute(statement("renew_leases"), values | {"lease_seconds": lease_seconds})
    return {Lease(run_id=RunId(row.id), owner=owner, epoch=row.epoch) for row in rows}


def count_own_fault(connection: Connection, lease: Lease, pause_seconds: float, budget: int) -> int:
    """Count an exception of our own; returns how many there were. Raises StaleLease.

    The lease is given back until after the pause, unless the budget is spent: then it is kept for what comes of that.
    """
    values = {"id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch}
    values |= {"pause_seconds": pause_seconds, "budget": budget}
    faults = connection.scalar(statement("count_own_fault_of_run"), values)
    if faults is None:
        raise StaleLease(f"run {lease.run_id} is no longer under epoch {lease.epoch}")
    return int(faults)


def release_leases(connection: Connection, owner: UUID) -> int:
    """Give back all leases of the process; returns how many."""
    return connection.execute(statement("release_leases"), {"owner": owner}).rowcount


def record_sighting(connection: Connection, run: Run, camber_job_id: int, backend: str, status: str | None) -> None:
    """Remember that this Camber job is the run's own."""
    values = {"backend": backend, "account": run.account, "camber_job_id": camber_job_id, "run_id": run.id}
    connection.execute(statement("record_sighting"), values | {"camber_status": status})


def list_prunable(connection: Connection, backend: str, account: str, age_seconds: float, limit: int) -> list[Prunable]:
    """Finished runs of that account whose folders still stand on its stash."""
    values = {"backend": backend, "account": account, "age_seconds": age_seconds, "limit": limit}
    rows = connection.execute(statement("list_prunable_runs"), values).mappings()
    return [Prunable(**{**row, "id": RunId(row["id"])}) for row in rows]


def mark_pruned(connection: Connection, run_id: RunId) -> None:
    """Remember that the run's folder is gone."""
    connection.execute(statement("mark_pruned"), {"id": run_id})
