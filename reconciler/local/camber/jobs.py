"""`camber job create|get|list|logs`: all that can be done to a job. There is no cancel."""

import io
import os
import time

from reconciler.local.camber import job_screens, pace, trees
from reconciler.local.camber.commands import ENGINES, GPU_NODE_SIZES, NODE_SIZES
from reconciler.local.camber.config import Config
from reconciler.local.camber.doorbell import ring
from reconciler.local.camber.errors import ApiError, CommandError
from reconciler.local.camber.ledger import Fate, Job, Ledger, Order, Status
from reconciler.local.camber.screens import answer_json
from reconciler.local.camber.service import Call, Reply
from reconciler.local.camber.stash_paths import locate

_READABLE = frozenset({Status.RUNNING, Status.COMPLETED, Status.FAILED})


def create(call: Call) -> Reply:
    """Record a job and see that the scheduler knows of it."""
    job_id = launch(call, _order(call))
    if call.given.has("output") and call.given.text("output") == "json":
        return Reply(answer_json(job_screens.created_mapping(job_id, call.config), call.config))
    return Reply(job_screens.created(job_id, call.config))


def launch(call: Call, order: Order) -> int:
    """Record a job, see that the scheduler knows of it, and return its id."""
    duration = pace.of(call.config).create
    pace.take(duration, share=0.5)
    with Ledger(call.home) as ledger:
        job_id = ledger.create(call.config, order, time.time(), _fate(call, order))
    ring(call.home)
    pace.take(duration, share=0.5)
    return job_id


def get(call: Call) -> Reply:
    """Show one job."""
    job = find(call)
    pace.take(pace.of(call.config).get)
    if job is None:
        raise ApiError(call.config.unknown_job_code, call.config.unknown_job_message)
    if call.given.text("output") == "json":
        return Reply(answer_json(job_screens.as_mapping(_as_shown(call, job), call.config), call.config))
    return Reply(job_screens.information(_as_shown(call, job), call.config))


def list_page(call: Call) -> Reply:
    """Show a page of the account's jobs, newest first."""
    number = call.given.number("page")
    size = call.given.number("size") if call.given.has("size") else call.config.page_size
    if number < 1 or size < 1:
        raise ApiError(1, "Validation failed")
    account = call.account
    pace.take(pace.of(call.config).list)
    until = time.time() - call.tampering.list_lag_seconds
    with Ledger(call.home) as ledger:
        jobs, total = ledger.page(account, *_window(call, number, size), until), ledger.total(account, until)
        _keep_going(call, ledger)
    jobs = [_as_shown(call, job) for job in jobs[: call.tampering.page_rows_lost_from]]
    if call.given.text("output") == "json":
        items = [job_screens.as_mapping(job, call.config, in_list=True) for job in jobs]
        return Reply(answer_json({call.config.total_key: total, call.config.list_key: items}, call.config))
    return Reply(job_screens.listing(jobs, call.config))


def logs(call: Call) -> Reply:
    """Show what a job has written so far, byte for byte."""
    job = find(call)
    pace.take(pace.of(call.config).logs)
    if job is None:
        raise ApiError(15, "Failed to issue sts to get logs: job not belong to user")
    if job.status not in _READABLE:
        raise ApiError(2, "job status is not completed, failed, or running")
    log = call.home.log(job.id)
    return Reply(_as_logged(call.config, log.read_bytes() if log.exists() else b""))


def find(call: Call) -> Job | None:
    """The job that the call's argument names, if the account has it."""
    account, (word,) = call.account, call.given.arguments
    with Ledger(call.home) as ledger:
        _keep_going(call, ledger)
        # A word that is no number is an id that was never issued.
        return ledger.get(account, int(word)) if word.isascii() and word.isdigit() and len(word) < 19 else None


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


def _fate(call: Call, order: Order) -> Fate:
    folder = call.home.stash(order.account) / order.mount_dir
    crowded = pace.crowded_delay(call.config, trees.count_files(folder, call.config.crowded_files))
    return Fate(call.tampering.queue_seconds + crowded, call.tampering.cancel_seconds)


def _window(call: Call, number: int, size: int) -> tuple[int, int]:
    """How many jobs come before the page, and how many are on it."""
    limits = [limit for limit in (call.tampering.page_rows_max, call.config.page_size_max or None) if limit is not None]
    size = min([size, *limits])
    shift = call.tampering.page_shift_rows if number > 1 else 0
    return max(0, (number - 1) * size - shift), size


def _as_shown(call: Call, job: Job) -> Job:
    """The job as the service's clock and words have it in this call."""
    word = dict(call.tampering.status_words).get(job.status, job.status)
    skew = call.tampering.clock_skew_seconds
    return job._replace(
        status=word,
        created_at=job.created_at + skew,
        started_at=None if job.started_at is None else job.started_at + skew,
        finished_at=None if job.finished_at is None else job.finished_at + skew,
    )


def _as_logged(config: Config, log: bytes) -> bytes:
    prefix = config.log_prefix.encode()
    whole = b"".join(prefix + line for line in io.BytesIO(log)) if prefix else log
    kept = whole[-config.log_bytes_max :] if config.log_bytes_max else whole
    return kept + b"\n" if config.log_newline and kept and not kept.endswith(b"\n") else kept


def _keep_going(call: Call, ledger: Ledger) -> None:
    # The scheduler may have been killed since: whoever looks at unfinished jobs starts it again.
    if ledger.unfinished():
        ring(call.home)
