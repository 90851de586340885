"""A page of a long list reads about a page, wherever it begins and whatever it is asked for."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from reconciler.domain.filters import Filter
from reconciler.store import browsing, reading
from reconciler.store.browsing import looking
from reconciler.store.database import connect, statement
from tests.store.builders import add_schema, run_sql
from tests.store.test_million import explained

ROWS = 30_000
PAGE = 50
TOUCHED_MAX = 8 * PAGE
EVERYTHING: dict[str, Any] = dict.fromkeys(("status", "error_code", "user_id", "since_seconds", "schema", "after"))


@pytest.fixture
def long_list(database_url: str) -> Iterator[Engine]:
    """Many completed jobs, one in a thousand of them failed, one cancelled, three held; and as many runs."""
    engine = connect(database_url, application_name="test")
    with engine.begin() as connection:
        run_sql(connection, "SET LOCAL session_replication_role = replica")
        schema = add_schema(connection)
        run_sql(
            connection,
            "INSERT INTO jobs (id, user_id, portal_schema_id, raw_path, mime_type, original_filename, status,"
            " created_at, completed_at, current_attempt_id, error_details)"
            " SELECT md5(i::text)::uuid, md5((i % 100)::text)::uuid, :schema, 'blobs/' || i, 'image/png', 'card.png',"
            " CASE WHEN i = 20000 THEN 'cancelled' WHEN i % 1000 = 0 THEN 'failed' ELSE 'completed' END,"
            " now() - make_interval(secs => i), now() - make_interval(secs => i), md5(i::text)::uuid,"
            ' CASE WHEN i % 1000 = 0 THEN \'{"code": "NO"}\'::jsonb END FROM generate_series(1, :rows) AS i',
            schema=schema,
            rows=ROWS,
        )
        run_sql(
            connection,
            "INSERT INTO camber_runs (id, marker, backend, account, state, bundle_hash, stash_path, node_size, command,"
            " created_at, finished_at) SELECT md5(i::text)::uuid, 'm' || i, 'camber', 'a', 'finished', 'h', 's', 'xs',"
            " 'c', now() - make_interval(secs => i), now() FROM generate_series(1, :rows) AS i",
            rows=ROWS,
        )
        run_sql(connection, "ANALYZE jobs")
        run_sql(connection, "ANALYZE camber_runs")
    yield engine
    engine.dispose()


def middle(connection: Connection, table: str) -> UUID:
    found = connection.scalar(text(f"SELECT id FROM {table} ORDER BY created_at OFFSET 15000 LIMIT 1"))  # noqa: S608 - a name of ours
    return UUID(str(found))


@pytest.mark.parametrize("asked", [{}, {"status": "failed"}, {"status": "cancelled"}, {"status": "completed"}], ids=str)
@pytest.mark.parametrize("deep", [False, True], ids=["first", "deep"])
def test_a_page_of_jobs_reads_about_a_page(long_list: Engine, asked: dict[str, str], *, deep: bool) -> None:
    with looking(long_list, 30) as connection:
        after = middle(connection, "jobs") if deep else None
        values = EVERYTHING | {"held": False, "limit": PAGE} | asked | {"after": after}
        _, touched, _ = explained(connection, statement("list_jobs").text, **values)

    assert touched <= TOUCHED_MAX


@pytest.mark.parametrize("deep", [False, True], ids=["first", "deep"])
def test_a_page_of_runs_reads_about_a_page(long_list: Engine, *, deep: bool) -> None:
    with looking(long_list, 30) as connection:
        after = middle(connection, "camber_runs") if deep else None
        _, touched, _ = explained(connection, statement("list_runs").text, state=None, after=after, limit=PAGE)

    assert touched <= TOUCHED_MAX


def test_pages_follow_each_other_without_a_gap(long_list: Engine) -> None:
    with looking(long_list, 30) as connection:
        first = reading.list_jobs(connection, Filter(status="failed"), limit=20)
        second = reading.list_jobs(connection, Filter(status="failed"), limit=20, after=first[-1]["id"])

    assert len({row["id"] for row in [*first, *second]}) == 29


def test_the_charts_read_their_time_only(long_list: Engine) -> None:
    with looking(long_list, 30) as connection:
        _, touched, _ = explained(connection, statement("count_by_slot").text, slot_seconds=60, slots=10)
        slots = browsing.count_by_slot(connection, 60, 10)

    assert touched <= 4 * 600
    assert [slot.completed for slot in slots[1:-1]] == [60] * 8


def test_a_look_can_neither_write_nor_take_long(long_list: Engine) -> None:
    with looking(long_list, 0.05) as connection:
        assert connection.scalar(text("SHOW transaction_read_only")) == "on"
        assert connection.scalar(text("SHOW statement_timeout")) == "50ms"
    with long_list.connect() as connection:
        assert connection.scalar(text("SHOW transaction_read_only")) == "off"
        assert connection.scalar(text("SHOW statement_timeout")) == "30s"
