"""Jobs, attempts and runs as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from reconciler.domain.states import RunState

JobId = NewType("JobId", UUID)
RunId = NewType("RunId", UUID)
AttemptId = NewType("AttemptId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of one process to write one run: every write it allows is fenced by owner and epoch."""

    run_id: RunId
    owner: UUID
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as it stood when it was claimed; `now` is the database's clock at that moment."""

    id: RunId
    lease: Lease
    state: RunState
    marker: str
    stash_path: str
    camber_job_id: int | None
    camber_status: str | None
    account: str
    id_floor: int | None
    submit_deadline: datetime | None
    queue_deadline: datetime | None
    run_deadline: datetime | None
    collect_deadline: datetime | None
    launch_started_at: datetime | None
    absent_count: int
    absent_since: datetime | None
    log_bytes: int
    created_at: datetime
    now: datetime
    started_at: datetime | None = None
    """When it was first seen running."""
    attempts_total: int = 1
    node_size: str = ""
    """As it was planned, and so as it is launched, whatever the settings say by now."""
    command: str = ""
    released_at: datetime | None = None
    """When an operator last had it looked for again."""
    linger_seconds: float = 0.0
    """How long it stays without work; 0 where it leaves after its batch."""
    take_seconds: float = 0.0
    """How long after its start it takes further documents."""
    inbox_given: int = 0
    """How often it was given further documents."""
    inbox_put: int = 0
    """How many of those stand in the store."""
    given_at: datetime | None = None
    """When it was last given something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyJob:
    """A pending job whose input was seen in the store; sizes in bytes, and what one process is expected to need."""

    id: JobId
    user_id: UUID
    priority: int
    input_bytes: int
    compute_seconds: float = 0.0
    is_left_behind: bool = False
    """A run that lingered left without it: it is launched, or given to one that is known to take if no slot is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a job has spent: `attempt_count` counts job faults only."""

    attempt_count: int
    max_attempts: int
    platform_faults: int
    unknown_launches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A live attempt of a run, with what is needed to judge its result."""

    id: AttemptId
    job_id: JobId
    user_id: UUID
    number: int
    nonce: str
    output_format: str
    budget: Budget
    inbox_number: int | None = None
    """The inbox object it was given in; None where the run was launched with it."""
