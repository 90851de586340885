"""`camber job create|get|list|logs`: all that can be done to a job. There is no cancel."""

import os
import time

from reconciler.local.camber import job_screens, pace
from reconciler.local.camber.commands import ENGINES, GPU_NODE_SIZES, NODE_SIZES
from reconciler.local.camber.doorbell import ring
from reconciler.local.camber.errors import ApiError, CommandError
from reconciler.local.camber.ledger import Job, Ledger, Order, Status
from reconciler.local.camber.screens import go_json
from reconciler.local.camber.service import Call, Reply
from reconciler.local.camber.stash_paths import locate

_READABLE = frozenset({Status.RUNNING, Status.COMPLETED, Status.FAILED})


def create(call: Call) -> Reply:
    """Record a job and see that the scheduler knows of it."""
    order = _order(call)
    duration = pace.of(call.config).create
    pace.take(duration, share=0.5)
    with Ledger(call.home) as ledger:
        job_id = ledger.create(call.config, order, time.time())
    ring(call.home)
    pace.take(duration, share=0.5)
    return Reply(job_screens.created(job_id))


def get(call: Call) -> Reply:
    """Show one job."""
    job = _find(call)
    pace.take(pace.of(call.config).get)
    if job is None:
        raise ApiError(call.config.unknown_job_code, call.config.unknown_job_message)
    if call.given.text("output") == "json":
        return Reply(go_json(job_screens.as_mapping(job, call.config)))
    return Reply(job_screens.information(job))


def list_page(call: Call) -> Reply:
    """Show a page of the account's jobs, newest first."""
    number = call.given.number("page")
    size = call.given.number("size") if call.given.has("size") else call.config.page_size
    if number < 1 or size < 1:
        raise ApiError(1, "Validation failed")
    account = call.account
    pace.take(pace.of(call.config).list)
    with Ledger(call.home) as ledger:
        jobs, total = ledger.page(account, number, size), ledger.total(account)
        _keep_going(call, ledger)
    if call.given.text("output") == "json":
        items = [job_screens.as_mapping(job, call.config) for job in jobs]
        return Reply(go_json({"total": total, call.config.list_key: items}))
    return Reply(job_screens.listing(jobs))


def logs(call: Call) -> Reply:
    """Show what a job has written so far, byte for byte."""
    job = _find(call)
    pace.take(pace.of(call.config).logs)
    if job is None:
        raise ApiError(15, "Failed to issue sts to get logs: job not belong to user")
    if job.status not in _READABLE:
        raise ApiError(2, "job status is not completed, failed, or running")
    log = call.home.log(job.id)
    return Reply(log.read_bytes() if log.exists() else b"")


def _order(call: Call) -> Order:
    given = call.given
    engine, size, with_gpu = given.text("engine"), given.text("size"), given.is_true("gpu")
    _require_one_of("engine type", engine, ENGINES)
    if with_gpu:
        _require_one_of("node size for GPU", size, GPU_NODE_SIZES)
    _require_one_of("node size", size, NODE_SIZES)
    account = call.account
    if given.number("num-nodes") < 1 or not given.text("path").startswith("stash://"):
        raise ApiError(1, "Validation failed")
    return Order(
        account=account,
        command=os.fsencode(given.text("cmd")),
        engine=engine,
        node_size=size,
        with_gpu=with_gpu,
        num_nodes=given.number("num-nodes"),
        mount_dir=locate(call.home, account, given.text("path")).inside,
    )


def _require_one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise CommandError(f"invalid {what}: {value}. Must be one of: [{' '.join(allowed)}]")


def _find(call: Call) -> Job | None:
    account, (word,) = call.account, call.given.arguments
    with Ledger(call.home) as ledger:
        _keep_going(call, ledger)
        # A word that is no number is an id that was never issued.
        return ledger.get(account, int(word)) if word.isascii() and word.isdigit() and len(word) < 19 else None


def _keep_going(call: Call, ledger: Ledger) -> None:
    # The scheduler may have been killed since: whoever looks at unfinished jobs starts it again.
    if ledger.unfinished():
        ring(call.home)
