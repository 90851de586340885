"""One race: so many jobs, one daemon, perhaps killed half-way and started again."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from uuid import uuid4

import worker
from reconciler.local.object_store import running_object_store
from reconciler.local.postgres import running_cluster
from reconciler.store.migrate import upgrade
from tests.world import World, make_world

ROOT = Path(__file__).resolve().parents[2]
SLOTS = 16
SLOTS_MAX = 64
"""What a daemon may be given."""
QUEUE_SECONDS, RUN_SECONDS = 0.3, 1.0
POLL_SECONDS = 1.0
IDLE_SECONDS = 20.0
PATIENCE_SECONDS = 1800
OPEN = "SELECT count(*) FROM jobs WHERE status IN ('pending', 'processing')"
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
LAGS = """
SELECT array_agg(extract(epoch FROM j.completed_at - r.camber_finished_at)::float8)
FROM jobs j JOIN job_attempts a ON a.id = j.current_attempt_id JOIN camber_runs r ON r.id = a.run_id
WHERE r.camber_finished_at IS NOT NULL
"""
NOTICED = """
SELECT array_agg(extract(epoch FROM last_seen_at - camber_finished_at)::float8)
FROM camber_runs WHERE camber_finished_at IS NOT NULL
"""
"""From a Camber job's end until a look showed it."""
CARRIED_TWICE = "SELECT count(*) FROM job_attempts WHERE number > 1 AND state <> 'superseded'"
TOOK = "SELECT extract(epoch FROM max(completed_at) - min(created_at))::float8 FROM jobs"
MANY = """
INSERT INTO jobs (id, user_id, portal_schema_id, raw_path, mime_type, original_filename)
SELECT gen_random_uuid(), user_id, portal_schema_id, raw_path, mime_type, original_filename
FROM jobs, generate_series(2, :jobs)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a race is run."""

    jobs: int
    batch_max: int
    kill: bool = False
    slots: int = SLOTS
    run_seconds: float = RUN_SECONDS
    spread_seconds: float = 0.0
    """By so much some runs go on for longer than others."""
    poll_seconds: float = POLL_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it.

    `lost` are jobs that did not end, `doubled` Camber jobs beyond one for each run and tries beyond one for each job.
    """

    jobs_a_second: float
    lag_p50_seconds: float
    lag_p95_seconds: float
    cli_calls_each: float
    transactions_each: float
    doubled: int
    lost: int
    noticed_p95_seconds: float = nan
    """Of whoever writes it down."""
    steps_each: dict[str, float] = field(default_factory=dict)
    """How often each transaction and outside call was made, by its crash point and for each job."""


def race(course: Course) -> Outcome:
    """All jobs are there before the daemon starts."""
    with bare_world(course.run_seconds, course.spread_seconds) as world:
        world.submit()
        world.execute(MANY, jobs=course.jobs)
        begun = int(world.one(COMMITS))
        settings = {"BATCH_MAX": str(course.batch_max), "RUN_SLOTS": str(course.slots)}
        settings |= {"POLL_MIN_SECONDS": str(course.poll_seconds), "POLL_MAX_SECONDS": str(course.poll_seconds)}
        if course.kill:
            with _daemon(world, **settings) as daemon:
                asked = _until_open(world, course.jobs // 2)
                daemon.kill()
        with _daemon(world, **settings):
            asked = _until_open(world, 0) + (asked if course.kill else 0)
            # The server's counts come up to a second late.
            time.sleep(1.5)
            committed = int(world.one(COMMITS)) - begun - asked
        return _outcome(world, course, committed)


def idle() -> float:
    """How often a daemon with nothing to do asks the database, in transactions a second."""
    with bare_world() as world, _daemon(world, POLL_MIN_SECONDS="2", TICK_SECONDS="2"):
        time.sleep(5)
        begun = int(world.one(COMMITS))
        time.sleep(IDLE_SECONDS)
        return (int(world.one(COMMITS)) - begun - 1) / IDLE_SECONDS


def _until_open(world: World, jobs: int) -> int:
    """Wait until no more than so many jobs are open, or patience ends; returns how often the database was asked."""
    asked, deadline = 1, time.monotonic() + max(PATIENCE_SECONDS, int(world.one(OPEN)))
    while int(world.one(OPEN)) > jobs and time.monotonic() < deadline:
        asked += 1
        time.sleep(0.25)
    return asked


def _outcome(world: World, course: Course, committed: int) -> Outcome:
    cuts = quantiles(world.one(LAGS), n=20)
    carried = Counter(json.loads(file.read_text())["mount_dir"] for file in (world.home / "jobs").iterdir())
    return Outcome(
        jobs_a_second=course.jobs / world.one(TOOK),
        lag_p50_seconds=cuts[9],
        lag_p95_seconds=cuts[18],
        noticed_p95_seconds=quantiles(world.one(NOTICED), n=20)[18],
        cli_calls_each=len((world.home / "calls").read_text().splitlines()) / course.jobs,
        transactions_each=committed / course.jobs,
        doubled=sum(count - 1 for count in carried.values()) + int(world.one(CARRIED_TWICE)),
        lost=int(world.one(OPEN)),
        steps_each={name: count / course.jobs for name, count in _steps(world).most_common()},
    )


def _steps(world: World) -> Counter[str]:
    """What all daemons of the race counted; one that was killed misses its last half second."""
    return sum((Counter(json.loads(file.read_text())) for file in world.home.glob("counted-*.json")), Counter[str]())


@contextmanager
def bare_world(run_seconds: float = RUN_SECONDS, spread_seconds: float = 0.0) -> Iterator[World]:
    """Postgres and an object store of one's own, with the bench's Camber."""
    with (
        TemporaryDirectory() as name,
        running_cluster(Path(name) / "postgres") as cluster,
        running_object_store(Path(name) / "objects") as store,
    ):
        url, home = cluster.ensure_database("bench"), Path(name) / "camber"
        upgrade(url)
        home.mkdir()
        world = make_world(url, url, store, home)
        install(home, run_seconds, spread_seconds)
        try:
            yield world
        finally:
            world.close()


def install(home: Path, run_seconds: float = RUN_SECONDS, spread_seconds: float = 0.0) -> None:
    """Put the bench's Camber into the folder, as `camber`; its jobs run for so long, some by the spread longer."""
    told = {
        "BENCH_CAMBER_HOME": home,
        "BENCH_CAMBER_CODE": Path(worker.__file__).parents[1],
        "BENCH_QUEUE_SECONDS": QUEUE_SECONDS,
        "BENCH_RUN_SECONDS": run_seconds,
        "BENCH_SPREAD_SECONDS": spread_seconds,
    }
    words = " ".join(f'{name}="{value}"' for name, value in told.items())
    program = Path(__file__).with_name("camber.py")
    (home / "camber").write_text(f'#!/bin/sh\n{words} exec "{sys.executable}" -I -S "{program}" "$@"\n')
    (home / "camber").chmod(0o755)
    (home / "calls").touch()


@contextmanager
def _daemon(world: World, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(world.home), "LOG_LEVEL": "ERROR", **world.settings}
    environment |= {"CAMBER_BIN": str(world.home / "camber"), "RUN_SLOTS": str(SLOTS), "TICK_SECONDS": "0.5"}
    environment |= {"POLL_MIN_SECONDS": str(POLL_SECONDS), "POLL_MAX_SECONDS": str(POLL_SECONDS)}
    environment |= {"CREATE_LIMIT_SECONDS": "20", "START_LIMIT_SECONDS": "5", "SETTLE_SECONDS": "21"}
    environment |= {"LEASE_SECONDS": "15"} | settings
    environment |= {"PYTHONPATH": str(ROOT)}
    counts = world.home / f"counted-{uuid4().hex}.json"
    daemon = subprocess.Popen(
        [sys.executable, "-m", "bench.lifecycle.counted", str(counts), "run"], env=environment, cwd=world.home
    )
    try:
        yield daemon
    finally:
        daemon.terminate()
        daemon.wait(120)
