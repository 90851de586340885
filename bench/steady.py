"""Steady traffic: one document every so many seconds, with runs that leave after their batch and with runs that linger.

As the replay of a burst, but in real time: the pauses of a run that lingers do not shrink with it. Node, worker, store,
frames and proofs are real, Camber is the emulator with the times of the real one, and what computes takes the processor
time that was measured before.

BENCH_STEADY says how many documents (40), BENCH_STEADY_EVERY the seconds between two (10), and BENCH_LINGER how long a
run lingers (60).
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from rich.table import Table
from sqlalchemy import Engine

from bench.burst.course import (
    BYTES_PER_SECOND,
    OPEN,
    PATIENCE_SECONDS,
    PROCESSES,
    SLOTS,
    Course,
    Outcome,
    measured_outcome,
    playing,
    row,
    wait,
)
from bench.burst.plan import Nodes
from bench.burst.plan import measure as measure_parts
from bench.worker.documents import Paper, papers, pile
from bench.worker.place import Place, place
from reconciler.local.samples import SCHEMAS
from reconciler.objects.store import ObjectStore
from reconciler.store.reading import insert_job
from reconciler.store.schemas import activate

DOCUMENTS = int(os.environ.get("BENCH_STEADY", "40"))
EVERY_SECONDS = float(os.environ.get("BENCH_STEADY_EVERY", "10"))
LINGER_SECONDS = float(os.environ.get("BENCH_LINGER", "60"))
ROUNDS = 2
LEAVING, LINGERING = "runs leave after their batch", f"runs linger for {LINGER_SECONDS:.0f} s"


def measure() -> tuple[Table, dict[str, Any]]:
    """Both courses, one after the other; each is told as it ends."""
    with TemporaryDirectory(prefix="rythmiq-bench-") as name:
        folder = Path(name)
        where, sheets = place(print), papers(folder / "papers")
        parts = measure_parts(where, sheets, PROCESSES, ROUNDS)
        nodes, ran = Nodes(times_faster=1, bytes_per_second=BYTES_PER_SECOND), dict[str, Outcome]()
        for title, linger_seconds in ((LEAVING, 0.0), (LINGERING, LINGER_SECONDS)):
            course = Course(
                documents=DOCUMENTS, batch_max=25, nodes=nodes, measured=parts, linger_seconds=linger_seconds
            )
            ran[title] = _steady(course, sheets, where, folder / f"course-{len(ran)}")
            sys.stderr.write(f"{title}, load {os.getloadavg()[0]:.1f}: {asdict(ran[title])}\n")
    figures = {"every_seconds": EVERY_SECONDS, "linger_seconds": LINGER_SECONDS, "load": os.getloadavg()}
    return _table(ran), figures | {"courses": {title: asdict(one) for title, one in ran.items()}}


def _steady(course: Course, sheets: Sequence[Paper], where: Place, folder: Path) -> Outcome:
    """One row every so many seconds, and then wait until all is over, the runs too: the last stay is billed as well."""
    with playing(course, where, folder) as (store, engine):
        with engine.begin() as connection:
            schemas = {name: activate(connection, name, definition, "bench") for name, definition in SCHEMAS.items()}
        begun = time.monotonic()
        for number, paper in enumerate(pile(sheets, course.documents)):
            time.sleep(max(0.0, begun + number * EVERY_SECONDS - time.monotonic()))
            _submit(store, engine, paper, schemas)
        wait(engine, OPEN, PATIENCE_SECONDS)
        with engine.connect() as connection:
            return measured_outcome(connection, course)


def _submit(store: ObjectStore, engine: Engine, paper: Paper, schemas: Mapping[str, UUID]) -> None:
    key = f"blobs/{uuid4()}"
    store.put(key, paper.data, paper.mime_type)
    with engine.begin() as connection:
        insert_job(connection, row(paper, key, schemas[paper.schema_name], uuid4()))


def _table(ran: Mapping[str, Outcome]) -> Table:
    title = (
        f"One document every {EVERY_SECONDS:.0f} s, {SLOTS} slots of {PROCESSES} processes, in real time;"
        f" load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    table = Table("", "documents", "runs", "p50 s", "p95 s", "first s", "billed s each", title=title)
    for name, one in ran.items():
        seconds = (one.p50_seconds, one.p95_seconds, one.first_seconds, one.billed_seconds_each)
        cells = [f"{one.completed} of {one.documents}", str(one.runs), *(f"{value:.1f}" for value in seconds)]
        table.add_row(name, *cells)
    return table
