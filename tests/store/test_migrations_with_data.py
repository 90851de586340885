"""Up, down and up again over rows, as each revision may find them."""

from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from reconciler.store import migrate, standing
from tests.store.builders import add_job, add_run, assign, complete, put_run, run_sql

OLD = ["0002", "0004", "0007", "0010", "0014", "0017"]
COUNTED = ("jobs", "camber_runs", "job_attempts", "documents", "job_events")


def fill(connection: Connection) -> None:
    """Jobs in every status, with all that belongs to them."""
    run = add_run(connection, 3)
    add_job(connection)
    assign(connection, add_job(connection), run)
    done = add_job(connection)
    complete(connection, done, assign(connection, done, run))
    failed = add_job(connection)
    run_sql(
        connection,
        "UPDATE jobs SET status = 'failed', error_details = '{}', completed_at = now() WHERE id = :id",
        id=failed,
    )
    for state in ("submitted", "running", "collecting", "finished", "abandoned", "held"):
        put_run(connection, add_run(connection), state)


Image = dict[str, list[dict[str, Any]]]


def image(connection: Connection, like: Image | None = None) -> Image:
    """Everything that stands in the tables that both revisions know; with `like`, in the columns that it has."""
    rows = {table: _rows(connection, table) for table in COUNTED}
    if like is None:
        return rows
    known = {table: set(found[0]) for table, found in like.items()}
    return {table: [{name: row[name] for name in known[table]} for row in found] for table, found in rows.items()}


def _rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    found = connection.scalars(text(f"SELECT to_jsonb(t) FROM {table} t"))  # noqa: S608 - nothing from outside
    return sorted(found, key=lambda row: str(row.get("id") or row["job_id"]))


@pytest.mark.parametrize("revision", OLD)
def test_rows_of_an_older_revision_survive_up_down_and_up(empty_database_url: str, revision: str) -> None:
    engine = create_engine(empty_database_url, poolclass=NullPool)
    migrate.upgrade(empty_database_url, revision)
    with engine.begin() as connection:
        fill(connection)
        before = image(connection)

    migrate.upgrade(empty_database_url)
    with engine.connect() as connection:
        assert before == image(connection, before)
    migrate.downgrade(empty_database_url, revision)
    with engine.connect() as connection:
        assert before == image(connection)
        assert before["jobs"]
    migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)
    with engine.connect() as connection:
        assert before == image(connection, before)


def test_a_row_that_breaks_a_new_rule_stops_the_migration_and_is_named(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url, poolclass=NullPool)
    migrate.upgrade(empty_database_url, "0003")
    with engine.begin() as connection:
        add_job(connection)
        run_sql(connection, "UPDATE jobs SET max_attempts = 0")

    with pytest.raises(Exception, match="ck_jobs_max_attempts_positive"):
        migrate.upgrade(empty_database_url)
    with engine.connect() as connection:
        assert run_sql(connection, "SELECT version_num FROM alembic_version") == "0004"
    with engine.begin() as connection:
        run_sql(connection, "UPDATE jobs SET max_attempts = 1")
    assert migrate.upgrade(empty_database_url)[1] == standing.newest()
