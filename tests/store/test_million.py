"""What claims and views read, on a million rows. All tests of one backlog share it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from reconciler.store import jobs
from reconciler.store.database import connect, statement
from tests.database import Databases
from tests.store.builders import add_schema, run_sql

pytestmark = pytest.mark.million
LIMIT = 100
"""What a daemon with the default settings asks for."""
MILLION = 1_000_000

PENDING = "'pending', NULL, NULL"
FINISHED = "'completed', now() - make_interval(secs => i), md5(i::text)::uuid"
BACKLOGS: dict[str, list[tuple[int, int, str]]] = {
    "one-user-million-pending": [(1, MILLION, PENDING)],
    "hundred-thousand-users-ten-each": [(100_000, MILLION, PENDING)],
    "million-finished-ten-thousand-pending": [(1000, MILLION, FINISHED), (500, 10_000, PENDING)],
}


@pytest.fixture(scope="module", params=BACKLOGS)
def backlog(request: pytest.FixtureRequest, databases: Databases, database_template: str) -> Iterator[Engine]:
    """A daemon's engine on a database with that backlog. Indexes are built after the rows: that is much quicker."""
    with databases.fresh(database_template) as url:
        admin = connect(url, application_name="test")
        with admin.begin() as connection:
            run_sql(connection, "SET LOCAL statement_timeout = 0")
            run_sql(connection, "SET LOCAL session_replication_role = replica")
            run_sql(connection, "SET LOCAL maintenance_work_mem = '256MB'")
            schema = add_schema(connection)
            rebuild = _without_indexes(connection)
            for users, rows, state in BACKLOGS[request.param]:
                _pour(connection, schema, users, rows, state)
            for index in rebuild:
                run_sql(connection, index)
            run_sql(connection, "ANALYZE jobs")
        admin.dispose()
        engine = connect(databases.login(url, "reconciler_daemon"), application_name="test")
        yield engine
        engine.dispose()


def _without_indexes(connection: Connection) -> list[str]:
    """Drop what slows the filling down; returns what makes it again, but for the keys that refer to jobs."""
    fitted = text(
        "SELECT conname, conrelid::regclass::text AS place, contype, pg_get_constraintdef(oid) AS made"
        " FROM pg_constraint"
        " WHERE (conrelid = 'jobs'::regclass AND contype IN ('p', 'u')) OR confrelid = 'jobs'::regclass"
        " ORDER BY contype = 'p'"
    )
    constraints = connection.execute(fitted).all()
    for row in constraints:
        run_sql(connection, f"ALTER TABLE {row.place} DROP CONSTRAINT {row.conname}")
    indexes = connection.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'jobs'")).all()
    for row in indexes:
        run_sql(connection, f"DROP INDEX {row.indexname}")
    run_sql(connection, "ALTER TABLE jobs SET UNLOGGED")
    own = [row for row in constraints if row.contype != "f"]
    return [f"ALTER TABLE jobs ADD CONSTRAINT {row.conname} {row.made}" for row in own] + [
        row.indexdef for row in indexes
    ]


def _pour(connection: Connection, schema: UUID, users: int, rows: int, state: str) -> None:
    columns = "id, user_id, portal_schema_id, raw_path, mime_type, original_filename, status, completed_at"
    values = (
        "md5(random()::text || i)::uuid, md5((i % :users)::text)::uuid, :schema, 'blobs/' || i, 'image/png', 'card.png'"
    )
    sql = f"INSERT INTO jobs ({columns}, current_attempt_id) SELECT {values}, {state}"
    run_sql(connection, f"{sql} FROM generate_series(1, :rows) AS i", users=users, schema=schema, rows=rows)


def explained(connection: Connection, sql: str, **values: Any) -> tuple[dict[str, Any], int, int]:
    """The plan, how many rows of tables it touched, and how many pages."""
    found = connection.scalar(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"), values)
    root = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return root, _touched(root), root["Shared Hit Blocks"] + root["Shared Read Blocks"]


def _touched(node: dict[str, Any]) -> int:
    here = 0
    if "Relation Name" in node:
        dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        here = round((node["Actual Rows"] + dropped) * node["Actual Loops"])
    return here + sum(_touched(child) for child in node.get("Plans", []))


def test_a_claim_reads_the_edge_of_the_backlog_and_not_the_backlog(backlog: Engine) -> None:
    with backlog.begin() as connection:
        _, rows, pages = explained(connection, statement("peek_due_jobs").text, limit=LIMIT)

    assert rows <= 20 * LIMIT
    assert pages <= 60 * LIMIT


def test_a_later_claim_reads_no_more_than_the_first(backlog: Engine) -> None:
    """Whoever was served last stands in the middle, at the end or nowhere: the skip goes round all the same."""
    for served in ("00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-ffffffffffff"):
        with backlog.connect() as connection:
            run_sql(
                connection, "INSERT INTO user_turns VALUES (0, CAST(:user AS uuid), clock_timestamp())", user=served
            )
            _, rows, pages = explained(connection, statement("peek_due_jobs").text, limit=LIMIT)

            assert rows <= 20 * LIMIT
            assert pages <= 60 * LIMIT
            assert len(jobs.peek_due(connection, LIMIT)) == LIMIT


def test_two_claimers_share_a_long_backlog(backlog: Engine) -> None:
    with backlog.connect() as first, backlog.connect() as second:
        ids = [row.id for row in jobs.peek_due(first, LIMIT)]
        assert len(jobs.lock_pending(first, ids[:60])) == 60

        assert {row.id for row in jobs.lock_pending(second, ids)} == set(ids[60:])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM job_overview ORDER BY created_at DESC LIMIT 20",
        "SELECT * FROM why_waiting WHERE job_id = (SELECT id FROM jobs WHERE status = 'pending' LIMIT 1)",
        "SELECT * FROM run_overview",
        "SELECT * FROM cost_daily WHERE day >= current_date - 7",
    ],
    ids=["overview", "why", "runs", "cost"],
)
def test_views_that_are_asked_for_little_read_little(backlog: Engine, sql: str) -> None:
    with backlog.begin() as connection:
        _, rows, _ = explained(connection, sql)

    # One count of what is waiting stops at ten thousand.
    assert rows <= 12_000


@pytest.mark.parametrize("backlog", ["million-finished-ten-thousand-pending"], indirect=True)
@pytest.mark.parametrize("view", ["why_waiting", "stuck_jobs", "queue_health"])
def test_a_million_finished_jobs_are_not_read_to_see_what_is_under_way(backlog: Engine, view: str) -> None:
    with backlog.begin() as connection:
        _, rows, _ = explained(connection, f"SELECT * FROM {view}")  # noqa: S608 - nothing from outside

    assert rows <= 60_000
