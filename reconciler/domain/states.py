"""The states of jobs, runs and attempts, and what may happen to them."""

from enum import StrEnum


class JobStatus(StrEnum):
    """One document's state, as the product sees it."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """One Camber job's state, as we know it."""

    PLANNED = "planned"
    """Intent is committed; nothing was sent, whatever happened to the daemon since."""
    LAUNCHING = "launching"
    """`camber job create` may be executed until the submit deadline."""
    UNKNOWN = "unknown"
    """A Camber job may exist: only the job list can tell."""
    SUBMITTED = "submitted"
    QUEUED = "queued"
    RUNNING = "running"
    COLLECTING = "collecting"
    """Camber is done with it; the results are being gathered."""
    FINISHED = "finished"
    ABANDONED = "abandoned"
    """Fenced, not over: watched until Camber shows a final state."""
    HELD = "held"
    """Waits for an operator; the reason stands beside it."""


class AttemptState(StrEnum):
    """One try's state. At most one attempt of a job is ever counted."""

    ASSIGNED = "assigned"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class JobEvent(StrEnum):
    """What happens to a job."""

    PLANNED = "planned"
    SUCCEEDED = "succeeded"
    RETRIED = "retried"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RERUN = "rerun"


class RunEvent(StrEnum):
    """What happens to a run."""

    LAUNCH_STARTED = "launch_started"
    CREATED = "created"
    NOT_SENT = "not_sent"
    REPLY_LOST = "reply_lost"
    ADOPTED = "adopted"
    PROVEN_ABSENT = "proven_absent"
    SEEN_QUEUED = "seen_queued"
    SEEN_RUNNING = "seen_running"
    SEEN_OVER = "seen_over"
    VANISHED = "vanished"
    COLLECTED = "collected"
    GIVEN_UP = "given_up"
    HELD = "held"
    RELEASED = "released"
