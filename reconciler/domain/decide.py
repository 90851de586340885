"""Turn what was observed into what is done. Pure: every decision can be replayed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from reconciler.domain.observations import (
    Absent,
    CamberStatus,
    Created,
    CreateOutcome,
    GetOutcome,
    NotSent,
    RemoteJob,
    Seen,
    Unknown,
    Unreachable,
)
from reconciler.domain.policy import Policy, backoff_seconds
from reconciler.domain.runs import Budget, Run
from reconciler.domain.states import RunEvent, RunState
from worker.contract import ERRORS, ErrorCode, Fault, Retry


@dataclass(frozen=True, slots=True)
class Advance:
    """The run moves on."""

    event: RunEvent
    reason: str


@dataclass(frozen=True, slots=True)
class Keep:
    """The run stays as it is and is looked at again.

    `absent` where Camber said that it has no such job; `missed` where a complete list did not show it either.
    """

    reason: str
    missed: bool = False
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """Camber said that it has no such job: only the list can confirm that."""

    reason: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """The launch whose reply was lost did create this job."""

    job: RemoteJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One look through the job list for a marker. `complete` only if every row down to the id floor was identified."""

    found: RemoteJob | None
    complete: bool
    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The job goes back to the queue after a pause; `fault` says whose budget is spent."""

    fault: Fault
    pause_seconds: float


@dataclass(frozen=True, slots=True)
class Fail:
    """The job has failed for good."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Hold:
    """The job waits for an operator."""

    reason: str


def decide_create(outcome: CreateOutcome) -> Advance:
    """After `create` answered, or did not."""
    match outcome:
        case Created(camber_job_id):
            return Advance(RunEvent.CREATED, f"Camber job {camber_job_id}")
        case NotSent(trouble, reason):
            return Advance(RunEvent.NOT_SENT, f"{trouble}: {reason}")
        case Unknown(reason):
            return Advance(RunEvent.REPLY_LOST, reason)
        case _:
            assert_never(outcome)


def decide_watch(run: Run, outcome: GetOutcome) -> Advance | Keep | Confirm:
    """After one look at a submitted run."""
    match outcome:
        case Unreachable(trouble, reason):
            return Keep(f"{trouble}: {reason}")
        case Absent(reason):
            return Confirm(reason)
        case Seen(job):
            return _seen(run, job)
        case _:
            assert_never(outcome)


def decide_absence(run: Run, search: Search, policy: Policy) -> Advance | Keep:
    """After `get` said that there is no such job, and one look through the list.

    Absence is a fact only after several complete looks in a row, over the whole settle window.
    """
    if search.found or not search.complete:
        return Keep(search.reason, absent=search.found is None)
    reads = run.absent_count + 1
    settled = run.absent_since and _past(run.absent_since + timedelta(seconds=policy.settle_seconds), run.now)
    if settled and reads >= policy.absent_reads_min:
        return Advance(RunEvent.VANISHED, f"`get` and {reads} complete reads of the list missed it")
    return Keep(search.reason, missed=True)


def _seen(run: Run, job: RemoteJob) -> Advance | Keep:
    if job.status.final:
        return Advance(RunEvent.SEEN_OVER, f"Camber says {job.status}")
    if run.state is RunState.ABANDONED:
        return Keep("fenced, still going on")
    if job.status is CamberStatus.RUNNING or run.state is RunState.RUNNING:
        return _seen_running(run, job)
    return _seen_waiting(run, job)


def _seen_waiting(run: Run, job: RemoteJob) -> Advance | Keep:
    """An unknown word may mean that it runs: it keeps the state."""
    if job.status is CamberStatus.UNKNOWN:
        return Keep(f"Camber says {job.status_word}")
    if _past(run.queue_deadline, run.now):
        return Advance(RunEvent.GIVEN_UP, "it queued beyond its deadline")
    if run.state is RunState.SUBMITTED:
        return Advance(RunEvent.SEEN_QUEUED, f"Camber says {job.status}")
    return Keep(f"Camber says {job.status_word}")


def _seen_running(run: Run, job: RemoteJob) -> Advance | Keep:
    if run.state is not RunState.RUNNING:
        return Advance(RunEvent.SEEN_RUNNING, "Camber says RUNNING")
    if _past(run.run_deadline, run.now):
        return Advance(RunEvent.GIVEN_UP, "it ran beyond its deadline")
    return Keep(f"Camber says {job.status_word}")


def decide_search(
    run: Run, search: Search, reads: int, unknown_launches: int, policy: Policy
) -> Adopt | Advance | Keep:
    """After one look through the list for a launch whose outcome is unknown.

    `reads` counts the complete looks that missed it, this one included; `unknown_launches` is the most that any of the
    run's jobs has already been through. A look within the settle window may miss a job that is there: it counts not.
    An operator who released the run has allowed its jobs as many launches as if there had been none.
    """
    if search.found:
        return Adopt(search.found)
    if not search.complete:
        return Keep(search.reason)
    deadline = run.submit_deadline or run.created_at
    if not _past(deadline + timedelta(seconds=policy.settle_seconds), run.now):
        return Keep("not in the list yet")
    if reads < policy.absent_reads_min:
        return Keep("not in the list", missed=True)
    if unknown_launches >= policy.relaunch_max and run.released_at is None:
        return Advance(RunEvent.HELD, "launched too often without a known outcome")
    return Advance(RunEvent.PROVEN_ABSENT, f"{reads} complete reads of the list missed it")


def missing_code(camber_status: str | None, *, environment_failed: bool) -> ErrorCode:
    """Why a document of a run that is over has no result."""
    if environment_failed:
        return ErrorCode.ENVIRONMENT_FAILED
    match (camber_status or "").upper():
        case "FAILED":
            return ErrorCode.CAMBER_FAILED
        case "CANCELLED" | "CANCELED":
            return ErrorCode.CAMBER_CANCELLED
        case _:
            return ErrorCode.RESULT_MISSING


def decide_failure(code: ErrorCode, budget: Budget, policy: Policy, jitter: float) -> TryAgain | Fail | Hold:
    """What a failed attempt means for its job; `jitter` lies in [0, 1)."""
    kind = ERRORS[code]
    if kind.fault is Fault.PLATFORM:
        faults = budget.platform_faults + 1
        if faults >= policy.platform_faults_max:
            return Hold(f"{faults} platform faults in a row, the last: {code}")
        return TryAgain(Fault.PLATFORM, backoff_seconds(policy, faults, jitter))
    tries = {Retry.NEVER: 1, Retry.ONCE: min(2, budget.max_attempts), Retry.YES: budget.max_attempts}[kind.retry]
    spent = budget.attempt_count + 1
    return Fail(Fault.JOB) if spent >= tries else TryAgain(Fault.JOB, backoff_seconds(policy, spent, jitter))


def is_duplicate(state: RunState, known_id: int | None, camber_job_id: int) -> bool:
    """Whether a Camber job that carries a run's marker is one that no live attempt owns.

    One whose run is still being looked for is adopted by that run, whatever becomes of it then.
    """
    if known_id is None:
        return state is RunState.FINISHED
    return known_id != camber_job_id


def decide_own_fault(faults: int, kind: str, policy: Policy) -> str | None:
    """Why something on which our own code failed so often waits for an operator; None while it may be tried again."""
    if faults < policy.own_faults_max:
        return None
    return f"the reconciler itself failed on it {faults} times, the last: {kind}; its log has the traceback"


def _past(deadline: datetime | None, now: datetime) -> bool:
    return deadline is not None and now >= deadline
