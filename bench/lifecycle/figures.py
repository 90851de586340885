"""What came of the races: jobs a second, detection lag, calls and transactions for each job."""

import os
from dataclasses import asdict
from typing import Any

from rich.table import Table

from bench.lifecycle.race import Course, Outcome, idle, race

JOBS = int(os.environ.get("BENCH_JOBS", "300"))
COURSES = {
    "batch 1": Course(jobs=JOBS, batch_max=1),
    "batch 1, kill -9 half-way": Course(jobs=JOBS, batch_max=1, kill=True),
    "batch 25": Course(jobs=JOBS, batch_max=25),
    "batch 25, kill -9 half-way": Course(jobs=JOBS, batch_max=25, kill=True),
}
IDLE = "idle: transactions a second"


def measure() -> tuple[Table, dict[str, Any]]:
    """All courses, one after the other, each in a world of its own; then a daemon that has nothing to do."""
    outcomes = {name: race(course) for name, course in COURSES.items()}
    quiet = idle()
    columns = ("jobs/s", "lag p50 s", "lag p95 s", "CLI calls/job", "transactions/job", "doubled", "lost")
    title = f"{JOBS} jobs through the whole state machine; {IDLE} {quiet:.2f}"
    table = Table("", *columns, title=title)
    for name, outcome in outcomes.items():
        table.add_row(name, *_row(outcome))
    return table, {name: asdict(outcome) for name, outcome in outcomes.items()} | {IDLE: quiet}


def _row(outcome: Outcome) -> list[str]:
    figures = (outcome.jobs_a_second, outcome.lag_p50_seconds, outcome.lag_p95_seconds)
    each = (outcome.cli_calls_each, outcome.transactions_each)
    return [*(f"{one:.2f}" for one in (*figures, *each)), str(outcome.doubled), str(outcome.lost)]
