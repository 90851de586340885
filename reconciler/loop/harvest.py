"""Read a run's log, and judge every attempt whose frame stands in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection

from reconciler.domain.observations import Log, NoLog, Unreachable
from reconciler.domain.runs import Assigned, Run
from reconciler.domain.states import RunState
from reconciler.logs import Event, logger, redact
from reconciler.loop.context import Context
from reconciler.loop.cycle import guarded, side_by_side
from reconciler.loop.own_faults import blame_attempt
from reconciler.loop.settle import Verdict, judge, settle_now
from reconciler.objects.errors import ObjectsError
from reconciler.store import runs
from worker.contract import UNSTORABLE, Frame, decode_frames, decode_leaving

TAIL_CHARACTERS = 4000
JUDGED_AT_ONCE = 4
"""Documents of one run whose proofs are looked at side by side; each takes four connections to the store."""
TOGETHER_MAX = 50
"""Verdicts in one transaction: each holds a result object in memory and a lock on its job."""
TOGETHER_SECONDS = 1.0
"""How long the first of them may wait to be written."""
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
    """What one look at a run's log brought: `verdicts` are to be written, `remaining` attempts have no accepted frame.

    `troubled` where our own code failed on the frame of an attempt, or on its verdict, and it is still live: it is not
    among them.
    `answered` only if Camber showed the log or said that there is none: silence is no verdict.
    """

    log: Reading | None
    remaining: tuple[Assigned, ...]
    answered: bool
    reason: str
    verdicts: tuple[Verdict, ...] = ()
    troubled: bool = False


def harvest(context: Context, run: Run, attempts: Sequence[Assigned]) -> Harvest:
    """Read the log and judge what its frames say of these live attempts. Raises StaleLease.

    Where there is much to be judged, what is known is written meanwhile: the first document is not to wait for the
    last.
    """
    assigned, over = tuple(attempts), run.state is RunState.COLLECTING
    if run.camber_job_id is None or not (assigned or over):
        return Harvest(log=None, remaining=assigned, answered=False, reason="no attempt is waiting")
    # The log only grows: its last reading is the evidence of all.
    match context.client.logs(run.camber_job_id, decides=over):
        case Log(text=text):
            judged = _judge_frames(context, run, assigned, decode_frames(text))
            return Harvest(
                log=_reading(text, run),
                remaining=tuple(judged.waiting.values()),
                answered=True,
                reason="no frame in the log",
                verdicts=tuple(judged.unwritten),
                troubled=judged.troubled,
            )
        case NoLog(reason):
            return Harvest(log=None, remaining=assigned, answered=True, reason=reason)
        case Unreachable(trouble, reason):
            return Harvest(log=None, remaining=assigned, answered=False, reason=f"{trouble}: {reason}")


def _reading(text: str, run: Run) -> Reading:
    tail = UNSTORABLE.sub("", redact(text[-TAIL_CHARACTERS:]))
    taken = decode_leaving(text, str(run.id)) if run.linger_seconds else None
    return Reading(bytes=len(text.encode()), tail=tail, environment_failed=BOOTSTRAP_FAILED in text, inbox_taken=taken)


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of an attempt's frame: a verdict, or nothing yet where it `waits`, or `troubled` as of a harvest."""

    attempt: Assigned
    verdict: Verdict | None = None
    waits: bool = False
    troubled: bool = False


@dataclass(slots=True)
class _Judged:
    """The attempts that wait for a frame, and the verdicts that are still to be written, since when."""

    waiting: dict[str, Assigned]
    unwritten: list[Verdict] = field(default_factory=list)
    since: float = 0.0
    troubled: bool = False

    def add(self, look: _Look, now: float) -> None:
        self.troubled |= look.troubled
        if not look.waits:
            del self.waiting[str(look.attempt.id)]
        if look.verdict:
            self.since = self.since if self.unwritten else now
            self.unwritten.append(look.verdict)

    def full(self, now: float) -> bool:
        return len(self.unwritten) >= TOGETHER_MAX or bool(self.unwritten and now - self.since >= TOGETHER_SECONDS)


def _judge_frames(context: Context, run: Run, assigned: Sequence[Assigned], frames: Iterable[Frame]) -> _Judged:
    """Judge each live attempt by its own frame; foreign and repeated frames change nothing.

    A proof is a round trip or two to the store: one after the other, those of a batch would keep the next look waiting.
    """
    judged, clock = _Judged({str(attempt.id): attempt for attempt in assigned}), context.leases.clock
    spoken = _spoken(run, judged.waiting, frames)
    with ThreadPoolExecutor(JUDGED_AT_ONCE, thread_name_prefix="judge") as threads:
        while together := list(islice(spoken, JUDGED_AT_ONCE)):
            for look in side_by_side(threads, lambda one: _judge(context, run, *one), together):
                judged.add(look, clock())
            if judged.full(clock()):
                written, judged.unwritten = judged.unwritten, []
                # Whoever is still live after that is not waited for here, and must not be forgotten with the run's end.
                judged.troubled |= not settle_now(context, run, written)
    return judged


def _spoken(run: Run, live: Mapping[str, Assigned], frames: Iterable[Frame]) -> Iterator[tuple[Assigned, Frame]]:
    """The live attempts of which a frame speaks, each with the first that does."""
    told = set[str]()
    for frame in frames:
        attempt = live.get(frame.attempt_id)
        if attempt and frame.attempt_id not in told and belongs(frame, run, attempt):
            told.add(frame.attempt_id)
            yield attempt, frame


def _judge(context: Context, run: Run, attempt: Assigned, frame: Frame) -> _Look:
    """What comes of the frame; what one document brings up must not hold the others back."""

    def act() -> _Look:
        try:
            return _Look(attempt, judge(context, run, attempt, frame))
        except ObjectsError as error:
            # The store does not answer: the attempt stays live, the frame stays in the log.
            logger.bind(run_id=str(run.id), job_id=frame.job_id, reason=str(error)).warning(Event.RESULT_REFUSED)
            return _Look(attempt, waits=True)

    def blame(error: Exception) -> _Look:
        return _Look(attempt, troubled=not blame_attempt(context, run, attempt, error))

    return guarded(act, blame, run_id=str(run.id), job_id=frame.job_id)


def belongs(frame: Frame, run: Run, attempt: Assigned) -> bool:
    """Whether the frame speaks of this attempt, with the nonce that it was given."""
    expected = (str(run.id), str(attempt.job_id), attempt.nonce)
    return (frame.run_id, frame.job_id, frame.nonce) == expected


def keep_tail(connection: Connection, run: Run, log: Reading | None) -> None:
    """Keep the end of the log with the run, for operators."""
    if log:
        runs.keep_log_tail(connection, run.lease, log.bytes, log.tail)


def environment_failed(reading: Harvest) -> bool:
    """Whether the run never had an environment to work in."""
    return reading.log is not None and reading.log.environment_failed
