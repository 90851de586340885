"""Attempts that are live, and how they and their jobs end: any number of one run in a statement each."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping

from reconciler.domain.runs import Assigned, AttemptId, Budget, JobId, Lease, RunId
from reconciler.store.database import records, statement
from worker.contract import Frame


def list_assigned(connection: Connection, run_ids: Collection[RunId]) -> Mapping[RunId, tuple[Assigned, ...]]:
    """The live attempts of the runs; a run without any has an empty tuple."""
    if not run_ids:
        return {}
    found = defaultdict[RunId, list[Assigned]](list)
    for row in connection.execute(statement("list_assigned"), {"run_ids": list(run_ids)}).mappings():
        found[row["run_id"]].append(_assigned(row))
    return {run_id: tuple(found[run_id]) for run_id in run_ids}


def _assigned(row: RowMapping) -> Assigned:
    budget = Budget(**{name: row[name] for name in Budget.__dataclass_fields__})
    return Assigned(
        id=AttemptId(row["id"]),
        job_id=JobId(row["job_id"]),
        user_id=row["user_id"],
        number=row["number"],
        inbox_number=row["inbox_number"],
        nonce=row["nonce"],
        output_format="jpeg" if row["output_format"] == "jpg" else row["output_format"],
        budget=budget,
    )


def any_live(connection: Connection, run_id: RunId) -> bool:
    """Whether any of the run's attempts is live."""
    return bool(connection.scalar(statement("any_live"), {"run_id": run_id}))


def lock(connection: Connection, ids: Iterable[JobId]) -> set[AttemptId]:
    """Lock the jobs until the transaction ends, before their attempts are touched; returns those that are current."""
    rows = connection.execute(statement("lock_jobs"), {"ids": list(ids)})
    return {AttemptId(row.attempt_id) for row in rows if row.attempt_id is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an attempt ends."""

    attempt_id: AttemptId
    state: str
    frame: Frame | None = None
    error: Mapping[str, Any] | None = None
    timings: Mapping[str, int] | None = None


def settle(connection: Connection, lease: Lease, settlements: Sequence[Settlement]) -> set[AttemptId]:
    """End live attempts under the run's lease; returns which: none where the lease is gone, none that was over."""
    if not settlements:
        return set()
    values = {"run_id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch}
    values |= records(
        {
            "attempt_id": one.attempt_id,
            "state": one.state,
            "result": one.frame and asdict(one.frame),
            "error": one.error,
            "timings": one.timings,
        }
        for one in settlements
    )
    return {AttemptId(settled) for settled in connection.execute(statement("settle_attempts"), values).scalars()}


def count_settled(connection: Connection, lease: Lease) -> None:
    """Bring the run's count of settled attempts up to date, under its lease."""
    values = {"id": lease.run_id, "owner": lease.owner, "epoch": lease.epoch}
    connection.execute(statement("count_settled"), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a job has come to, with the columns of its document."""

    job_id: JobId
    attempt_id: AttemptId
    metadata: Mapping[str, Any]
    document: Mapping[str, Any]


def complete(connection: Connection, camber_job_id: int | None, completions: Sequence[Completion]) -> None:
    """Complete locked jobs by their current attempts; each document takes the place of an older one."""
    if not completions:
        return
    ids = [{"job_id": one.job_id, "attempt_id": one.attempt_id} for one in completions]
    told = [same | {"output_metadata": one.metadata} for same, one in zip(ids, completions, strict=True)]
    connection.execute(statement("complete_jobs"), {"camber_job_id": camber_job_id, **records(told)})
    documents = [same | dict(one.document) for same, one in zip(ids, completions, strict=True)]
    connection.execute(statement("upsert_documents"), records(documents))


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """How a job goes back into the queue: with what error, after what pause, and at whose cost.

    `forgiven` where launches without a known outcome count anew from this one on.
    """

    job_id: JobId
    attempt_id: AttemptId
    error: Mapping[str, Any]
    pause_seconds: float = 0.0
    waiting_reason: str | None = None
    held_reason: str | None = None
    job_faults: int = 0
    platform_faults: int = 0
    unknown_launches: int = 0
    forgiven: bool = False


def send_back(connection: Connection, camber_job_id: int | None, returns: Sequence[Return]) -> None:
    """Put jobs back into the queue; one whose attempt is no longer its current one stays as it is."""
    if returns:
        values = {"camber_job_id": camber_job_id, **records(map(asdict, returns))}
        connection.execute(statement("retry_jobs"), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job has failed for good."""

    job_id: JobId
    attempt_id: AttemptId
    error: Mapping[str, Any]


def fail(connection: Connection, camber_job_id: int | None, failures: Sequence[Failure]) -> None:
    """Fail jobs for good; one whose attempt is no longer its current one stays as it is."""
    if failures:
        values = {"camber_job_id": camber_job_id, **records(map(asdict, failures))}
        connection.execute(statement("fail_jobs"), values)
