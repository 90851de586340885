"""A thousand running jobs in batches of 25, and as many runs of one document as a daemon may have."""

import os
from dataclasses import asdict
from typing import Any

from rich.table import Table

from bench.lifecycle.race import SLOTS_MAX, Course, race

JOBS = int(os.environ.get("BENCH_JOBS", "1000"))
RUN_SECONDS = float(os.environ.get("BENCH_RUN_SECONDS", "60"))
POLL_SECONDS = 2.0
"""The default of POLL_MIN_SECONDS, for runs of every age."""
BATCH = 25
SPREAD_SECONDS = 60.0


def _course(jobs: int, batch_max: int, spread_seconds: float = SPREAD_SECONDS) -> Course:
    return Course(
        jobs=jobs,
        batch_max=batch_max,
        slots=min(SLOTS_MAX, -(-jobs // batch_max)),
        run_seconds=RUN_SECONDS,
        spread_seconds=spread_seconds,
        poll_seconds=POLL_SECONDS,
    )


COURSES = {
    f"{JOBS} jobs in runs of {BATCH}, ends over a minute": _course(JOBS, BATCH),
    "the same, ends within seconds": _course(JOBS, BATCH, 0.0),
    f"{SLOTS_MAX} runs of one job, ends over a minute": _course(SLOTS_MAX, 1),
}


def measure() -> tuple[Table, dict[str, Any]]:
    """All courses, one after the other."""
    columns = ("noticed p95", "documents p50", "documents p95", "CLI calls/job", "transactions/job", "lost", "load")
    table = Table("", *columns, title=f"From the end of a Camber job, s; a look every {POLL_SECONDS:.0f} s")
    told = {}
    for name, course in COURSES.items():
        outcome, load = race(course), os.getloadavg()[0]
        lags = (outcome.noticed_p95_seconds, outcome.lag_p50_seconds, outcome.lag_p95_seconds)
        figures = (*lags, outcome.cli_calls_each, outcome.transactions_each)
        table.add_row(name, *(f"{value:.2f}" for value in figures), str(outcome.lost), f"{load:.1f}")
        told[name] = asdict(outcome) | {"load": load}
    return table, told
