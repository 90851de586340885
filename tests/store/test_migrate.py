"""Migrations: up, down and up again, no drift, and two at once are one after the other."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from reconciler.store import migrate, standing
from reconciler.store.tables import metadata


def tables(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(empty_database_url: str) -> None:
    head = standing.newest()

    assert migrate.upgrade(empty_database_url) == (None, head)
    assert tables(empty_database_url) == set(metadata.tables)
    assert migrate.downgrade(empty_database_url, "base") == (head, None)
    assert tables(empty_database_url) == set()
    assert migrate.upgrade(empty_database_url) == (None, head)


def test_the_files_of_the_migrations_are_named_after_a_chain_of_revisions() -> None:
    """A daemon reads the names alone: it must know what the migration tool knows."""
    config = Config()
    config.set_main_option("script_location", str(standing.migrations()))
    scripts = ScriptDirectory.from_config(config)

    assert [script.revision for script in reversed(list(scripts.walk_revisions()))] == list(standing.revisions())
    assert scripts.get_current_head() == standing.newest()


def test_a_database_that_was_never_migrated_stands_nowhere(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url, poolclass=NullPool)

    assert standing.current(engine) is None


def test_the_tables_in_the_database_are_those_in_the_code(database_url: str) -> None:
    migrate.check(database_url)


def test_two_migrators_at_once_make_one_schema(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(migrate.upgrade, [empty_database_url] * 2))

    head = standing.newest()
    assert sorted(both, key=str) == sorted([(None, head), (head, head)], key=str)


def test_another_migration_is_waited_for_and_then_named(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_WAIT_SECONDS", 0.1)
    engine = create_engine(empty_database_url, poolclass=NullPool)
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": migrate.LOCK_KEY})

        with pytest.raises(migrate.MigrationError, match="another migration"):
            migrate.upgrade(empty_database_url)


def test_every_table_and_column_says_what_it_is_for() -> None:
    silent = [str(column) for table in metadata.tables.values() for column in table.columns if not column.comment]

    assert silent == []
    assert [table.name for table in metadata.tables.values() if not table.comment] == []
