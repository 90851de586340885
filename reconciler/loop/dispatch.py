"""Dispatch: pending rows become planned runs, intent before effect, and planned runs are launched."""

from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from sqlalchemy import Connection

from reconciler.domain.batching import plan_batches
from reconciler.domain.lingering import Host
from reconciler.domain.observations import Page, Unreachable
from reconciler.domain.runs import Lease, ReadyJob, RunId
from reconciler.logs import Event, logger
from reconciler.loop.accounts import account_name
from reconciler.loop.breakers import Gate
from reconciler.loop.budget import affordable_batches, show_budget, spent_up
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.cycle import each
from reconciler.loop.inputs import BEYOND_US, look_at_inputs
from reconciler.loop.launch import launch
from reconciler.loop.lingering import give
from reconciler.loop.naming import marker_of, nonce, run_command, run_folder
from reconciler.loop.own_faults import blame_pending
from reconciler.loop.planning import Culprit, plan_whole
from reconciler.objects.errors import ObjectsUnavailable
from reconciler.store import jobs, lingering, runs
from reconciler.store.jobs import JobRow
from reconciler.store.runs import NewRun

NEEDED = frozenset({"login", "create", "storage"})
"""The dependencies without which nothing is launched."""


@as_duty("dispatch")
def run_once(context: Context) -> Counts:
    """Give the backlog to runs that linger, and fill the free slots from it."""
    counts = Counts()
    # Who is logged in is asked first: where the login is being tried, the answer is the probe.
    account = account_name(context) if context.settings.age_recipients else None
    if account is None:
        return counts
    with context.transaction("peek") as connection:
        # Whatever cannot be planned now need not be looked at now.
        slots = max(0, context.settings.run_slots - runs.occupied_slots(connection, context.backend, account))
        hosts = lingering.list_hosts(connection, context.backend, account, context.bundle.sha256)
        due = jobs.peek_due(connection, (slots + len(hosts)) * context.settings.batch_max)
        gate = context.breakers.admit(connection, NEEDED) if due else Gate.SHUT
        trouble = spent_up(context, connection) if due else None
    if trouble:
        show_budget(context, trouble)
        return counts
    # A probe is one document in one run.
    due = {Gate.SHUT: [], Gate.PROBE: due[:1], Gate.FREE: due}[gate]
    if due:
        _dispatch(context, account, due, hosts if gate is Gate.FREE else (), slots, counts)
    return counts


def _dispatch(
    context: Context, account: str, due: Sequence[JobRow], hosts: Sequence[Host], slots: int, counts: Counts
) -> None:
    try:
        ready = look_at_inputs(context, due, counts)
    except ObjectsUnavailable:
        return
    rest = give(context, hosts, ready, slots, counts) if hosts else ready
    floor = _id_floor(context, account) if rest and slots else None
    if floor is None:
        return
    leases = _plan_runs(context, account, floor, rest, slots)
    counts["planned"] += len(leases)
    counts.update(each(context, leases, lambda lease: launch(context, lease), lambda lease: lease))


def _id_floor(context: Context, account: str) -> int | None:
    """The highest Camber id known; the first launch reads it from the list. None where the list tells nothing."""
    with context.transaction("read_floor") as connection:
        known = runs.highest_id(connection, context.backend, account)
    if known is not None:
        return known
    match context.client.list_page(1, 10):
        case Page(rows=rows):
            return max((row.camber_job_id for row in rows), default=0)
        case Unreachable():
            return None


def _plan_runs(context: Context, account: str, floor: int, ready: Sequence[ReadyJob], slots_max: int) -> list[Lease]:
    """One commit: runs, attempts, markers and id floors. The jobs were taken for so many slots, and fill no more."""
    since, faults = context.leases.clock(), list[Culprit]()
    with context.transaction("plan") as connection:
        # A slot that came free meanwhile is for the jobs behind these: dealt out thinner, each would pay more start-up.
        slots = min(slots_max, runs.free_slots(connection, context.backend, account, context.settings.run_slots))
        batches, trouble = affordable_batches(
            context, connection, plan_batches(ready, slots, context.settings.batch_bounds)
        )
        plan = partial(_plan_run, connection, context, account, floor)
        leases = [lease for batch in batches if (lease := plan_whole(connection, plan, batch, faults))]
    show_budget(context, trouble)
    for job_id, error in faults:
        blame_pending(context, job_id, error, BEYOND_US)
    # Last: what is held is renewed, so nothing may fail between this and the launch.
    context.leases.take(leases, since)
    return leases


def _plan_run(
    connection: Connection, context: Context, account: str, floor: int, batch: Sequence[ReadyJob]
) -> Lease | None:
    rows = jobs.lock_pending(connection, [job.id for job in batch])
    if not rows:
        return None
    jobs.supersede_strays(connection, [row.id for row in rows])
    run = _new_run(context, account, floor, len(rows))
    lease = runs.plan(connection, run, context.owner, context.settings.lease_seconds)
    sizes = {job.id: job.input_bytes for job in batch}
    for row in rows:
        jobs.assign(connection, row, run.id, uuid4(), nonce(), sizes[row.id])
        _log_planned(run, row)
    if any(row.next_number > 1 for row in rows):
        runs.mark_relaunch(connection, run.id)
    logger.bind(run_id=str(run.id), marker=run.marker, documents=len(rows)).info(Event.RUN_PLANNED)
    return lease


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


def _log_planned(run: NewRun, row: JobRow) -> None:
    if row.next_number == 1:
        logger.bind(job_id=str(row.id), schema=row.schema_name).info(Event.JOB_CREATED)
    bound = logger.bind(job_id=str(row.id), run_id=str(run.id), old_status="pending", new_status="processing")
    bound.bind(attempt=row.next_number).info(Event.JOB_STATE)
