"""Requests: carry out the SQL flags rerun_requested and cancel_requested; tell workers what anyone has fenced."""

from reconciler.domain.states import JobStatus
from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.control import tell_workers
from reconciler.loop.crashpoints import as_duty
from reconciler.store import jobs
from reconciler.store.jobs import Requested

BATCH = 500
"""Rows in one transaction."""
PASS_SECONDS_MAX = 30.0
"""How long a pass may go on with flags; the next one takes the rest."""
REQUESTED = ("requests", "signals")
"""What is due where there is something to do, as Due says it."""


@as_duty("requests")
def run_once(context: Context) -> Counts:
    """Act on every flag that is set; twice is once. Flags that were set by the thousand are carried out in one pass."""
    counts, until = Counts(), context.leases.clock() + PASS_SECONDS_MAX
    while not context.stopping.is_set():
        done = _carry_out(context)
        counts += done
        if max(done.values(), default=0) < BATCH or context.leases.clock() >= until:
            break
    return counts + (Counts() if context.stopping.is_set() else tell_workers(context))


def _carry_out(context: Context) -> Counts:
    with context.transaction("carry_out") as connection:
        rerun = jobs.carry_out_requests(connection, "rerun_jobs", BATCH)
        cancelled = jobs.carry_out_requests(connection, "cancel_jobs", BATCH)
    for name, done in (("rerun", rerun), ("cancel", cancelled)):
        for one in done:
            _log(name, one)
    return Counts(rerun=len(rerun), cancelled=len(cancelled))


def _log(name: str, done: Requested) -> None:
    final = (JobStatus.PENDING, JobStatus.PROCESSING)
    target = "pending" if name == "rerun" else "cancelled" if done.old_status in final else done.old_status
    bound = logger.bind(job_id=str(done.job_id), request=name, old_status=done.old_status, new_status=target)
    bound.info(Event.REQUEST_DONE)
