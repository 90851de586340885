"""THE table: which event leads from which state to which.

Runs move through it and no other way. The database holds the same table, and its triggers refuse every other move.
"""

from collections.abc import Iterable

from reconciler.domain.states import AttemptState, JobEvent, JobStatus, RunEvent, RunState

_J, _JE, _R, _RE = JobStatus, JobEvent, RunState, RunEvent


class IllegalTransition(AssertionError):
    """A transition that the table does not hold: the cycle must stop, the data stays."""


JOB_TRANSITIONS: dict[tuple[JobStatus, JobEvent], JobStatus] = {
    (_J.PENDING, _JE.PLANNED): _J.PROCESSING,
    (_J.PENDING, _JE.FAILED): _J.FAILED,
    (_J.PENDING, _JE.CANCELLED): _J.CANCELLED,
    (_J.PENDING, _JE.RERUN): _J.PENDING,
    (_J.PROCESSING, _JE.SUCCEEDED): _J.COMPLETED,
    (_J.PROCESSING, _JE.FAILED): _J.FAILED,
    (_J.PROCESSING, _JE.RETRIED): _J.PENDING,
    (_J.PROCESSING, _JE.CANCELLED): _J.CANCELLED,
    (_J.PROCESSING, _JE.RERUN): _J.PENDING,
    (_J.COMPLETED, _JE.RERUN): _J.PENDING,
    (_J.FAILED, _JE.RERUN): _J.PENDING,
    (_J.CANCELLED, _JE.RERUN): _J.PENDING,
}

RUN_TRANSITIONS: dict[tuple[RunState, RunEvent], RunState] = {
    (_R.PLANNED, _RE.LAUNCH_STARTED): _R.LAUNCHING,
    (_R.PLANNED, _RE.NOT_SENT): _R.FINISHED,
    (_R.PLANNED, _RE.HELD): _R.HELD,
    (_R.LAUNCHING, _RE.CREATED): _R.SUBMITTED,
    (_R.LAUNCHING, _RE.NOT_SENT): _R.FINISHED,
    (_R.LAUNCHING, _RE.REPLY_LOST): _R.UNKNOWN,
    (_R.UNKNOWN, _RE.ADOPTED): _R.SUBMITTED,
    (_R.UNKNOWN, _RE.PROVEN_ABSENT): _R.ABANDONED,
    (_R.UNKNOWN, _RE.HELD): _R.HELD,
    (_R.SUBMITTED, _RE.SEEN_QUEUED): _R.QUEUED,
    (_R.SUBMITTED, _RE.SEEN_RUNNING): _R.RUNNING,
    (_R.SUBMITTED, _RE.SEEN_OVER): _R.COLLECTING,
    (_R.SUBMITTED, _RE.VANISHED): _R.COLLECTING,
    (_R.SUBMITTED, _RE.GIVEN_UP): _R.ABANDONED,
    (_R.QUEUED, _RE.SEEN_RUNNING): _R.RUNNING,
    (_R.QUEUED, _RE.SEEN_OVER): _R.COLLECTING,
    (_R.QUEUED, _RE.VANISHED): _R.COLLECTING,
    (_R.QUEUED, _RE.GIVEN_UP): _R.ABANDONED,
    (_R.RUNNING, _RE.SEEN_OVER): _R.COLLECTING,
    (_R.RUNNING, _RE.VANISHED): _R.COLLECTING,
    (_R.RUNNING, _RE.GIVEN_UP): _R.ABANDONED,
    (_R.COLLECTING, _RE.COLLECTED): _R.FINISHED,
    (_R.ABANDONED, _RE.ADOPTED): _R.ABANDONED,
    (_R.ABANDONED, _RE.SEEN_OVER): _R.FINISHED,
    (_R.ABANDONED, _RE.VANISHED): _R.FINISHED,
    **{
        (state, _RE.HELD): _R.HELD
        for state in (_R.LAUNCHING, _R.SUBMITTED, _R.QUEUED, _R.RUNNING, _R.COLLECTING, _R.ABANDONED)
    },
    (_R.HELD, _RE.RELEASED): _R.UNKNOWN,
    (_R.HELD, _RE.GIVEN_UP): _R.ABANDONED,
}

ATTEMPT_TRANSITIONS: dict[tuple[AttemptState, AttemptState], AttemptState] = {
    (AttemptState.ASSIGNED, verdict): verdict for verdict in AttemptState if verdict is not AttemptState.ASSIGNED
}
"""An attempt is settled once: its event is its verdict."""

JOB_FINAL = frozenset({_J.COMPLETED, _J.FAILED, _J.CANCELLED})
RUN_FINAL = frozenset({_R.FINISHED})


def next_job_status(status: JobStatus, event: JobEvent) -> JobStatus:
    """The job's status after the event; raises IllegalTransition."""
    try:
        return JOB_TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(f"a {status} job cannot be {event}") from None


def next_run_state(state: RunState, event: RunEvent) -> RunState:
    """The run's state after the event; raises IllegalTransition."""
    try:
        return RUN_TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"a {state} run cannot be {event}") from None


def mermaid() -> str:
    """Draw both tables as Mermaid state diagrams, for the README and the docs."""
    return "\n".join([*_diagram("Job", JOB_TRANSITIONS.items()), "", *_diagram("Run", RUN_TRANSITIONS.items())])


def _diagram(title: str, table: Iterable[tuple[tuple[str, str], str]]) -> list[str]:
    edges: dict[tuple[str, str], list[str]] = {}
    for (state, event), target in table:
        edges.setdefault((state, target), []).append(event.replace("_", " "))
    lines = [f"    {a} --> {b}: {' / '.join(events)}" for (a, b), events in edges.items()]
    return ["```mermaid", "---", f"title: {title}", "---", "stateDiagram-v2", *lines, "```"]
