"""The jobs that were ever created: the service's own memory, in SQLite, shared by all invocations and the scheduler."""

import sqlite3
from collections.abc import Callable, Sequence
from enum import StrEnum
from types import TracebackType
from typing import NamedTuple, Self

from reconciler.local.camber import pace
from reconciler.local.camber.config import Config
from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.home import Home, locked

_BUSY_SECONDS_MAX = 60.0
SCHEMA_VERSIONS = (
    """
CREATE TABLE counter (last_id INTEGER NOT NULL);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    command BLOB NOT NULL,
    engine TEXT NOT NULL,
    node_size TEXT NOT NULL,
    with_gpu INTEGER NOT NULL,
    num_nodes INTEGER NOT NULL,
    mount_dir TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    created_at REAL NOT NULL,
    ready_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    pid INTEGER,
    pid_start INTEGER,
    script TEXT,
    CHECK ((finished_at IS NOT NULL) = (status IN ('COMPLETED', 'FAILED', 'CANCELLED'))),
    CHECK (started_at IS NOT NULL OR status IN ('PENDING', 'CANCELLED'))
);
CREATE INDEX jobs_unfinished ON jobs (status, id) WHERE finished_at IS NULL;
CREATE INDEX jobs_of_account ON jobs (account, id);
""",
    """
ALTER TABLE jobs ADD COLUMN cancel_at REAL;
CREATE INDEX jobs_started ON jobs (started_at) WHERE started_at IS NOT NULL;
CREATE TABLE apps (
    name TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE fault_counts (
    plan TEXT NOT NULL,
    rule INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    fired INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (plan, rule)
);
""",
)
"""What each version of the schema adds to the one before."""
_VERSION = len(SCHEMA_VERSIONS)
_OF_OTHERS = (b'python3 analyse.py --status "Status: FAILED"', "MPI", "other-program")
"""Command, engine and folder of the jobs that other programs of the account create."""


class Status(StrEnum):
    """What a job can be."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Fate(NamedTuple):
    """What will befall a new job, other than what it does itself."""

    queue_seconds: float = 0.0
    cancel_seconds: float | None = None


class Order(NamedTuple):
    """What was asked for by `job create`."""

    account: str
    command: bytes
    engine: str
    node_size: str
    with_gpu: bool
    num_nodes: int
    mount_dir: str


class Job(NamedTuple):
    """One row of the ledger, in the order of its columns."""

    id: int
    account: str
    command: bytes
    engine: str
    node_size: str
    with_gpu: int
    num_nodes: int
    mount_dir: str
    status: str
    created_at: float
    ready_at: float
    started_at: float | None
    finished_at: float | None
    pid: int | None
    pid_start: int | None
    script: str | None
    cancel_at: float | None


class App(NamedTuple):
    """One app, in the order of its columns."""

    name: str
    account: str
    definition: str
    created_at: float


class Ledger:
    """An open ledger. Each method is one transaction."""

    def __init__(self, home: Home) -> None:
        self._database = sqlite3.connect(home.ledger, timeout=_BUSY_SECONDS_MAX, isolation_level=None)
        try:
            self._lay_out(home)
        except sqlite3.DatabaseError as error:
            raise EmulatorError(f"{home.ledger}: {error}") from error
        # Killed processes lose nothing by this; only a machine that loses its power could.
        self._database.execute("PRAGMA synchronous = OFF")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def create(self, config: Config, order: Order, now: float, fate: Fate = Fate()) -> int:  # noqa: B008  # immutable
        """Record a new job and return its id."""
        with _Writing(self._database):
            for _ in range(config.others_per_job):
                self._record_other(config, order.account, now)
            job_id = self._take_id(config)
            cancel_at = None if fate.cancel_seconds is None else now + fate.cancel_seconds
            ready_at = now + fate.queue_seconds + self._queue_seconds(config, order, job_id, now)
            self._insert(job_id, order, now, ready_at=ready_at, cancel_at=cancel_at)
        return job_id

    def spend_id(self, config: Config) -> int:
        """Use up an id for which there will never be a job."""
        with _Writing(self._database):
            return self._take_id(config)

    def get(self, account: str, job_id: int) -> Job | None:
        """One job of an account."""
        return self._one("WHERE account = ? AND id = ?", account, job_id)

    def page(self, account: str, offset: int, count: int, created_until: float) -> list[Job]:
        """Some of an account's jobs, newest first: those after the first `offset`."""
        where = "WHERE account = ? AND created_at <= ? ORDER BY id DESC LIMIT ? OFFSET ?"
        return self._many(where, account, created_until, count, offset)

    def total(self, account: str, created_until: float) -> int:
        """How many jobs an account has."""
        return self._number("SELECT count(*) FROM jobs WHERE account = ? AND created_at <= ?", account, created_until)

    def count(self, status: Status) -> int:
        """How many jobs of anybody have this status."""
        return self._number("SELECT count(*) FROM jobs WHERE status = ?", status)

    def unfinished(self) -> int:
        """How many jobs of anybody still need the scheduler."""
        return self._number("SELECT count(*) FROM jobs WHERE finished_at IS NULL")

    def running(self) -> list[Job]:
        """The jobs that are running, oldest first."""
        return self._many("WHERE status = 'RUNNING' AND finished_at IS NULL ORDER BY id")

    def pending(self, limit: int) -> list[Job]:
        """The first jobs of the queue, by when they may start."""
        return self._many("WHERE status = 'PENDING' AND finished_at IS NULL ORDER BY ready_at, id LIMIT ?", limit)

    def to_cancel(self, now: float) -> list[Job]:
        """The jobs whose cancellation is due."""
        return self._many("WHERE cancel_at <= ? AND finished_at IS NULL ORDER BY id", now)

    def next_cancel_at(self) -> float | None:
        """When the next cancellation is due."""
        moment: float | None = self._database.execute(
            "SELECT min(cancel_at) FROM jobs WHERE finished_at IS NULL"
        ).fetchone()[0]
        return moment

    def start(self, job_id: int, script: str, now: float) -> None:
        """Say that a job is about to run, before it does: a process without a record cannot be found again."""
        self._database.execute(
            "UPDATE jobs SET status = 'RUNNING', started_at = ?, script = ? WHERE id = ? AND status = 'PENDING'",
            (now, script, job_id),
        )

    def record_process(self, job_id: int, pid: int, pid_start: int) -> None:
        """Say which process a running job is."""
        self._database.execute("UPDATE jobs SET pid = ?, pid_start = ? WHERE id = ?", (pid, pid_start, job_id))

    def finish(self, job_id: int, status: Status, now: float) -> None:
        """Say how a job ended; one that has ended stays as it is."""
        self._database.execute(
            "UPDATE jobs SET status = ?, finished_at = ? WHERE id = ? AND finished_at IS NULL", (status, now, job_id)
        )

    def put_app(self, app: App) -> None:
        """Keep an app, in the place of one of that name."""
        self._database.execute("REPLACE INTO apps VALUES (?, ?, ?, ?)", app)

    def get_app(self, name: str) -> App | None:
        """The app of that name, whoever owns it."""
        row = self._database.execute("SELECT * FROM apps WHERE name = ?", (name,)).fetchone()
        return None if row is None else App(*row)

    def apps(self) -> list[App]:
        """All apps, by name."""
        return [App(*row) for row in self._database.execute("SELECT * FROM apps ORDER BY name")]

    def delete_app(self, account: str, name: str) -> bool:
        """Remove an app of this account; says whether there was one."""
        gone = self._database.execute("DELETE FROM apps WHERE name = ? AND account = ?", (name, account))
        return gone.rowcount > 0

    def count_faults(self, plan: str, decide: Callable[[int, int, int], bool], rules: Sequence[int]) -> list[int]:
        """Count this call for each of the rules, and return those that `decide` on rule, calls seen and faults so far.

        One transaction: of concurrent calls each is another number. Counts of other plans are forgotten.
        """
        with _Writing(self._database):
            self._database.execute("DELETE FROM fault_counts WHERE plan <> ?", (plan,))
            return [rule for rule in rules if self._count_fault(plan, rule, decide)]

    def forget_faults(self) -> None:
        """Count from the start again."""
        self._database.execute("DELETE FROM fault_counts")

    def fault_counts(self, plan: str) -> dict[int, tuple[int, int]]:
        """By rule, the calls that it was asked for and those that it afflicted."""
        rows = self._database.execute("SELECT rule, seen, fired FROM fault_counts WHERE plan = ?", (plan,))
        return {rule: (seen, fired) for rule, seen, fired in rows}

    def _count_fault(self, plan: str, rule: int, decide: Callable[[int, int, int], bool]) -> bool:
        self._database.execute("INSERT OR IGNORE INTO fault_counts (plan, rule) VALUES (?, ?)", (plan, rule))
        seen, fired = self.fault_counts(plan)[rule]
        due = decide(rule, seen + 1, fired)
        self._database.execute(
            "UPDATE fault_counts SET seen = seen + 1, fired = fired + ? WHERE plan = ? AND rule = ?", (due, plan, rule)
        )
        return due

    def _queue_seconds(self, config: Config, order: Order, job_id: int, now: float) -> float:
        busy = self._number("SELECT count(*) FROM jobs WHERE finished_at IS NULL AND status <> 'CANCELLED'")
        last = self._database.execute("SELECT max(started_at) FROM jobs WHERE started_at IS NOT NULL").fetchone()[0]
        is_cold = order.with_gpu or last is None or now - last > pace.WARM_SECONDS
        return pace.queue_delay(
            config, job_id, is_beyond=busy >= config.concurrency, is_cold=is_cold, with_gpu=order.with_gpu
        )

    def _record_other(self, config: Config, account: str, now: float) -> None:
        command, engine, folder = _OF_OTHERS
        order = Order(account, command, engine.lower(), "small", with_gpu=False, num_nodes=1, mount_dir=folder)
        job_id = self._take_id(config)
        self._insert(job_id, order, now, ready_at=now, cancel_at=None)
        self._database.execute(
            "UPDATE jobs SET status = 'COMPLETED', started_at = ?, finished_at = ? WHERE id = ?", (now, now, job_id)
        )

    def _insert(self, job_id: int, order: Order, now: float, *, ready_at: float, cancel_at: float | None) -> None:
        self._database.execute(
            "INSERT INTO jobs (id, account, command, engine, node_size, with_gpu, num_nodes, mount_dir,"
            " status, created_at, ready_at, cancel_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (job_id, *order, Status.PENDING, now, ready_at, cancel_at),
        )

    def _lay_out(self, home: Home) -> None:
        if self._number("PRAGMA user_version") == _VERSION:
            return
        # SQLite does not wait when two connections switch to WAL at once, so those take turns before.
        with locked(home.config_lock):
            self._database.execute("PRAGMA journal_mode = WAL")
            with _Writing(self._database):
                for additions in SCHEMA_VERSIONS[self._number("PRAGMA user_version") :]:
                    for statement in additions.split(";"):
                        self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")

    def _take_id(self, config: Config) -> int:
        last_id: int | None = self._database.execute("SELECT max(last_id) FROM counter").fetchone()[0]
        job_id = pace.next_id(config, last_id)
        self._database.execute("DELETE FROM counter")
        self._database.execute("INSERT INTO counter (last_id) VALUES (?)", (job_id,))
        return job_id

    def _one(self, where: str, *values: object) -> Job | None:
        return next(iter(self._many(where, *values)), None)

    def _many(self, where: str, *values: object) -> list[Job]:
        query = f"SELECT {', '.join(Job._fields)} FROM jobs {where}"  # noqa: S608  # both parts are literals of ours
        return [Job(*row) for row in self._database.execute(query, values)]

    def _number(self, query: str, *values: object) -> int:
        number: int = self._database.execute(query, values).fetchone()[0]
        return number


class _Writing:
    """A transaction that holds the write lock from its beginning, so that what it reads stays true."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")
