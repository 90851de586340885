"""The reconciler and the queues, one after the other, without and with a kill; told as one table."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.lifecycle.race import SLOTS, Course, Outcome
from bench.lifecycle.race import race as race_reconciler
from bench.locked import locked_environment
from bench.queues.race import QUEUES, ROOT, race

JOBS = int(os.environ.get("BENCH_JOBS", "300"))
STATE = Path(".rythmiq") / "bench"
LOCK = ROOT / "bench" / "requirements-queues.lock"
OURS, OURS_BATCHED = "the reconciler, batch 1", "the reconciler, batch 25"
KILLED = ", kill -9 half-way"


def measure() -> tuple[Table, dict[str, Any]]:
    """Everybody without a kill, then everybody with one."""
    python = locked_environment(LOCK, "queues", STATE.resolve(), print)
    told, loads = dict[str, Outcome](), dict[str, float]()
    for kill, suffix in ((False, ""), (True, KILLED)):
        for name, batch_max in ((OURS, 1), (OURS_BATCHED, 25)):
            told[name + suffix] = race_reconciler(Course(jobs=JOBS, batch_max=batch_max, kill=kill))
            loads[name + suffix] = os.getloadavg()[0]
        for queue in QUEUES:
            told[queue.name + suffix] = race(queue, python, JOBS, kill=kill)
            loads[queue.name + suffix] = os.getloadavg()[0]
    return _table(told, loads), {name: asdict(one) | {"load": loads[name]} for name, one in told.items()}


def _table(told: Mapping[str, Outcome], loads: Mapping[str, float]) -> Table:
    columns = ("jobs/s", "lag p50 s", "lag p95 s", "CLI calls/job", "transactions/job", "doubled", "lost", "load")
    table = Table("", *columns, title=f"{JOBS} jobs through the same fake CLI, {SLOTS} at a time")
    for name, one in told.items():
        figures = (
            one.jobs_a_second,
            one.lag_p50_seconds,
            one.lag_p95_seconds,
            one.cli_calls_each,
            one.transactions_each,
        )
        counts = (str(one.doubled), str(one.lost), f"{loads[name]:.1f}")
        table.add_row(name, *(f"{value:.2f}" for value in figures), *counts)
    return table
