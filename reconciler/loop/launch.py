"""Launch a planned run: stage it, commit that create may happen now, create, write down what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reconciler.camber.argv import JobRequest
from reconciler.camber.errors import CamberError, StashUnavailable
from reconciler.camber.process import boot_now
from reconciler.domain.decide import decide_create
from reconciler.domain.observations import Created, NotSent, Unknown
from reconciler.domain.runs import Lease, Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.control import signal_of
from reconciler.loop.faults import error_details, supersede_all
from reconciler.loop.lingering import linger_of
from reconciler.loop.staging import ArchiveMissing, stage
from reconciler.objects.errors import ObjectsError, ObjectsUnavailable
from reconciler.store import runs, settling, signals
from reconciler.store.staging import StagedJob, list_staged
from worker.contract import ErrorCode

NOBODY_LIVES = "none of its attempts is live any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A run that may be launched: its live attempts, and what its worker must know at first."""

    run: Run
    staged: Sequence[StagedJob]
    signal: Mapping[str, Any]

    @property
    def lease(self) -> Lease:
        """What it is launched under."""
        return self.run.lease


def relaunch(context: Context, lease: Lease) -> str:
    """Launch a planned run that somebody else has planned; as launch."""
    with context.transaction("read_run") as connection:
        run = runs.read(connection, lease)
        staged = list_staged(connection, lease.run_id)
        signal = signal_of(signals.list_superseded(connection, lease.run_id))
    return launch(context, Planned(run=run, staged=staged, signal=signal))


def launch(context: Context, planned: Planned) -> str:
    """Launch the planned run; returns `submitted`, `not_sent` or `unknown`. Raises StaleLease."""
    run = planned.run
    if not planned.staged:
        return _not_sent(context, run, NOBODY_LIVES)
    if context.stopping.is_set():
        return _not_sent(context, run, "the daemon is stopping")
    try:
        stage(context, run, planned.staged, planned.signal, linger_of(context, run))
    except (ObjectsUnavailable, StashUnavailable) as error:
        return _not_sent(context, run, str(error))
    except (ObjectsError, CamberError, ArchiveMissing) as error:
        # Nobody else tells the breakers of these, and the next launch would fare no better.
        context.breakers.failed("create", str(error))
        return _not_sent(context, run, str(error))
    return _create(context, run)


def _create(context: Context, run: Run) -> str:
    settings = context.settings
    boot_deadline = boot_now() + settings.start_limit_seconds
    launching = _commit_launch(context, run)
    if launching is None:
        return _not_sent(context, run, NOBODY_LIVES)
    request = JobRequest(command=run.command, stash_path=run.stash_path, node_size=run.node_size)
    outcome = context.client.create(request, boot_deadline=boot_deadline)
    match outcome:
        case Created(camber_job_id):
            return _submitted(context, launching, camber_job_id)
        case NotSent(trouble, reason):
            return _not_sent(context, launching, f"{trouble}: {reason}")
        case Unknown():
            return _unknown(context, launching, outcome)


def _commit_launch(context: Context, run: Run) -> Run | None:
    """From this commit on a Camber job may exist; None where all attempts were fenced meanwhile.

    The deadline stands for the moment when create is surely dead.
    """
    window = context.settings.start_limit_seconds + context.client.create_seconds_max
    with context.transaction("start_launch") as connection:
        if not settling.any_live(connection, run.id):
            return None
        event = RunEvent.LAUNCH_STARTED
        return runs.advance(connection, run, event, "staged", deadline_seconds=window, keep_lease=True)


def _submitted(context: Context, run: Run, camber_job_id: int) -> str:
    with context.transaction("write_created") as connection:
        moved = runs.advance(
            connection,
            run,
            RunEvent.CREATED,
            f"Camber job {camber_job_id}",
            camber_job_id=camber_job_id,
            poll_seconds=context.poll_seconds(run),
            deadline_seconds=context.settings.queue_seconds,
        )
        runs.record_sighting(connection, run, camber_job_id, context.backend, None)
    context.owners.learn(run.marker, camber_job_id)
    bound = logger.bind(run_id=str(run.id), camber_job_id=camber_job_id)
    bound.bind(old_status=str(run.state), new_status=str(moved.state)).info(Event.RUN_SUBMITTED)
    return "submitted"


def _unknown(context: Context, run: Run, outcome: Unknown) -> str:
    decision = decide_create(outcome)
    with context.transaction("write_unknown") as connection:
        runs.advance(connection, run, decision.event, decision.reason, poll_seconds=context.poll_seconds(run))
    logger.bind(run_id=str(run.id), reason=decision.reason).warning(Event.RUN_LAUNCH_UNKNOWN)
    return "unknown"


def _not_sent(context: Context, run: Run, reason: str) -> str:
    """Nothing reached Camber: the jobs go back unburnt."""
    error = error_details(ErrorCode.CAMBER_FAILED, f"not launched: {reason}")
    with context.transaction("write_not_sent") as connection:
        supersede_all(connection, context, run, error)
        runs.advance(connection, run, RunEvent.NOT_SENT, reason, cost=Decimal(0))
    bound = logger.bind(run_id=str(run.id), old_status=str(run.state), new_status=str(RunState.FINISHED))
    bound.bind(reason=reason).info(Event.RUN_STATE)
    return "not_sent"
