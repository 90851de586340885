"""Rows into an idle system, one after the other, and the moments at which they were planned and launched."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table
from sqlalchemy import text

from bench.burst.course import BYTES_PER_SECOND, ROUND_TRIP_SECONDS
from bench.relay import relayed
from reconciler.local.object_store import running_object_store
from reconciler.local.postgres import running_cluster
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from reconciler.store.migrate import upgrade
from tests.world import World, make_world

ROWS = int(os.environ.get("BENCH_ROWS_WOKEN", "30"))
TICK_SECONDS = 2.0
MOMENTS = """
SELECT extract(epoch FROM e.at - j.created_at)::float8 AS plan,
       extract(epoch FROM r.launch_started_at - j.created_at)::float8 AS launch,
       extract(epoch FROM r.launch_started_at - e.at)::float8 AS staging
FROM jobs j
JOIN job_events e ON e.job_id = j.id AND e.new_status = 'processing'
JOIN job_attempts a ON a.job_id = j.id
JOIN camber_runs r ON r.id = a.run_id
WHERE r.launch_started_at IS NOT NULL
"""
NEVER_STARTS = '{"faults": [{"fault": "stuck-pending-then-runs", "seconds": 86400}]}'
INSTANT, REAL = "instant", "real"


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """Median and 95th percentile, in milliseconds. `head` is a HEAD of the same store, alone."""

    plan: tuple[float, float]
    launch: tuple[float, float]
    staging: tuple[float, float]
    head: tuple[float, float]


def measure() -> tuple[Table, dict[str, Any]]:
    """All four ways, one after the other."""
    told = {
        f"{profile}, {way}": _measure(profile, listening=listening)
        for profile in (INSTANT, REAL)
        for way, listening in (("LISTEN", True), ("polling only", False))
    }
    columns = [
        f"{name}, {cut}" for name in ("to plan", "a HEAD", "plan to create", "to create") for cut in ("p50", "p95")
    ]
    title = f"From insert, {ROWS} rows each, ms; tick {TICK_SECONDS:.0f} s, load {os.getloadavg()[0]:.1f}"
    table = Table("", *columns, title=title)
    for name, one in told.items():
        figures = (*one.plan, *one.head, *one.staging, *one.launch)
        table.add_row(name, *(f"{value:.0f}" for value in figures))
    return table, {name: asdict(one) for name, one in told.items()} | {"load": os.getloadavg()}


def _measure(profile: str, *, listening: bool) -> Woken:
    with TemporaryDirectory() as name, _world(Path(name), profile) as world:
        if not listening:
            world.execute("DROP TRIGGER wake_on_insert ON jobs")
        with _daemon(world):
            # What a process learns once, such as its account's name, is no part of waking up.
            _submit(world, 0)
            before = int(world.one("SELECT count(*) FROM jobs"))
            for number in range(before, before + ROWS):
                _submit(world, number)
        heads = _heads(world)
        with world.engine.connect() as connection:
            rows = connection.execute(text(f"{MOMENTS} ORDER BY j.created_at")).all()[before:]
        world.close()
    return Woken(
        plan=p50_p95([row.plan for row in rows]),
        launch=p50_p95([row.launch for row in rows]),
        staging=p50_p95([row.staging for row in rows]),
        head=p50_p95(heads),
    )


def _submit(world: World, number: int) -> None:
    """One row into an idle system; it is out of the way before the next one comes."""
    world.submit()
    deadline = time.monotonic() + 120
    while world.one("SELECT count(*) FROM camber_runs WHERE submitted_at IS NOT NULL") <= number:
        if time.monotonic() > deadline:
            raise TimeoutError("the row was not taken")
        time.sleep(0.02)
    # No daemon would end it so soon.
    world.pretend("UPDATE camber_runs SET state = 'finished', finished_at = now(), next_poll_at = NULL")
    # Rows come at any moment of a tick.
    time.sleep(TICK_SECONDS * (number % 7) / 7)


def _heads(world: World) -> list[float]:
    """Seconds of single HEADs by the daemon's own way to the store, the connection being open."""
    key = str(world.one("SELECT raw_path FROM jobs LIMIT 1"))
    config = world.settings
    store = ObjectStore(
        ObjectStoreConfig(
            endpoint=config["DO_SPACES_ENDPOINT"],
            region=config["DO_SPACES_REGION"],
            bucket=config["DO_SPACES_BUCKET"],
            access_key=config["DO_SPACES_ACCESS_KEY"],
            secret_key=config["DO_SPACES_SECRET_KEY"],
        )
    )
    store.head(key)
    seconds = []
    for _ in range(ROWS):
        began = time.perf_counter()
        store.head(key)
        seconds.append(time.perf_counter() - began)
    store.close()
    return seconds


def p50_p95(seconds: Sequence[float]) -> tuple[float, float]:
    """Both in milliseconds."""
    cuts = quantiles(seconds, n=20)
    return cuts[9] * 1000, cuts[18] * 1000


@contextmanager
def _world(folder: Path, profile: str) -> Iterator[World]:
    with running_cluster(folder / "postgres") as cluster, running_object_store(folder / "objects") as store:
        url = cluster.ensure_database("bench")
        upgrade(url)
        home = folder / "camber"
        home.mkdir()
        world = make_world(url, url, store, home)
        if profile == INSTANT:
            world.settings |= {"CAMBER_BIN": str(home / "camber")}
            yield world
            return
        with relayed(store.endpoint, ROUND_TRIP_SECONDS, BYTES_PER_SECOND) as far, _emulator(folder / "local") as tool:
            world.settings |= {"DO_SPACES_ENDPOINT": far, "CAMBER_BIN": str(tool), "EXECUTION_BACKEND": "local"}
            yield world


@contextmanager
def _emulator(home: Path) -> Iterator[Path]:
    """The emulated Camber with the times of the real one; its jobs never start, for what they do is not measured."""
    home.mkdir()
    program = Path(sys.executable).with_name("camber-local")
    environment: Mapping[str, str] = {"PATH": os.environ["PATH"], "CAMBER_LOCAL_HOME": str(home)}

    def emulator(*words: str, said: str = "") -> None:
        command = [str(program), "emulator", *words]
        subprocess.run(command, env=dict(environment), input=said, text=True, check=True, capture_output=True)

    emulator("configure", "--profile=real")
    emulator("faults", "-", said=NEVER_STARTS)
    emulator("start")
    try:
        yield home / "bin" / "camber"
    finally:
        emulator("stop")


@contextmanager
def _daemon(world: World) -> Iterator[None]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(world.home), **world.settings}
    environment |= {"TICK_SECONDS": str(TICK_SECONDS), "LOG_LEVEL": "ERROR"}
    program = Path(sys.executable).with_name("reconciler")
    daemon = subprocess.Popen([str(program), "run"], env=environment, cwd=world.home)
    try:
        while world.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reconciler wake'") == 0:
            time.sleep(0.05)
        yield
    finally:
        daemon.terminate()
        daemon.wait(120)
