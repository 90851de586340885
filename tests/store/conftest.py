"""A connection to a database of one's own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The test's database, as a superuser."""
    made = create_engine(database_url, poolclass=NullPool)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One transaction on it, that is rolled back."""
    with engine.connect() as made:
        yield made
