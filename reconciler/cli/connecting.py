"""How commands that read reach the database: by DATABASE_URL alone, and without being able to change anything."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ArgumentError

from reconciler.cli.refusal import WRONG_USE, database_or_refuse, refuse
from reconciler.settings import SettingsError, load_database
from reconciler.store.database import connect


def engine_or_refuse(name: str) -> Engine:
    """An engine for one command, with the URL of the environment and .env; it has not connected yet."""
    try:
        url = load_database().database_url.get_secret_value()
        return connect(url, application_name=f"reconciler {name}", pool_size=1)
    except SettingsError as error:
        refuse(str(error), WRONG_USE)
    except (ArgumentError, ValueError):
        # Its text would show the URL, and so the password.
        refuse("DATABASE_URL: cannot be read as a URL", WRONG_USE)


@contextmanager
def reading(name: str) -> Iterator[Connection]:
    """A read-only transaction; what goes wrong with it is one line."""
    engine = engine_or_refuse(name)
    try:
        with database_or_refuse(), engine.connect().execution_options(postgresql_readonly=True) as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def writing(name: str) -> Iterator[Engine]:
    """An engine whose troubles are one line."""
    engine = engine_or_refuse(name)
    try:
        with database_or_refuse():
            yield engine
    finally:
        engine.dispose()
