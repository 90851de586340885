"""The courses of a burst, side by side in one run, and how well the replay foretells what was real."""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from bench.burst.course import BYTES_PER_SECOND, PROCESSES, ROUND_TRIP_SECONDS, SLOTS, Course, Outcome, burst
from bench.burst.plan import Measured, Nodes
from bench.burst.plan import measure as measure_parts
from bench.burst.share import cores_left, watched
from bench.worker.documents import papers
from bench.worker.place import Place, place

DOCUMENTS = int(os.environ.get("BENCH_BURST", "500"))
ALONE = int(os.environ.get("BENCH_ALONE", "100"))
REAL = int(os.environ.get("BENCH_REAL", "100"))
TIMES_FASTER = int(os.environ.get("BENCH_TIMES_FASTER", "4"))
ROUNDS = 4
IN_BATCHES, BY_ITSELF = "replay, batch 25", "replay, one document a job"
AS_REAL, FORETOLD = "real, batch 25, this machine", "replay of that"
TARGETS = {"documents_an_hour": 8000.0, "billed_seconds_each": 1.5, "first_seconds": 25.0, "foretold": 0.15}


def measure() -> tuple[Table, dict[str, Any]]:
    """Measure what is replayed, run the courses, compare. Each course is told as it ends: together they take long."""
    with TemporaryDirectory(prefix="rythmiq-bench-") as name:
        folder = Path(name)
        where, sheets = place(print), papers(folder / "papers")
        parts = measure_parts(where, sheets, PROCESSES, ROUNDS)
        ran: dict[str, Outcome] = {}

        def run(title: str, course: Course) -> None:
            ran[title] = burst(course, sheets, where, folder / f"course-{len(ran)}")
            sys.stderr.write(f"{title}, load {os.getloadavg()[0]:.1f}: {asdict(ran[title])}\n")

        left = None
        for title, course in _replays(parts).items():
            run(title, course)
        if REAL:
            with watched(folder) as looks:
                run(AS_REAL, _course(REAL, 25, _nodes(1)))
            left = cores_left(looks, os.cpu_count() or 1)
            run(FORETOLD, _course(REAL, 25, _nodes(TIMES_FASTER, left), parts))
    figures = _figures(ran, parts, where, left)
    return _table(ran, figures), figures


def _replays(parts: Measured) -> dict[str, Course]:
    """Those that are not switched off, on nodes that have their cores to themselves."""
    own = _nodes(TIMES_FASTER)
    courses = {IN_BATCHES: _course(DOCUMENTS, 25, own, parts), BY_ITSELF: _course(ALONE, 1, own, parts)}
    return {title: course for title, course in courses.items() if course.documents}


def _course(documents: int, batch_max: int, nodes: Nodes, measured: Measured | None = None) -> Course:
    return Course(documents=documents, batch_max=batch_max, nodes=nodes, measured=measured)


def _nodes(times_faster: int, shared_cores: float | None = None) -> Nodes:
    return Nodes(times_faster=times_faster, bytes_per_second=BYTES_PER_SECOND, shared_cores=shared_cores)


def _figures(ran: Mapping[str, Outcome], parts: Measured, where: Place, left: float | None) -> dict[str, Any]:
    told = {
        "times_faster": TIMES_FASTER,
        "round_trip_seconds": ROUND_TRIP_SECONDS,
        "bytes_per_second": BYTES_PER_SECOND,
        "slots": SLOTS,
        "processes": PROCESSES,
        "load": os.getloadavg(),
        "environment_mb": where.archive.stat().st_size // 10**6,
        "decompress_cpu_seconds": parts.decompress_cpu_seconds,
        "unpack_cpu_seconds": parts.unpack_cpu_seconds,
        "fetch_cpu_seconds": parts.fetch_cpu_seconds,
        "child_cpu_seconds": parts.child_cpu_seconds,
        "document_cpu_seconds": parts.document_cpu_seconds,
        "cores_left": left,
        "courses": {title: asdict(one) for title, one in ran.items()},
    }
    return told | ({"foretold": foretold_by(ran[FORETOLD], ran[AS_REAL])} if left is not None else {})


def foretold_by(replay: Outcome, real: Outcome) -> float:
    """By how much the replay's wall time misses the real one, as a share of it; above 0 it is too slow."""
    return replay.wall_seconds / real.wall_seconds - 1


def _table(ran: Mapping[str, Outcome], figures: Mapping[str, Any]) -> Table:
    title = (
        f"Bursts on {SLOTS} slots of {PROCESSES} processes; replays {TIMES_FASTER} times faster; round trip"
        f" {ROUND_TRIP_SECONDS * 1000:.0f} ms, {BYTES_PER_SECOND / 1e6:.0f} MB/s a connection; a document"
        f" {figures['document_cpu_seconds']:.2f} CPU s; load {figures['load'][0]:.1f} on {os.cpu_count()} cores"
    )
    columns = ("documents", "runs", "documents/h", "billed s each", "first s", "p50 s", "p95 s", "p99 s", "wall s")
    table = Table("", *columns, title=title)
    for name, one in ran.items():
        seconds = (one.billed_seconds_each, one.first_seconds, one.p50_seconds, one.p95_seconds, one.p99_seconds)
        cells = [f"{one.completed} of {one.documents}", str(one.runs), f"{one.documents_an_hour:,.0f}"]
        table.add_row(name, *cells, *(f"{value:.2f}" for value in seconds), f"{one.wall_seconds:.0f}")
    if "foretold" in figures:
        share = f"{figures['foretold']:+.1%} of the real wall time"
        table.caption = f"the replay misses by {share}, on {figures['cores_left']:.2f} cores that others left"
    return table
