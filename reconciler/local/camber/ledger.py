"""The jobs that were ever created: the service's own memory, in SQLite, shared by all invocations and the scheduler."""

import sqlite3
from enum import StrEnum
from types import TracebackType
from typing import NamedTuple, Self

from reconciler.local.camber import pace
from reconciler.local.camber.config import Config
from reconciler.local.camber.home import Home, locked

_BUSY_SECONDS_MAX = 60.0
_SCHEMA_VERSION = 1
_SCHEMA = """
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
"""


class Status(StrEnum):
    """What a job can be."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


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


class Ledger:
    """An open ledger. Each method is one transaction."""

    def __init__(self, home: Home) -> None:
        self._database = sqlite3.connect(home.ledger, timeout=_BUSY_SECONDS_MAX, isolation_level=None)
        self._lay_out(home)
        # Killed processes lose nothing by this; only a machine that loses its power could.
        self._database.execute("PRAGMA synchronous = OFF")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def create(self, config: Config, order: Order, now: float) -> int:
        """Record a new job and return its id."""
        with _Writing(self._database):
            job_id = self._take_id(config)
            ready_at = now + pace.queue_delay(config, job_id)
            self._database.execute(
                "INSERT INTO jobs (id, account, command, engine, node_size, with_gpu, num_nodes, mount_dir,"
                " status, created_at, ready_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (job_id, *order, Status.PENDING, now, ready_at),
            )
        return job_id

    def get(self, account: str, job_id: int) -> Job | None:
        """One job of an account."""
        return self._one("WHERE account = ? AND id = ?", account, job_id)

    def page(self, account: str, number: int, size: int) -> list[Job]:
        """A page of an account's jobs, newest first. The first page is 1."""
        return self._many("WHERE account = ? ORDER BY id DESC LIMIT ? OFFSET ?", account, size, (number - 1) * size)

    def total(self, account: str) -> int:
        """How many jobs an account has."""
        return self._number("SELECT count(*) FROM jobs WHERE account = ?", account)

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

    def _lay_out(self, home: Home) -> None:
        if self._number("PRAGMA user_version") == _SCHEMA_VERSION:
            return
        # SQLite does not wait when two connections switch to WAL at once, so those take turns before.
        with locked(home.config_lock):
            self._database.execute("PRAGMA journal_mode = WAL")
            with _Writing(self._database):
                if self._number("PRAGMA user_version") != _SCHEMA_VERSION:
                    for statement in _SCHEMA.split(";"):
                        self._database.execute(statement)
                    self._database.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

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
