"""A connection that died while it lay idle is replaced before anybody gets it; one in use is not asked each time."""

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
