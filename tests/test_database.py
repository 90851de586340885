"""The database fixtures themselves."""

import psycopg
import pytest
from sqlalchemy import make_url

from tests.database import Databases, GivenServer, Server


def _count_tables(url: str) -> int:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        connection.execute("CREATE TABLE left_behind ()")
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_that_no_other_test_touched(turn: int, empty_database_url: str) -> None:
    assert _count_tables(empty_database_url) == 0


def test_a_database_is_dropped_though_somebody_is_connected(databases: Databases, postgres: Server) -> None:
    with databases.fresh() as url:
        name = make_url(url).database
        left_open = psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))

    with psycopg.connect(GivenServer(make_url(postgres.url())).url().replace("+psycopg", "")) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    left_open.close()

    assert found is None


def test_a_server_that_is_given_keeps_its_options() -> None:
    server = GivenServer(make_url("postgresql://u:secret@db.example:25060/defaultdb?sslmode=require"))

    assert server.url("a") == "postgresql+psycopg://u:secret@db.example:25060/a?sslmode=require"
    assert server.url().endswith("/defaultdb?sslmode=require")
