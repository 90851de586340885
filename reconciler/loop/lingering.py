"""Runs that linger: give them what is due, put it into their inbox, take back what one that left never took.

That a run is given a document is committed as an attempt of that run, before it stands in the inbox. Whoever dies in
between leaves a run that was given more than was put: the next look at it puts that. A run that leaves says how much it
took; what it did not take goes back unburnt, at once, and into a run of its own.
"""

import json
from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from sqlalchemy import Connection

from reconciler.domain.lingering import Gift, Host, deal, linger_pause_seconds
from reconciler.domain.policy import poll_seconds
from reconciler.domain.runs import Assigned, AttemptId, Lease, ReadyJob, Run
from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.cycle import each
from reconciler.loop.faults import error_details, log_job, send_back_unburnt
from reconciler.loop.inputs import BEYOND_US
from reconciler.loop.naming import inbox_key, nonce
from reconciler.loop.own_faults import blame_pending
from reconciler.loop.planning import Batch, Culprit, plan_whole
from reconciler.loop.staging import document_of, grant_seconds
from reconciler.objects.errors import ObjectsError
from reconciler.store import jobs, lingering, runs
from reconciler.store.jobs import Assignment, JobRow
from reconciler.store.staging import list_staged
from worker.contract import ErrorCode, Inbox, Linger, inbox_json


def linger_of(context: Context, run: Run) -> Linger | None:
    """How the run stays after its batch, for its run file; None where it leaves."""
    if not run.linger_seconds:
        return None
    url = context.objects.presign_get(inbox_key(run.marker, 1), grant_seconds(context))
    return Linger(idle_seconds=run.linger_seconds, take_seconds=run.take_seconds, inbox_url=url)


def give(
    context: Context, hosts: Sequence[Host], ready: Sequence[ReadyJob], free_slots: int, counts: Counts
) -> list[ReadyJob]:
    """Give the runs that linger what they do sooner than new ones; returns what is left for those."""
    gifts, rest = deal(ready, hosts, free_slots, context.settings.batch_bounds, context.pacing.latest)
    if gifts:
        leases = _commit(context, gifts)
        counts["given"] += len(leases)
        counts.update(each(context, leases, lambda lease: _deliver(context, lease), lambda lease: lease))
    return rest


def _commit(context: Context, gifts: Sequence[Gift]) -> list[Lease]:
    """One commit: attempts, and the runs that have them, each under a lease."""
    since, faults = context.leases.clock(), list[Culprit]()
    with context.transaction("give") as connection:
        # The same users' turns and the same runs are written by all who give or plan: one after the other.
        runs.lock_slots(connection)
        leases = [
            lease
            for gift in gifts
            for lease in plan_whole(connection, partial(_give_run, connection, context, gift.host), [gift.jobs], faults)
        ]
    for job_id, error in faults:
        blame_pending(context, job_id, error, BEYOND_US)
    context.leases.take(leases, since)
    return leases


def _give_run(connection: Connection, context: Context, host: Host, batches: Sequence[Batch]) -> list[Lease]:
    sizes = {job.id: job.input_bytes for batch in batches for job in batch}
    rows = jobs.lock_pending(connection, list(sizes))
    if not rows:
        return []
    lease = lingering.give(connection, host, len(rows), context.owner, context.settings.lease_seconds)
    if lease is None:
        # Somebody looks at it at this moment: they wait for the next pass.
        return []
    jobs.supersede_strays(connection, [row.id for row in rows])
    jobs.assign(connection, [_assignment(host, row, sizes[row.id]) for row in rows])
    logger.bind(run_id=str(host.run_id), number=host.inbox_given + 1, documents=len(rows)).info(Event.RUN_GIVEN)
    return [lease]


def _assignment(host: Host, row: JobRow, input_bytes: int) -> Assignment:
    return Assignment(
        id=AttemptId(uuid4()),
        job=row,
        run_id=host.run_id,
        nonce=nonce(),
        input_bytes=input_bytes,
        inbox_number=host.inbox_given + 1,
    )


def _deliver(context: Context, lease: Lease) -> str:
    with context.transaction("read_gift") as connection:
        run = runs.read(connection, lease)
    put = put_gift(context, run)
    with context.transaction("end_gift") as connection:
        lingering.end(connection, lease, context.policy.poll_min_seconds)
    return "delivered" if put else "undelivered"


def put_gift(context: Context, run: Run) -> bool:
    """Put what the run was given last into its inbox, where it does not stand there; false where the store refuses.

    Doing it twice changes nothing: the worker reads each object once. Raises StaleLease.
    """
    if run.inbox_put == run.inbox_given:
        return True
    try:
        _put(context, run)
    except ObjectsError as error:
        logger.bind(run_id=str(run.id), number=run.inbox_given, reason=str(error)).warning(Event.GIFT_LOST)
        return False
    with context.transaction("mark_put") as connection:
        lingering.mark_put(connection, run.lease)
    return True


def _put(context: Context, run: Run) -> None:
    number = run.inbox_given
    with context.transaction("list_gift") as connection:
        staged = list_staged(connection, run.id, number)
    inbox = Inbox(
        run_id=str(run.id),
        number=number,
        documents=tuple(document_of(context, run, job) for job in staged),
        recipients=context.settings.age_recipients,
        next_url=context.objects.presign_get(inbox_key(run.marker, number + 1), grant_seconds(context)),
    )
    data = json.dumps(inbox_json(inbox)).encode()
    context.objects.put(inbox_key(run.marker, number), data, "application/json")


def pause_seconds(context: Context, run: Run, unanswered: int | None) -> float:
    """When to look at the running run again; `unanswered` None where its attempts were not read."""
    if unanswered == 0 and not run.linger_seconds:
        # It has said all that it has to say: its end is near, and somebody may wait for its slot.
        return poll_seconds(context.policy, 0.0, context.random.random())
    if not run.linger_seconds or unanswered is None or (unanswered and run.given_at is None):
        return context.poll_seconds(run)
    return linger_pause_seconds(run, unanswered, context.policy, context.pacing.latest, context.random.random())


def take_back(context: Context, run: Run, remaining: Sequence[Assigned], taken: int | None) -> list[Assigned]:
    """Put back what the run never took, by its own last word; returns what it did take. Raises StaleLease."""
    untaken = [one for one in remaining if taken is not None and (one.inbox_number or 0) > taken]
    if untaken:
        error = error_details(ErrorCode.RUN_LEFT, f"the run left after {taken} of the {run.inbox_given} it was given")
        with context.transaction("take_back") as connection:
            returned = send_back_unburnt(connection, run, untaken, error)
        for attempt in returned:
            log_job(run, attempt, "pending", code=error["code"])
    return [one for one in remaining if one not in untaken]
