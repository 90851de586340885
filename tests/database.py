"""A real Postgres for tests: one server a session, one migrated template, one database a test.

TEST_DATABASE says which server: `embedded` (the default) starts our own; `container` starts one in Docker;
`url` takes the server of DATABASE_URL. Without that word DATABASE_URL is never touched: it may be production.
"""

import gc
import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, Protocol

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from reconciler.local.postgres import UNSAFE_BUT_FAST, running_cluster
from reconciler.store import migrate

CONTAINER_IMAGE = "postgres:16-alpine"
ENGINE_SECONDS_MAX = 10


class Server(Protocol):
    """Where databases can be made."""

    def url(self, database: str = "postgres") -> str:
        """Return the URL of one of its databases."""
        ...


@dataclass(frozen=True, slots=True)
class GivenServer:
    """A server that somebody else runs."""

    maintenance: URL

    def url(self, database: str = "") -> str:
        """Return the URL of one of its databases; of the given one where none is named."""
        chosen = self.maintenance.set(drivername="postgresql+psycopg", database=database or self.maintenance.database)
        return chosen.render_as_string(hide_password=False)


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """Provide the server that TEST_DATABASE asks for; `folder` is for the embedded one."""
    match os.environ.get("TEST_DATABASE", "embedded"):
        case "embedded":
            with running_cluster(folder, settings=UNSAFE_BUT_FAST) as cluster:
                yield cluster
        case "container":
            with _container() as server:
                yield server
        case "url":
            yield GivenServer(make_url(os.environ["DATABASE_URL"]))
        case other:
            raise ValueError(f"TEST_DATABASE={other}: it is embedded, container or url")


@contextmanager
def _container() -> Iterator[Server]:
    from testcontainers.community.postgres import PostgresContainer

    trouble = _engine_trouble()
    if trouble is not None:
        pytest.skip(f"no Docker engine answers: {trouble}")
    with PostgresContainer(CONTAINER_IMAGE, driver="psycopg") as container:
        yield GivenServer(make_url(container.get_connection_url()))


def _engine_trouble() -> str | None:
    with warnings.catch_warnings():
        # The Docker client forgets to close a socket that could not connect.
        warnings.simplefilter("ignore", ResourceWarning)
        trouble = _ping_engine()
        gc.collect()
    return trouble


def _ping_engine() -> str | None:
    from docker import from_env  # type: ignore[import-untyped] # it ships no types
    from docker.errors import DockerException  # type: ignore[import-untyped] # it ships no types

    try:
        client = from_env(timeout=ENGINE_SECONDS_MAX)
        client.ping()
        client.close()
    except (DockerException, OSError) as error:
        return str(error)
    return None


class Databases:
    """Makes and drops databases of one session; their names are of this session only."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._prefix = f"rythmiq_test_{secrets.token_hex(4)}"
        self._made = 0
        self._logins: dict[str, str] = {}
        self._connection = psycopg.connect(_plain(server.url()), autocommit=True)

    @contextmanager
    def migrated_template(self) -> Iterator[str]:
        """Provide the name of a database at the newest schema, for `fresh` to copy."""
        name = f"{self._prefix}_template"
        self._run("CREATE DATABASE {}", name)
        try:
            migrate.upgrade(self._server.url(name))
            yield name
        finally:
            self._drop(name)

    @contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """Provide the URL of a copy of the template; it is dropped afterwards, whoever is still connected."""
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self._server.url(name)
        finally:
            self._drop(name)

    def login(self, url: str, *roles: str) -> str:
        """The database's URL for a login that is a member of these roles and can do nothing else."""
        name = "_".join([self._prefix, *(role.removeprefix("reconciler_") for role in roles)])
        if name not in self._logins:
            self._logins[name] = secrets.token_hex(8)
            password = sql.Literal(self._logins[name])
            self._connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), password))
            for role in roles:
                self._run("GRANT {} TO {}", role, name)
        return make_url(url).set(username=name, password=self._logins[name]).render_as_string(hide_password=False)

    @contextmanager
    def owned(self, *, may_create_roles: bool) -> Iterator[str]:
        """Provide the URL of an empty database for its owner, who is no superuser."""
        self._made += 1
        owner, password = f"{self._prefix}_owner_{self._made}", secrets.token_hex(8)
        right = sql.SQL("CREATEROLE" if may_create_roles else "NOCREATEROLE")
        self._connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(sql.Identifier(owner), right, sql.Literal(password))
        )
        self._run("CREATE DATABASE {} OWNER {}", owner, owner)
        url = make_url(self._server.url(owner)).set(username=owner, password=password)
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            self._drop(owner)
            self._run("DROP OWNED BY {}", owner)
            self._run("DROP ROLE {}", owner)

    def close(self) -> None:
        """Take the logins away and give the maintenance connection back."""
        for name in self._logins:
            self._run("DROP ROLE {}", name)
        self._connection.close()

    def _drop(self, name: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _run(self, statement: LiteralString, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
