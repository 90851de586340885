"""The tables of what grows and what does not."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Group
from rich.table import Table

from bench.scale.history import with_history
from bench.scale.memory import Idle, Memory, hold, rest
from bench.scale.queries import Read, ask
from reconciler.local.postgres import running_cluster

SIZES = tuple(int(size) for size in os.environ.get("BENCH_ROWS", "10000,100000,1000000").split(","))
MEMORY_JOBS = int(os.environ.get("BENCH_MEMORY_JOBS", "20000"))
CLAIM = "claim of jobs"
FINISHED, BACKLOG = "finished jobs", "pending jobs"


def measure() -> tuple[Group, dict[str, Any]]:
    """Queries at all sizes, smallest first, then one daemon's memory, then an idle one."""
    queries: dict[str, dict[int, Read]] = {}
    with TemporaryDirectory() as name, running_cluster(Path(name) / "postgres") as cluster:
        for size in SIZES:
            with with_history(cluster.ensure_database(f"finished_{size}"), size) as engine:
                _note(queries, FINISHED, size, ask(engine))
            with with_history(cluster.ensure_database(f"pending_{size}"), 0, pending=size) as engine:
                _note(queries, BACKLOG, size, ask(engine, (CLAIM,)))
    load = os.getloadavg()[0]
    held, quiet = hold(MEMORY_JOBS) if MEMORY_JOBS else None, rest()
    figures = {
        "load": load,
        "queries": {
            query: {str(size): asdict(read) for size, read in sizes.items()} for query, sizes in queries.items()
        },
        "growth": {query: growth(sizes) for query, sizes in queries.items()},
        "memory": asdict(held) if held else None,
        "idle": asdict(quiet),
    }
    return Group(_queries_table(queries, load), _daemon_table(held, quiet)), figures


def _note(queries: dict[str, dict[int, Read]], of: str, size: int, read: Mapping[str, Read]) -> None:
    for name, one in read.items():
        queries.setdefault(f"{name} ({of})", {})[size] = one


def growth(sizes: Mapping[int, Read]) -> float:
    """How many times longer the query takes at the largest size than at the smallest."""
    return sizes[max(sizes)].milliseconds / sizes[min(sizes)].milliseconds


def _queries_table(queries: Mapping[str, Mapping[int, Read]], load: float) -> Table:
    columns = [f"{size:,} rows, ms" for size in SIZES]
    table = Table("", *columns, "times", "pages at most", title=f"Queries beside a growing past; load {load:.1f}")
    for name, sizes in queries.items():
        times = [f"{read.milliseconds:.2f}" for read in sizes.values()]
        pages = max(read.pages for read in sizes.values())
        table.add_row(name, *times, f"{growth(sizes):.2f}", f"{pages:,}")
    return table


def _daemon_table(held: Memory | None, quiet: Idle) -> Table:
    table = Table("", "figure", title=f"One daemon; load {os.getloadavg()[0]:.1f}")
    if held:
        table.add_row("jobs taken through", f"{held.jobs:,} at {held.jobs_a_second:.1f} a second")
        early, late = f"{held.early_mb:.0f} MB early", f"{held.late_mb:.0f} MB late"
        table.add_row("resident", f"{early}, {late}, {held.peak_mb:.0f} MB at most")
    table.add_row("idle", f"{quiet.transactions_a_second:.2f} transactions a second, {quiet.core_share:.1%} of a core")
    return table
