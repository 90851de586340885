"""A connection that died while it lay idle is replaced before anybody gets it; one in use is not asked each time."""

import os
import socket

import pytest
from sqlalchemy import Engine, text

from reconciler.store import database


@pytest.fixture
def engine(database_url: str) -> Engine:
    return database.connect(database_url, application_name="idle", pool_size=1)


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_one_that_was_cut_while_idle_is_replaced(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = backend(engine), database.connect(database_url, application_name="other")
    with other.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    monkeypatch.setattr(database, "IDLE_SECONDS", 0.0)

    assert backend(engine) != first

    engine.dispose()
    other.dispose()


def test_only_one_that_lay_idle_is_asked_whether_it_lives(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    first, asked = backend(engine), list[object]()
    monkeypatch.setattr(engine.dialect, "do_ping", asked.append)

    assert (backend(engine), len(asked)) == (first, 0)
    monkeypatch.setattr(database, "IDLE_SECONDS", 0.0)
    assert (backend(engine), len(asked)) == (first, 1)

    engine.dispose()


def test_a_link_that_is_dead_and_does_not_say_so_is_given_up_within_a_minute(engine: Engine) -> None:
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with socket.socket(fileno=os.dup(raw.fileno())) as link:
            options = [
                link.getsockopt(socket.IPPROTO_TCP, one)
                for one in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
            ]

    assert options == [30, 10, 3, 60_000]

    engine.dispose()


def test_nothing_is_prepared_that_a_pooler_would_forget(engine: Engine) -> None:
    with engine.connect() as connection:
        for _ in range(10):
            connection.execute(text("SELECT 1"))
        assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0

    engine.dispose()
