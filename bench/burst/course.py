"""One burst: so many rows at once into an idle system, real from the row to the document, on an emulated Camber."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import quantiles
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from bench.burst.plan import Measured, Nodes, replay_archive
from bench.relay import relayed
from bench.worker.documents import Paper, pile
from bench.worker.place import Place
from reconciler.local.daemon import running_daemon
from reconciler.local.demo import open_database
from reconciler.local.platform import Platform, minimal_environment, running_platform
from reconciler.local.samples import SCHEMAS
from reconciler.objects.store import ObjectStore
from reconciler.store.reading import insert_job
from reconciler.store.schemas import activate

SLOTS, PROCESSES = 4, 2
ROUND_TRIP_SECONDS = 0.23
"""From a node or the daemon to the store and back."""
BYTES_PER_SECOND = 100e6
"""Of each connection. What was measured at Camber is 106 MB/s from one host and 21 MB/s from others."""
USERS = 25
PATIENCE_SECONDS = 3000
LOOK_SECONDS = 0.5
SCALED = {"POLL_MIN_SECONDS": 2.0, "POLL_MAX_SECONDS": 30.0, "TICK_SECONDS": 2.0}
"""The daemon's own pauses, at their defaults; they are compressed with everything else."""
OPEN = """
SELECT (SELECT count(*) FROM jobs WHERE status IN ('pending', 'processing'))
     + (SELECT count(*) FROM camber_runs WHERE state <> 'finished')
"""
WAITS = "SELECT extract(epoch FROM completed_at - created_at)::float8 FROM jobs WHERE status = 'completed' ORDER BY 1"
BILLED = "SELECT sum(extract(epoch FROM camber_finished_at - camber_started_at))::float8, count(*) FROM camber_runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a burst is run; without `measured` by real workers, all on this machine and in real time."""

    documents: int
    batch_max: int
    nodes: Nodes
    measured: Measured | None = None
    linger_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it, all in uncompressed seconds. `wall_seconds` are from the insert to the last completed."""

    documents: int
    completed: int
    runs: int
    wall_seconds: float
    documents_an_hour: float
    billed_seconds_each: float
    first_seconds: float
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float


def burst(course: Course, papers: Sequence[Paper], place: Place, folder: Path) -> Outcome:
    """Insert all rows at once when the daemon idles, and wait until all is over, the runs too."""
    with playing(course, place, folder) as (store, engine):
        _insert(store, engine, papers, course.documents)
        wait(engine, OPEN, PATIENCE_SECONDS)
        with engine.connect() as connection:
            return measured_outcome(connection, course)


@contextmanager
def playing(course: Course, place: Place, folder: Path) -> Iterator[tuple[ObjectStore, Engine]]:
    """The platform on an emulated Camber far away, with a daemon that idles: its store and its database."""
    folder.mkdir(parents=True)
    (folder / "environments").symlink_to(place.archive.parent)
    with (
        running_platform(folder, lambda _: None) as platform,
        relayed(platform.objects.endpoint, *_way(course.nodes)) as far,
    ):
        _configure(platform, course.nodes.times_faster)
        ready = replace(platform, environment=_environment(platform, course, far, place, folder))
        engine = open_database(ready)
        with running_daemon(ready):
            wait(engine, "SELECT 1 - least(1, count(*)) FROM daemons", 60)
            yield ObjectStore(platform.objects), engine
        engine.dispose()


def _way(nodes: Nodes) -> tuple[float, float]:
    return ROUND_TRIP_SECONDS / nodes.times_faster, nodes.bytes_per_second * nodes.times_faster


def _configure(platform: Platform, times_faster: int) -> None:
    program = Path(sys.executable).with_name("camber-local")
    home = platform.environment["CAMBER_LOCAL_HOME"]
    knobs = ["--profile=real", f"--concurrency={SLOTS}", f"--times-faster={times_faster}"]
    environment = minimal_environment(os.environ) | {"CAMBER_LOCAL_HOME": home}
    subprocess.run([program, "emulator", "configure", *knobs], env=environment, check=True, capture_output=True)


def _environment(platform: Platform, course: Course, endpoint: str, place: Place, folder: Path) -> Mapping[str, str]:
    own = {"DO_SPACES_ENDPOINT": endpoint, "RUN_SLOTS": str(SLOTS), "BATCH_MAX": str(course.batch_max)}
    own |= {"WORKER_PROCESSES": str(PROCESSES), "WORKER_THREADS": "1", "LOG_GRACE_SECONDS": "180"}
    own["RUN_LINGER_SECONDS"] = str(course.linger_seconds / course.nodes.times_faster)
    own |= {name: str(seconds / course.nodes.times_faster) for name, seconds in SCALED.items()}
    if course.measured:
        packages = place.python.parents[1] / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        archive = replay_archive(course.measured, course.nodes, packages / "site-packages", folder / "replay")
        own["RUN_ARCHIVE_KEY"] = f"environments/{archive.name}"
        ObjectStore(platform.objects).put_file(own["RUN_ARCHIVE_KEY"], archive, "application/x-tar")
    return {**platform.environment, **own}


def _insert(store: ObjectStore, engine: Engine, papers: Sequence[Paper], count: int) -> None:
    """Upload all documents, then insert all rows in one transaction, as if everybody came at once."""
    taken = [(paper, f"blobs/{uuid4()}") for paper in pile(papers, count)]
    for paper, key in taken:
        store.put(key, paper.data, paper.mime_type)
    with engine.begin() as connection:
        schemas = {name: activate(connection, name, definition, "bench") for name, definition in SCHEMAS.items()}
        for number, (paper, key) in enumerate(taken):
            insert_job(connection, row(paper, key, schemas[paper.schema_name], UUID(int=1 + number % USERS)))


def row(paper: Paper, key: str, schema_id: UUID, user_id: UUID) -> dict[str, object]:
    row = {"id": uuid4(), "user_id": user_id, "portal_schema_id": schema_id, "raw_path": key, "priority": 0}
    return row | {"mime_type": paper.mime_type, "original_filename": paper.path.name, "input_bytes": None}


def wait(engine: Engine, sql: str, seconds_max: float) -> None:
    """Wait until the query gives 0."""
    deadline = time.monotonic() + seconds_max
    while True:
        with engine.connect() as connection:
            left = connection.scalar(text(sql))
        if left == 0:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds_max:.0f} s there are {left} left")
        time.sleep(LOOK_SECONDS)


def measured_outcome(connection: Connection, course: Course) -> Outcome:
    times = course.nodes.times_faster
    waits = [seconds * times for seconds in connection.scalars(text(WAITS))]
    billed, runs = connection.execute(text(BILLED)).one()
    return outcome(course.documents, waits, billed * times, runs)


def outcome(documents: int, waits: Sequence[float], billed_seconds: float, runs: int) -> Outcome:
    """The figures of completed documents' waits, in order, and of what all runs together were billed."""
    cuts = quantiles(waits, n=100)
    return Outcome(
        documents=documents,
        completed=len(waits),
        runs=runs,
        wall_seconds=waits[-1],
        documents_an_hour=len(waits) * 3600 / waits[-1],
        billed_seconds_each=billed_seconds / len(waits),
        first_seconds=waits[0],
        p50_seconds=cuts[49],
        p95_seconds=cuts[94],
        p99_seconds=cuts[98],
    )
