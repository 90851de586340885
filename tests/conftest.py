"""Fixtures of all tests: a migrated database of one's own, and a real object store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from reconciler.local.object_store import running_object_store
from reconciler.objects.store import ObjectStoreConfig
from tests.database import Databases, Server, running_server
from tests.world import World, make_world

# A busy machine is slow, which says nothing of what is tested. All else stays as it is, here and in CI.
settings.register_profile("patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The session's Postgres server; each worker of a parallel run has its own."""
    with running_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres: Server) -> Iterator[Databases]:
    """What makes databases on the session's server."""
    made = Databases(postgres)
    yield made
    made.close()


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> Iterator[str]:
    """The name of a database that was migrated once."""
    with databases.migrated_template() as name:
        yield name


@pytest.fixture
def database_url(databases: Databases, database_template: str) -> Iterator[str]:
    """The URL (postgresql+psycopg://) of a fresh migrated database, dropped after the test."""
    with databases.fresh(database_template) as url:
        yield url


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """The URL (postgresql+psycopg://) of a fresh database that was never migrated."""
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreConfig]:
    """The bucket of the session's S3 store; tests share it, so each takes keys of its own."""
    with running_object_store(tmp_path_factory.mktemp("objects")) as config:
        yield config


@pytest.fixture
def world(database_url: str, databases: Databases, object_store: ObjectStoreConfig, tmp_path: Path) -> Iterator[World]:
    """A small world for the duties and the commands, with a Camber that does what the test says.

    Its daemons log in as a member of reconciler_daemon and of nothing else.
    """
    daemon_url = databases.login(database_url, "reconciler_daemon")
    made = make_world(database_url, daemon_url, object_store, tmp_path)
    try:
        yield made
        made.assert_legal()
    finally:
        made.close()
