"""Dispatch: pending rows become planned runs, intent before effect, and planned runs are launched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from sqlalchemy import Connection

from reconciler.domain.batching import plan_batches
from reconciler.domain.lingering import Host
from reconciler.domain.observations import Page, Unreachable
from reconciler.domain.runs import AttemptId, JobId, ReadyJob, Run, RunId
from reconciler.logs import Event, logger
from reconciler.loop.accounts import account_name
from reconciler.loop.breakers import Gate
from reconciler.loop.budget import affordable_batches, show_budget, spent_up
from reconciler.loop.context import Context, Counts
from reconciler.loop.control import NOTHING_FENCED
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.cycle import each
from reconciler.loop.inputs import BEYOND_US, look_at_inputs
from reconciler.loop.launch import Planned, launch
from reconciler.loop.lingering import give
from reconciler.loop.naming import marker_of, nonce, run_command, run_folder
from reconciler.loop.own_faults import blame_pending
from reconciler.loop.planning import Batch, Culprit, plan_whole
from reconciler.objects.errors import ObjectsUnavailable
from reconciler.store import jobs, lingering, runs
from reconciler.store.jobs import Assignment, JobRow
from reconciler.store.runs import NewRun
from reconciler.store.staging import StagedJob

NEEDED = frozenset({"login", "create", "storage"})
"""The dependencies without which nothing is launched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Backlog:
    """What may be planned now: due jobs for runs that linger and for the free slots; the highest Camber id known."""

    due: Sequence[JobRow]
    hosts: Sequence[Host]
    slots: int
    floor: int | None
    trouble: str | None


@as_duty("dispatch")
def run_once(context: Context) -> Counts:
    """Give the backlog to runs that linger, and fill the free slots from it."""
    counts = Counts()
    # Who is logged in is asked first: where the login is being tried, the answer is the probe.
    account = account_name(context) if context.settings.age_recipients else None
    if account is None:
        return counts
    backlog = _peek(context, account)
    if backlog.trouble:
        show_budget(context, backlog.trouble)
    elif backlog.due:
        _dispatch(context, account, backlog, counts)
    return counts


def _peek(context: Context, account: str) -> _Backlog:
    with context.transaction("peek") as connection:
        # Whatever cannot be planned now need not be looked at now.
        slots = max(0, context.settings.run_slots - runs.occupied_slots(connection, context.backend, account))
        hosts = lingering.list_hosts(connection, context.backend, account, context.bundle.sha256)
        room = _room(slots, hosts, context.settings.batch_max)
        due = jobs.peek_due(connection, room) if room else []
        # Only a launch tries what is in trouble: without a slot the try is left to who has one.
        gate = context.breakers.admit(connection, NEEDED, may_try=slots > 0) if due else Gate.SHUT
        floor = runs.highest_id(connection, context.backend, account) if due else None
        trouble = spent_up(context, connection) if due else None
    # A probe is one document in one run.
    due = {Gate.SHUT: [], Gate.PROBE: due[:1], Gate.FREE: due}[gate]
    return _Backlog(due=due, hosts=hosts if gate is Gate.FREE else (), slots=slots, floor=floor, trouble=trouble)


def _room(slots: int, hosts: Sequence[Host], batch_max: int) -> int:
    """How many documents new runs and those that linger can have at the most."""
    return slots * batch_max + sum(max(0, batch_max - host.assigned) for host in hosts)


def _dispatch(context: Context, account: str, backlog: _Backlog, counts: Counts) -> None:
    try:
        ready = look_at_inputs(context, backlog.due, counts)
    except ObjectsUnavailable:
        return
    rest = give(context, backlog.hosts, ready, backlog.slots, counts) if backlog.hosts else ready
    floor = _id_floor(context, backlog) if rest and backlog.slots else None
    if floor is None:
        return
    planned = plan_runs(context, account, floor, rest, backlog.slots)
    counts["planned"] += len(planned)
    counts.update(each(context, planned, lambda one: launch(context, one), lambda one: one.lease))


def _id_floor(context: Context, backlog: _Backlog) -> int | None:
    """The highest Camber id known; the first launch reads it from the list. None where the list tells nothing."""
    if backlog.floor is not None:
        return backlog.floor
    match context.client.list_page(1, 10):
        case Page(rows=rows):
            return max((row.camber_job_id for row in rows), default=0)
        case Unreachable():
            return None


def plan_runs(context: Context, account: str, floor: int, ready: Sequence[ReadyJob], slots_max: int) -> list[Planned]:
    """One commit: runs, attempts, markers and id floors. The jobs were taken for so many slots, and fill no more."""
    since, faults = context.leases.clock(), list[Culprit]()
    with context.transaction("plan") as connection:
        # A slot that came free meanwhile is for the jobs behind these: dealt out thinner, each would pay more start-up.
        slots = min(slots_max, runs.free_slots(connection, context.backend, account, context.settings.run_slots))
        batches, trouble = affordable_batches(
            context, connection, plan_batches(ready, slots, context.settings.batch_bounds)
        )
        planned = plan_whole(connection, partial(_plan, connection, context, account, floor), batches, faults)
    show_budget(context, trouble)
    for one in planned:
        _log_planned(one)
    for job_id, error in faults:
        blame_pending(context, job_id, error, BEYOND_US)
    # Last: what is held is renewed, so nothing may fail between this and the launch.
    context.leases.take((one.lease for one in planned), since)
    return planned


def _plan(
    connection: Connection, context: Context, account: str, floor: int, batches: Sequence[Batch]
) -> list[Planned]:
    """Each kind of row in one statement, however many there are."""
    rows = {row.id: row for row in jobs.lock_pending(connection, [job.id for batch in batches for job in batch])}
    jobs.supersede_strays(connection, rows)
    whole = [live for batch in batches if (live := [job for job in batch if job.id in rows])]
    new = [_new_run(context, account, floor, len(batch)) for batch in whole]
    planned = runs.plan(connection, new, context.owner, context.settings.lease_seconds)
    assigned = [_assignments(run, batch, rows) for run, batch in zip(planned, whole, strict=True)]
    jobs.assign(connection, [one for run in assigned for one in run])
    runs.mark_relaunches(connection, {one.run_id for run in assigned for one in run if one.job.next_number > 1})
    return [_planned(run, attempts) for run, attempts in zip(planned, assigned, strict=True)]


def _assignments(run: Run, batch: Batch, rows: Mapping[JobId, JobRow]) -> list[Assignment]:
    return [
        Assignment(id=AttemptId(uuid4()), job=rows[job.id], run_id=run.id, nonce=nonce(), input_bytes=job.input_bytes)
        for job in batch
    ]


def _planned(run: Run, attempts: Sequence[Assignment]) -> Planned:
    staged = [
        StagedJob(attempt_id=one.id, number=one.job.next_number, nonce=one.nonce, row=one.job) for one in attempts
    ]
    return Planned(run=run, staged=staged, signal=NOTHING_FENCED)


def _new_run(context: Context, account: str, floor: int, attempts_total: int) -> NewRun:
    settings = context.settings
    run_id = RunId(uuid4())
    marker = marker_of(settings.service_env, run_id)
    return NewRun(
        id=run_id,
        marker=marker,
        backend=context.backend,
        account=account,
        id_floor=floor,
        bundle_hash=context.bundle.sha256,
        stash_path=run_folder(account, settings.stash_prefix, settings.service_env, marker),
        node_size=settings.node_size,
        command=run_command(marker, settings.run_seconds),
        attempts_total=attempts_total,
        linger_seconds=settings.run_linger_seconds,
        take_seconds=settings.take_seconds,
    )


def _log_planned(planned: Planned) -> None:
    run_id, rows = str(planned.run.id), [one.row for one in planned.staged]
    for row in rows:
        if row.next_number == 1:
            logger.bind(job_id=str(row.id), schema=row.schema_name).info(Event.JOB_CREATED)
        bound = logger.bind(job_id=str(row.id), run_id=run_id, old_status="pending", new_status="processing")
        bound.bind(attempt=row.next_number).info(Event.JOB_STATE)
    logger.bind(run_id=run_id, marker=planned.run.marker, documents=len(rows)).info(Event.RUN_PLANNED)
