"""What runs that linger are given: pure.

A run that waits costs as much as one that works, and does a document in seconds where a new run takes a minute. So it
is asked first. But what it would do later than a new run, and what it could not end in its time, is left to a new one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reconciler.domain.batching import BatchBounds
from reconciler.domain.pace import Pace
from reconciler.domain.policy import Policy, news_seconds, poll_seconds
from reconciler.domain.runs import ReadyJob, Run, RunId

PACKED_SECONDS = 5.0
"""So long a document may wait behind others in one run rather than wake another one: that one would stay on for it."""
LATE_SECONDS = 5.0
"""A run's idle time begins before we hear of its last document: so near to its end it may have left already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A run that can be given more. `assigned` documents are still to be answered; `left_seconds` are all it has.

    `takes` once it has answered something that it was given: its inbox can be read.
    """

    run_id: RunId
    inbox_given: int
    assigned: int
    answers: bool
    takes: bool
    ran_seconds: float
    left_seconds: float


@dataclass(slots=True)
class Gift:
    """What one run is given, and when it would have done it and all that it has."""

    host: Host
    ends_seconds: float
    jobs: list[ReadyJob] = field(default_factory=list)
    bytes: int = 0
    compute_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one run may be given at a time, and by when a new run would be done: None where none can be launched."""

    batch: BatchBounds
    pace: Pace
    elsewhere_seconds: float | None


def deal(
    ready: Sequence[ReadyJob], hosts: Sequence[Host], free_slots: int, batch: BatchBounds, pace: Pace
) -> tuple[list[Gift], list[ReadyJob]]:
    """What each of the runs is given, and what is left for new ones; both keep the order, the most urgent first.

    `hosts` come in the order in which they are preferred: as long as the first ones do, the others may end.
    """
    bounds = Bounds(batch=batch, pace=pace, elsewhere_seconds=_elsewhere(ready, len(hosts), free_slots, pace))
    gifts, rest = [Gift(host, _busy_seconds(host, pace)) for host in hosts], list[ReadyJob]()
    for job in sorted(ready, key=lambda job: -job.priority):
        taker = _taker(gifts, job, bounds)
        if taker is None:
            rest.append(job)
        else:
            _add(taker, job, pace)
    return [gift for gift in gifts if gift.jobs], rest


def _elsewhere(ready: Sequence[ReadyJob], hosts: int, free_slots: int, pace: Pace) -> float | None:
    """When new runs would be done with their share of it."""
    if free_slots < 1:
        return None
    share = sum(job.compute_seconds for job in ready) / (free_slots + hosts)
    return pace.run_seconds(share)


def _busy_seconds(host: Host, pace: Pace) -> float:
    """When the run will have done what it has; one that answered nothing yet may still be starting."""
    starting = 0.0 if host.answers else max(0.0, pace.startup_seconds - host.ran_seconds)
    return starting + host.assigned * pace.document_seconds / pace.processes


def _taker(gifts: Iterable[Gift], job: ReadyJob, bounds: Bounds) -> Gift | None:
    """The first that does it within moments; where none does, the one that does it first."""
    able = [gift for gift in gifts if _can_take(gift, job, bounds)]
    if not able:
        return None
    return next((gift for gift in able if gift.ends_seconds <= PACKED_SECONDS), min(able, key=_ends))


def _ends(gift: Gift) -> float:
    return gift.ends_seconds


def _can_take(gift: Gift, job: ReadyJob, bounds: Bounds) -> bool:
    if job.is_left_behind and not (gift.host.takes and bounds.elsewhere_seconds is None):
        return False
    ends = gift.ends_seconds + job.compute_seconds / bounds.pace.processes
    if ends + LATE_SECONDS > gift.host.left_seconds:
        return False
    if bounds.elsewhere_seconds is not None and ends > bounds.elsewhere_seconds:
        return False
    # One beyond a bound goes alone, to a run that has nothing else.
    return not (gift.jobs or gift.host.assigned) or _fits(gift, job, bounds)


def _fits(gift: Gift, job: ReadyJob, bounds: Bounds) -> bool:
    waiting = gift.host.assigned * bounds.pace.document_seconds
    return (
        gift.host.assigned + len(gift.jobs) < bounds.batch.jobs_max
        and gift.bytes + job.input_bytes <= bounds.batch.bytes_max
        and waiting + gift.compute_seconds + job.compute_seconds <= bounds.batch.compute_seconds_max
    )


def _add(gift: Gift, job: ReadyJob, pace: Pace) -> None:
    gift.jobs.append(job)
    gift.bytes += job.input_bytes
    gift.compute_seconds += job.compute_seconds
    gift.ends_seconds += job.compute_seconds / pace.processes


def linger_pause_seconds(run: Run, unanswered: int, policy: Policy, pace: Pace, jitter: float) -> float:
    """When to look again at a run that lingers: rarely while it waits, often while something of it is expected."""
    if not unanswered:
        return poll_seconds(policy, 10 * policy.poll_max_seconds, jitter)
    since = (run.now - (run.given_at or run.started_at or run.now)).total_seconds()
    return news_seconds(policy, since, 0.0, unanswered * pace.document_seconds / pace.processes, jitter)
