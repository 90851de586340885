"""How soon a new row is taken: from its insert to its plan, and to the moment when create may happen.

The daemon, Postgres and the object store are real; Camber is the tests' stand-in, which answers at once. With LISTEN
and
without it (the trigger is taken away) in one run, on the database's clock.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table
from sqlalchemy import text

from reconciler.local.object_store import running_object_store
from reconciler.local.postgres import running_cluster
from reconciler.store.migrate import upgrade
from tests.world import World, make_world

ROWS = 30
TICK_SECONDS = 2.0
FIGURES = """
SELECT extract(epoch FROM e.at - j.created_at) * 1000, extract(epoch FROM r.launch_started_at - j.created_at) * 1000
FROM jobs j
JOIN job_events e ON e.job_id = j.id AND e.new_status = 'processing'
JOIN job_attempts a ON a.job_id = j.id
JOIN camber_runs r ON r.id = a.run_id
WHERE r.launch_started_at IS NOT NULL
"""


def measure() -> tuple[Table, dict[str, Any]]:
    """Both ways, one after the other."""
    figures = {name: _measure(listening=listening) for name, listening in (("LISTEN", True), ("polling only", False))}
    table = Table("", "insert to plan p50", "p95", "insert to create p50", "p95", title=f"Wake-up, {ROWS} rows, ms")
    for name, both in figures.items():
        table.add_row(name, *(f"{value:.0f}" for pair in both.values() for value in pair))
    return table, figures


def _measure(*, listening: bool) -> dict[str, tuple[float, float]]:
    with TemporaryDirectory() as name, _world(Path(name)) as world:
        if not listening:
            world.execute("DROP TRIGGER wake_on_insert ON jobs")
        with _daemon(world):
            for number in range(ROWS):
                _submit(world, number)
        with world.engine.connect() as connection:
            rows = connection.execute(text(FIGURES)).all()
        world.close()
    return {"plan": _p50_p95([float(row[0]) for row in rows]), "create": _p50_p95([float(row[1]) for row in rows])}


def _submit(world: World, number: int) -> None:
    """One row into an idle system; it is out of the way before the next one comes."""
    world.submit()
    deadline = time.monotonic() + 30
    while world.one("SELECT count(*) FROM camber_runs WHERE submitted_at IS NOT NULL") <= number:
        if time.monotonic() > deadline:
            raise TimeoutError("the row was not taken")
        time.sleep(0.02)
    world.execute("UPDATE camber_runs SET state = 'finished', finished_at = now(), next_poll_at = NULL")
    # Rows come at any moment of a tick.
    time.sleep(TICK_SECONDS * (number % 7) / 7)


def _p50_p95(values: list[float]) -> tuple[float, float]:
    cuts = quantiles(values, n=20)
    return cuts[9], cuts[18]


@contextmanager
def _world(folder: Path) -> Iterator[World]:
    with running_cluster(folder / "postgres") as cluster, running_object_store(folder / "objects") as store:
        url = cluster.ensure_database("bench")
        upgrade(url)
        home = folder / "camber"
        home.mkdir()
        yield make_world(url, url, store, home)


@contextmanager
def _daemon(world: World) -> Iterator[None]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(world.home), **world.settings}
    environment |= {"CAMBER_BIN": str(world.home / "camber"), "TICK_SECONDS": str(TICK_SECONDS), "LOG_LEVEL": "ERROR"}
    program = Path(sys.executable).with_name("reconciler")
    daemon = subprocess.Popen([str(program), "run"], env=environment, cwd=world.home)
    try:
        while world.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reconciler wake'") == 0:
            time.sleep(0.05)
        yield
    finally:
        daemon.terminate()
        daemon.wait(120)
