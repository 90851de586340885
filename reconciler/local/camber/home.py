"""Where everything stands in the emulator's one folder."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_DEFAULT = "~/.camber-local"


class Home(NamedTuple):
    """The folder that holds all state of one emulated Camber."""

    root: Path

    @property
    def config(self) -> Path:
        """The one configuration file."""
        return self.root / "config.json"

    @property
    def config_lock(self) -> Path:
        """Held while the configuration is written."""
        return self.root / "config.lock"

    @property
    def faults(self) -> Path:
        """The plan of what goes wrong; none if it is not there."""
        return self.root / "faults.json"

    @property
    def executable(self) -> Path:
        """The emulator as a tool of its own, bound to this home."""
        return self.root / "bin" / "camber"

    @property
    def executable_away(self) -> Path:
        """Where the tool is kept while it is missing."""
        return self.root / "bin" / "camber.away"

    @property
    def ledger(self) -> Path:
        """The database of jobs."""
        return self.root / "jobs.sqlite3"

    @property
    def scheduler_lock(self) -> Path:
        """Held by the scheduler for as long as it lives, and by the starter until then."""
        return self.root / "scheduler.lock"

    @property
    def scheduler_process(self) -> Path:
        """Which process the scheduler is: its id and its start."""
        return self.root / "scheduler.json"

    @property
    def scheduler_log(self) -> Path:
        """What the scheduler had to say."""
        return self.root / "scheduler.log"

    @property
    def doorbell(self) -> Path:
        """The pipe through which commands wake the scheduler."""
        return self.root / "scheduler.fifo"

    @property
    def incoming(self) -> Path:
        """Where files are written before they appear in a stash."""
        return self.root / "incoming"

    def stash(self, account: str) -> Path:
        """The root of an account's stash."""
        return self.root / "stash" / account

    def job(self, job_id: int) -> Path:
        """A job's own folder, outside of any stash."""
        return self.root / "jobs" / str(job_id)

    def log(self, job_id: int) -> Path:
        """A job's merged output."""
        return self.job(job_id) / "log"

    def exit_code(self, job_id: int) -> Path:
        """The exit code of a job's command, there once it has ended by itself."""
        return self.job(job_id) / "exit-code"

    def user_home(self, job_id: int) -> Path:
        """What the job sees as its HOME: fresh, and its mark in the list of processes."""
        return self.job(job_id) / "home"

    def node(self, job_id: int) -> Path:
        """The interpreter that the job finds on its node."""
        return self.job(job_id) / "node"

    def work(self, job_id: int) -> Path:
        """The job's copy of its stash folder, where the mount is a snapshot."""
        return self.job(job_id) / "work"


def open_home(environ: Mapping[str, str]) -> Home:
    """The home that the environment names, made on first use and closed to others."""
    root = Path(environ.get("CAMBER_LOCAL_HOME") or _DEFAULT).expanduser().absolute()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Home(root)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; it is let go when its holder dies, however that happens."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
