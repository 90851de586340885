"""What was seen of Camber. A failed look is never mistaken for a fact: unreachable, absent and failed stay apart."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CamberStatus(StrEnum):
    """Camber's words for a job's state, upper-cased and with one spelling; `UNKNOWN` stands for any other word."""

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    PROVISIONING = "PROVISIONING"
    INITIALIZING = "INITIALIZING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"

    @property
    def final(self) -> bool:
        """Whether Camber will do no more for the job."""
        return self in (CamberStatus.COMPLETED, CamberStatus.FAILED, CamberStatus.CANCELLED)


class Trouble(StrEnum):
    """Why a call told nothing, by what the caller does about it."""

    CLI_MISSING = "cli_missing"
    LOGIN = "login"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    API_ERROR = "api_error"
    UNREADABLE = "unreadable"
    USAGE = "usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteJob:
    """One Camber job as `get` or a list row shows it; every figure but the id may be missing. Times are aware UTC."""

    camber_job_id: int
    status: CamberStatus
    status_word: str
    mount_dir: str | None = None
    command: str | None = None
    node_size: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def carries(self, marker: str) -> bool:
        """Whether the job's folder or command shows the marker."""
        return marker in (self.mount_dir or "") or marker in (self.command or "")

    @property
    def identified(self) -> bool:
        """Whether the row shows enough to say whose job it is."""
        return bool(self.mount_dir or self.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the CLI is logged in as; `username` is also the name of the stash."""

    username: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """`get` showed the job."""

    job: RemoteJob


@dataclass(frozen=True, slots=True)
class Absent:
    """Camber answered, and said that it has no such job (or none that is ours)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The look told nothing: wait and look again."""

    trouble: Trouble
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the job list, newest first. `total` counts all jobs of the account, where the list says so."""

    rows: tuple[RemoteJob, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class Log:
    """The job's merged output so far, decoded as UTF-8 with replacement; `truncated` where our own cap cut it."""

    text: str
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class NoLog:
    """Camber answered that it has no log for the job's state: not yet, or never."""

    reason: str


@dataclass(frozen=True, slots=True)
class Created:
    """`create` printed the id of the new job."""

    camber_job_id: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """Provably nothing was sent to Camber."""

    trouble: Trouble
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A job may or may not exist: only the list can tell."""

    reason: str


CreateOutcome = Created | NotSent | Unknown
GetOutcome = Seen | Absent | Unreachable
ListOutcome = Page | Unreachable
LogOutcome = Log | NoLog | Unreachable
