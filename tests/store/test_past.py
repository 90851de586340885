"""What people and daemons ask reads what is under way, and not what was: with attempts and runs of a long past."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from bench.scale.history import BATCH, PENDING, RUNNING, with_history
from bench.scale.queries import ask
from tests.database import Databases

PAST = 20_000
OPEN = PENDING + RUNNING * BATCH
A_DAY = 10_000
"""How many jobs the history has in a day, which is what is asked of costs."""


@pytest.fixture(scope="module")
def past(databases: Databases) -> Iterator[Engine]:
    with databases.fresh() as url, with_history(url, PAST) as engine:
        yield engine


@pytest.mark.parametrize(
    ("query", "rows_max"),
    [
        ("is anything due", 50),
        ("claim of runs to watch", 50),
        ("claim of runs that are over", 150),
        ("slots in use", 50),
        ("job_overview, newest 20", 200),
        ("run_overview, newest 20", 200),
        ("why_waiting, all", 2 * OPEN),
        ("stuck_jobs", 2 * OPEN),
        ("queue_health", 2 * OPEN),
        ("cost_daily, today", int(1.2 * A_DAY)),
    ],
)
def test_the_past_is_not_read_to_see_what_is_under_way(past: Engine, query: str, rows_max: int) -> None:
    read = ask(past, [query])[query]

    assert read.rows <= rows_max
