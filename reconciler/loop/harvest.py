"""Read a run's log, and settle every attempt whose frame stands in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.domain.observations import Log, NoLog, Unreachable
from reconciler.domain.runs import Assigned, Run
from reconciler.domain.states import RunState
from reconciler.logs import Event, logger, redact
from reconciler.loop.context import Context
from reconciler.loop.cycle import guarded
from reconciler.loop.own_faults import blame_attempt
from reconciler.loop.settle import settle_frame
from reconciler.objects.errors import ObjectsError
from reconciler.store import jobs, runs
from worker.contract import UNSTORABLE, Frame, decode_frames, decode_leaving

TAIL_CHARACTERS = 4000
BOOTSTRAP_FAILED = "RYTHMIQ-BOOTSTRAP 1 failed "
"""What the bootstrap prints when a run's environment could not be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One read of a log: how long it was, in bytes, and its redacted end."""

    bytes: int
    tail: str
    environment_failed: bool
    inbox_taken: int | None
    """How often a run that lingered took something, once it said so when it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What one look at a run's log brought: `remaining` attempts have no accepted frame yet.

    `answered` only if Camber showed the log or said that there is none: silence is no verdict.
    """

    log: Reading | None
    remaining: tuple[Assigned, ...]
    answered: bool
    reason: str


def harvest(context: Context, run: Run) -> Harvest:
    """Read the log and settle what its frames say. Raises StaleLease."""
    with context.transaction("list_assigned") as connection:
        assigned = tuple(jobs.list_assigned(connection, run.id))
    over = run.state is RunState.COLLECTING
    if run.camber_job_id is None or not (assigned or over):
        return Harvest(log=None, remaining=assigned, answered=False, reason="no attempt is waiting")
    # The log only grows: its last reading is the evidence of all.
    match context.client.logs(run.camber_job_id, decides=over):
        case Log(text=text):
            remaining = _settle_frames(context, run, assigned, decode_frames(text))
            return Harvest(log=_reading(text, run), remaining=remaining, answered=True, reason="no frame in the log")
        case NoLog(reason):
            return Harvest(log=None, remaining=assigned, answered=True, reason=reason)
        case Unreachable(trouble, reason):
            return Harvest(log=None, remaining=assigned, answered=False, reason=f"{trouble}: {reason}")


def _reading(text: str, run: Run) -> Reading:
    tail = UNSTORABLE.sub("", redact(text[-TAIL_CHARACTERS:]))
    taken = decode_leaving(text, str(run.id)) if run.linger_seconds else None
    return Reading(bytes=len(text.encode()), tail=tail, environment_failed=BOOTSTRAP_FAILED in text, inbox_taken=taken)


def _settle_frames(
    context: Context, run: Run, assigned: Sequence[Assigned], frames: Iterable[Frame]
) -> tuple[Assigned, ...]:
    """Settle each live attempt by its own frame; foreign and repeated frames change nothing."""
    waiting = {str(attempt.id): attempt for attempt in assigned}
    for frame in frames:
        attempt = waiting.get(frame.attempt_id)
        if attempt and belongs(frame, run, attempt) and _settled(context, run, attempt, frame):
            del waiting[frame.attempt_id]
    return tuple(waiting.values())


def _settled(context: Context, run: Run, attempt: Assigned, frame: Frame) -> bool:
    """Settle it by the frame; what one document brings up must not hold the others back."""

    def act() -> bool:
        try:
            settle_frame(context, run, attempt, frame)
        except ObjectsError as error:
            # The store does not answer: the attempt stays live, the frame stays in the log.
            logger.bind(run_id=str(run.id), job_id=frame.job_id, reason=str(error)).warning(Event.RESULT_REFUSED)
            return False
        return True

    def blame(error: Exception) -> bool:
        return blame_attempt(context, run, attempt, error)

    return guarded(act, blame, run_id=str(run.id), job_id=frame.job_id)


def belongs(frame: Frame, run: Run, attempt: Assigned) -> bool:
    """Whether the frame speaks of this attempt, with the nonce that it was given."""
    expected = (str(run.id), str(attempt.job_id), attempt.nonce)
    return (frame.run_id, frame.job_id, frame.nonce) == expected


def keep_tail(context: Context, run: Run, log: Reading | None) -> None:
    """Keep the end of the log with the run, for operators."""
    if log:
        with context.transaction("keep_tail") as connection:
            runs.keep_log_tail(connection, run.lease, log.bytes, log.tail)


def environment_failed(reading: Harvest) -> bool:
    """Whether the run never had an environment to work in."""
    return reading.log is not None and reading.log.environment_failed
