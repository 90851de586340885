"""Bring the schema up; safe when two start at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from reconciler.store.database import normal_url
from reconciler.store.standing import Standing, migrations, stand

LOCK_KEY = 7_262_004_611_001
"""The advisory lock that one migrator holds."""
LOCK_WAIT_SECONDS = 120.0


ROLES = {
    "reconciler_daemon": "reconciler run: moves jobs and runs, and no more",
    "reconciler_operator": "people who watch and mend: read everything, set flags, call force_status",
    "reconciler_reader": "dashboards: views and figures, no file name and no text",
    "reconciler_api": "the product: inserts jobs and reads those of its acting user",
}
"""Every role with whom it is for. None can log in: logins are made members of them."""


class MigrationError(RuntimeError):
    """The schema could not be brought up."""


def upgrade(url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Migrate up under a lock; returns the revisions before and after. Raises MigrationError."""
    return _move(url, revision, command.upgrade)


def downgrade(url: str, revision: str) -> tuple[str | None, str | None]:
    """Migrate down under a lock; returns the revisions before and after."""
    return _move(url, revision, command.downgrade)


def apply_access(url: str) -> list[str]:
    """Give the roles their rights again; returns those that are missing and may not be created here."""
    with _connected(url) as connection, _locked(connection):
        missing = [str(name) for name in connection.scalars(text("SELECT apply_access()"))]
        connection.commit()
    return missing


def roles_script() -> str:
    """What an administrator runs where the migrator may not create roles."""
    lines = [f"CREATE ROLE {name} NOLOGIN; -- {whom}" for name, whom in ROLES.items()]
    return "\n".join(
        [*lines, "-- Then, as the owner of the tables: SELECT apply_access(); or reconciler migrate once more."]
    )


def check(url: str) -> None:
    """Raise alembic's error where the tables in the database differ from those in the code."""
    with _connected(url) as connection:
        command.check(_config(connection))


def _move(url: str, revision: str, move: object) -> tuple[str | None, str | None]:
    with _connected(url) as connection, _locked(connection):
        before = MigrationContext.configure(connection).get_current_revision()
        connection.commit()
        if stand(before) is Standing.NEWER:
            raise MigrationError(f"the schema is at {before}, which this program does not know: install the newer one")
        move(_config(connection), revision)  # type: ignore[operator]
        connection.commit()
        after = MigrationContext.configure(connection).get_current_revision()
    return before, after


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(normal_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    """Hold the migrators' lock. It is polled: waiting inside Postgres would block CREATE INDEX CONCURRENTLY."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}):
        connection.commit()
        if time.monotonic() > deadline:
            raise MigrationError(f"another migration has been running for {LOCK_WAIT_SECONDS:.0f} s")
        time.sleep(0.2)
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
        connection.commit()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    config.attributes["connection"] = connection
    return config
