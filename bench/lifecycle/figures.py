"""What came of the races: jobs a second, detection lag, calls and transactions for each job."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Group
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


def measure() -> tuple[Group, dict[str, Any]]:
    """All courses, one after the other, each in a world of its own; then a daemon that has nothing to do."""
    outcomes = {name: race(course) for name, course in COURSES.items()}
    quiet = idle()
    columns = ("jobs/s", "lag p50 s", "lag p95 s", "CLI calls/job", "transactions/job", "doubled", "lost")
    title = f"{JOBS} jobs through the whole state machine; {IDLE} {quiet:.2f}"
    table = Table("", *columns, title=title)
    for name, outcome in outcomes.items():
        table.add_row(name, *_row(outcome))
    figures = {name: asdict(outcome) for name, outcome in outcomes.items()} | {IDLE: quiet}
    return Group(table, _steps_table(outcomes)), figures | {"load": os.getloadavg()}


def _steps_table(outcomes: Mapping[str, Outcome]) -> Table:
    """Where the transactions and calls come from, by crash point."""
    table = Table("step", *outcomes, title="How often each step is made for a job")
    names = sorted({name for one in outcomes.values() for name in one.steps_each})
    for name in names:
        table.add_row(name, *(f"{one.steps_each.get(name, 0):.2f}" for one in outcomes.values()))
    return table


def _row(outcome: Outcome) -> list[str]:
    figures = (outcome.jobs_a_second, outcome.lag_p50_seconds, outcome.lag_p95_seconds)
    each = (outcome.cli_calls_each, outcome.transactions_each)
    return [*(f"{one:.2f}" for one in (*figures, *each)), str(outcome.doubled), str(outcome.lost)]
