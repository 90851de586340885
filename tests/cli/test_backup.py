"""What docs/how-to/back-up-and-restore.md says: a dump by the tables' owner is whole, and a restored database works."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from reconciler.local.postgres_binaries import find_postgres
from reconciler.store import migrate
from reconciler.store.tables import metadata
from tests.database import Databases
from tests.store.builders import add_job, add_run, assign, complete, run_sql


def client(name: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """One of Postgres's own programs."""
    program = find_postgres().folder / name
    if not program.exists():
        pytest.skip(f"this Postgres comes without {name}")
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=120, check=False)


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def counts(connection: Connection) -> dict[str, int]:
    return {
        name: run_sql(connection, f"SELECT count(*) FROM {name}")  # noqa: S608 - our tables
        for name in metadata.tables
    }


def test_a_dump_by_the_owner_is_whole_and_a_restored_database_goes_on(databases: Databases, tmp_path: Path) -> None:
    dump = str(tmp_path / "backup.dump")
    with databases.owned(may_create_roles=True) as old, databases.owned(may_create_roles=True) as new:
        migrate.upgrade(old)
        migrate.apply_access(old)
        engine = create_engine(old, poolclass=NullPool)
        with engine.begin() as connection:
            job, run = add_job(connection), add_run(connection)
            complete(connection, job, assign(connection, job, run))
            add_job(connection)
        with engine.connect() as connection:
            before = counts(connection)

        refused = client("pg_dump", "--format=custom", f"--file={dump}", plain(old))
        dumped = client("pg_dump", "--format=custom", "--enable-row-security", f"--file={dump}", plain(old))
        restored = client(
            "pg_restore", "--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={plain(new)}", dump
        )
        assert "row-level security" in refused.stderr
        assert (dumped.returncode, restored.returncode) == (0, 0), dumped.stderr + restored.stderr
        migrate.upgrade(new)
        migrate.apply_access(new)

        engine = create_engine(new, poolclass=NullPool)
        with engine.begin() as connection:
            assert before == counts(connection)
            assert before["job_events"] == 4
            run_sql(connection, "UPDATE jobs SET rerun_requested = true, request_reason = 'restored'")
            assert connection.scalars(text("SELECT count(*) FROM why_waiting")).one() == 1
        migrate.check(new)
