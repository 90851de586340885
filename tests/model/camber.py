"""Camber in memory, at the seam of the client: what it was asked for it does, and what goes wrong is within the budget.

The fault budget. A create may be refused, or be done and its reply lost, and be done as late as its limit allows; a new
job may be missing from the list for as long as the settle window; one read of the list, and not the next one, may lack
a job without saying so; a list may come in pages of two rows; any look may fail; `get` may deny a job that the list
shows; a log may be cut or come late; a job may be cancelled by nobody, or fail with all its frames written. Not within
it, as in the promises: a create that is done after its deadline, and a list that lacks a job for longer.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.camber.argv import JobRequest
from reconciler.camber.errors import StashUnavailable
from reconciler.domain.observations import (
    Absent,
    Account,
    CamberStatus,
    Created,
    CreateOutcome,
    GetOutcome,
    ListOutcome,
    Log,
    LogOutcome,
    NoLog,
    Page,
    RemoteJob,
    Seen,
    Trouble,
    Unknown,
    Unreachable,
)
from reconciler.loop.crashpoints import around
from reconciler.loop.leases import Leases
from reconciler.objects.errors import ObjectMissing
from reconciler.objects.store import ObjectHead
from worker.contract import CONTROL_FILE

SETTLE_SECONDS = 60.0
START_SECONDS = 30.0
CREATE_SECONDS = 60.0
FAULTS = (
    *("create refused", "create lost", "create late", "list forgets", "list capped", "list away"),
    *("get away", "get denies"),
    *("logs away", "log cut", "log late", "stash away", "me away"),
)
SILENCE = Unreachable(Trouble.TIMEOUT, "the model says nothing")


@dataclass(kw_only=True)
class Job:
    """One Camber job."""

    number: int
    command: str
    folder: str
    created: float
    status: CamberStatus = CamberStatus.PENDING
    log: list[str] = field(default_factory=list)
    worked: int = 0


SOMEBODY_ELSES = Job(
    number=999, command="python3 theirs.py", folder="stash://tester/theirs/", created=0.0, status=CamberStatus.COMPLETED
)
"""The account was used before, so from the first launch on there is a highest id."""


@dataclass(kw_only=True)
class Camber:
    """The service, with its own clock in seconds."""

    now: float = 0.0
    jobs: dict[int, Job] = field(default_factory=dict)
    stash: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    """How many more calls each fault befalls."""
    lag_seconds: float = 0.0
    """For how long a new job is missing from the list."""
    forgotten: int | None = None
    """The job that this read of the list lacks."""

    def goes_wrong(self, fault: str) -> bool:
        left = self.faults.get(fault, 0)
        self.faults[fault] = max(0, left - 1)
        return left > 0

    def there(self) -> list[Job]:
        """What exists by now, oldest first."""
        return sorted((job for job in self.jobs.values() if job.created <= self.now), key=lambda job: job.number)

    def listed(self, page: int) -> list[Job]:
        """Newest first, as the list shows it."""
        shown = [job for job in reversed(self.there()) if job.created <= self.now - self.lag_seconds]
        if page == 1:
            forgets = self.forgotten is None and bool(shown) and self.goes_wrong("list forgets")
            self.forgotten = shown[0].number if forgets else None
        return [*(job for job in shown if job.number != self.forgotten), SOMEBODY_ELSES]

    def run_file(self, job: Job) -> bytes:
        return self.stash[f"{job.folder}run.json"]

    def signal(self, job: Job) -> dict[str, object]:
        return dict(json.loads(self.stash.get(f"{job.folder}{CONTROL_FILE}", b"{}")))


class ModelClient:
    """The calls of one daemon. Like the doors, it asks for the lease before each."""

    create_seconds_max = CREATE_SECONDS

    def __init__(self, camber: Camber, leases: Leases) -> None:
        self._camber, self._leases = camber, leases

    def me(self) -> Account | Unreachable:
        return SILENCE if self._camber.goes_wrong("me away") else Account(username="tester")

    def create(self, request: JobRequest, *, boot_deadline: float) -> CreateOutcome:
        self._leases.require()
        with around("create"):
            return self._create(request)

    def _create(self, request: JobRequest) -> CreateOutcome:
        if self._camber.goes_wrong("create refused"):
            return Unknown("code=2, Failed to create job")
        number, late = 1000 + len(self._camber.jobs), self._camber.goes_wrong("create late")
        created = self._camber.now + (START_SECONDS + CREATE_SECONDS) * late
        self._camber.jobs[number] = Job(
            number=number, command=request.command, folder=request.stash_path, created=created
        )
        lost = late or self._camber.goes_wrong("create lost")
        return Unknown("the reply was lost") if lost else Created(number)

    def get(self, camber_job_id: int, *, known: str | None = None) -> GetOutcome:
        self._leases.require()
        if self._camber.goes_wrong("get away"):
            return SILENCE
        if self._camber.goes_wrong("get denies") or camber_job_id not in {job.number for job in self._camber.there()}:
            return Absent("code=404, job not found")
        return Seen(_row(self._camber.jobs[camber_job_id]))

    def list_page(self, page: int, size: int | None = None, *, decides: bool = True) -> ListOutcome:
        self._leases.require()
        if self._camber.goes_wrong("list away"):
            return SILENCE
        size = 2 if self._camber.goes_wrong("list capped") else size or 50
        jobs = self._camber.listed(page)
        return Page(rows=tuple(map(_row, jobs[(page - 1) * size : page * size])), total=len(jobs))

    def logs(self, camber_job_id: int, *, decides: bool = True) -> LogOutcome:
        self._leases.require()
        if self._camber.goes_wrong("logs away"):
            return SILENCE
        log = "".join(f"{line}\n" for line in self._camber.jobs[camber_job_id].log)
        if not log or self._camber.goes_wrong("log late"):
            return NoLog("code=15, no log yet")
        return Log(text=log[: len(log) // 2] if self._camber.goes_wrong("log cut") else log)

    def upload(self, local: Path, stash_path: str, *, recursive: bool = False) -> None:
        self._leases.require()
        if self._camber.goes_wrong("stash away"):
            raise StashUnavailable(Trouble.TIMEOUT, "the model's stash is away")
        files = local.iterdir() if recursive else [local]
        named = {f"{stash_path}{file.name}" if recursive else stash_path: file.read_bytes() for file in files}
        self._camber.stash |= named

    def remove(self, stash_path: str) -> None:
        for name in [name for name in self._camber.stash if name.startswith(stash_path)]:
            del self._camber.stash[name]


def _row(job: Job) -> RemoteJob:
    return RemoteJob(
        camber_job_id=job.number,
        status=job.status,
        status_word=str(job.status),
        mount_dir=job.folder.split("/", 3)[3],
        command=job.command,
    )


class ModelObjects:
    """The object store in memory."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}

    def head(self, key: str) -> ObjectHead | None:
        data = self.data.get(key)
        md5 = hashlib.md5(data or b"", usedforsecurity=False).hexdigest()
        return None if data is None else ObjectHead(size_bytes=len(data), etag=md5)

    def get(self, key: str, *, bytes_max: int) -> bytes:
        if key not in self.data:
            raise ObjectMissing(key)
        return self.data[key]

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self.data[key] = data

    def delete(self, key: str) -> None:
        self.data.pop(key, None)

    def presign_get(self, key: str, seconds: int) -> str:
        return f"https://objects.example/{key}?get"

    def presign_put(self, key: str, seconds: int) -> str:
        return f"https://objects.example/{key}?put"


def names(jobs: Sequence[Job]) -> list[tuple[int, str]]:
    """Each Camber job with the text that shows its marker."""
    return [(job.number, job.command) for job in jobs]
