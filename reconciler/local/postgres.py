"""A private PostgreSQL on this machine: made, started, found again and stopped without any installation.

The server listens on 127.0.0.1 only, asks for a password, and outlives a program that is killed: whoever starts the
same folder next adopts it, and the last program to leave stops it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from tenacity import RetryError, Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from reconciler.local.occupancy import Occupancy, turn
from reconciler.local.ports import LOOPBACK, choose_port
from reconciler.local.postgres_binaries import Binaries, PostgresError, Source, find_postgres
from reconciler.local.postgres_data import ENVIRONMENT, USER, DataFolder
from reconciler.local.postmaster import Postmaster, disown, end_postmaster, read_postmaster
from reconciler.local.private_files import read_or_none, tail, write_private
from reconciler.local.processes import is_alive, is_running, spawn
from reconciler.local.unprivileged import Identity, identity_for

__all__ = ["UNSAFE_BUT_FAST", "Binaries", "Cluster", "PostgresError", "Source", "find_postgres", "running_cluster"]

UNSAFE_BUT_FAST: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings for data that may be lost with the machine's power: those of tests."""

_READY_SECONDS_MAX = 60
_READY_POLL_SECONDS = 0.02
_CONTENDED_SECONDS_MAX = 30
_CONTENDED_POLL_SECONDS = 0.5
_CONNECT_SECONDS_MAX = 10
# Another program was faster to take the port; backends of a killed server have yet to notice its death.
_CONTENTIONS = ("Address already in use", "pre-existing shared memory block")


class _ContendedError(PostgresError):
    """Something that goes away kept the server from starting."""


class Cluster:
    """One PostgreSQL data folder and the server over it.

    `folder` is made if missing and holds `data/`, the password, the port, the log and the locks.
    `settings` are passed to the server as options; an adopted server keeps those it was started with.
    """

    def __init__(
        self, folder: Path, *, binaries: Binaries | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder.resolve()
        self._binaries = binaries
        self._settings = dict(settings or {})
        self._data = DataFolder(self.folder)
        self._occupancy = Occupancy(self.folder)
        self._server: Postmaster | None = None

    @property
    def port(self) -> int:
        """The server's TCP port on 127.0.0.1; it may change from start to start."""
        return self._started().port

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._started().pid

    @property
    def log(self) -> Path:
        """The server's log since its last start."""
        return self.folder / "postgres.log"

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database, password included."""
        return f"postgresql+psycopg://{USER}:{self._data.password()}@{LOOPBACK}:{self.port}/{database}"

    def ensure_database(self, name: str) -> str:
        """Create the database unless it is there; return its URL."""
        with self._connect(self.port) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def start(self) -> None:
        """Adopt the folder's living server, or make what is missing and start one. Raises PostgresError."""
        # Traversable, because a server of another uid must reach its data; every file with a secret is 0600.
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        with turn(self.folder):
            self._server = self._adopt() or self._launch()
            self._occupancy.enter()

    def stop(self) -> None:
        """Stop the server, unless another program still uses it. Raises PostgresError when it does not stop."""
        if self._server is None:
            return
        with turn(self.folder):
            server, self._server = self._server, None
            if self._occupancy.leave() and is_running(server.pid, str(self._data.path)):
                self._end(server.pid)

    def _started(self) -> Postmaster:
        if self._server is None:
            raise PostgresError(f"the server of {self.folder} was not started here")
        return self._server

    def _end(self, pid: int) -> None:
        if not end_postmaster(pid):
            raise self._failure(f"process {pid} does not stop")

    def _adopt(self) -> Postmaster | None:
        found = read_postmaster(self._data.path)
        if found is None or not is_running(found.pid, str(self._data.path)):
            return None
        return self._await_ready(found.pid)

    def _launch(self) -> Postmaster:
        binaries = self._usable_binaries()
        identity = identity_for(binaries.postgres)
        if identity is None:
            raise PostgresError("PostgreSQL refuses to run as root, and neither unshare nor setpriv works here")
        self._data.make(binaries, identity, durable=self._settings.get("fsync") != "off")
        identity.own(self._data.path)
        attempts = Retrying(
            retry=retry_if_exception_type(_ContendedError),
            stop=stop_after_delay(_CONTENDED_SECONDS_MAX),
            wait=wait_fixed(_CONTENDED_POLL_SECONDS),
            reraise=True,
        )
        return attempts(self._launch_once, binaries, identity)

    def _usable_binaries(self) -> Binaries:
        made_by = self._data.version
        if self._binaries is None:
            return find_postgres(version=made_by)
        if made_by not in (None, self._binaries.version):
            raise PostgresError(f"{self._data.path} is of PostgreSQL {made_by}, not {self._binaries.version}")
        return self._binaries

    def _launch_once(self, binaries: Binaries, identity: Identity) -> Postmaster:
        disown(self._data.path)
        port_before = read_or_none(self.folder / "port")
        port = choose_port(int(port_before) if port_before else None)
        command = [*identity.prefix, str(binaries.postgres), "-D", str(self._data.path), *self._options(port)]
        self.log.unlink(missing_ok=True)
        pid = spawn(command, log=self.log, environment=ENVIRONMENT)
        try:
            server = self._await_ready(pid)
        except BaseException:
            if is_alive(pid):
                self._end(pid)
            raise
        write_private(self.folder / "port", str(server.port))
        return server

    def _options(self, port: int) -> list[str]:
        ours = {"listen_addresses": LOOPBACK, "port": str(port), "unix_socket_directories": ""}
        settings = {"timezone": "UTC", "log_timezone": "UTC", **self._settings, **ours}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _await_ready(self, pid: int) -> Postmaster:
        attempts = Retrying(
            retry=retry_if_result(lambda server: server is None),
            stop=stop_after_delay(_READY_SECONDS_MAX),
            wait=wait_fixed(_READY_POLL_SECONDS),
        )
        try:
            server = attempts(self._ready_or_none, pid)
        except RetryError as error:
            raise self._failure(f"process {pid} is not ready after {_READY_SECONDS_MAX} s") from error
        if server is None:
            raise self._failure(f"process {pid} never got ready")
        self._prove_ours(server)
        return server

    def _ready_or_none(self, pid: int) -> Postmaster | None:
        if not is_alive(pid):
            contended = any(text in tail(self.log) for text in _CONTENTIONS)
            raise self._failure("the server ended while it started", _ContendedError if contended else PostgresError)
        server = read_postmaster(self._data.path)
        return server if server is not None and server.pid == pid and server.ready else None

    def _prove_ours(self, server: Postmaster) -> None:
        try:
            self._connect(server.port).close()
        except psycopg.OperationalError as error:
            raise self._failure(f"port {server.port} does not answer to our password") from error

    def _connect(self, port: int) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=LOOPBACK,
            port=port,
            user=USER,
            password=self._data.password(),
            dbname="postgres",
            connect_timeout=_CONNECT_SECONDS_MAX,
            autocommit=True,
        )

    def _failure(self, what: str, kind: type[PostgresError] = PostgresError) -> PostgresError:
        return kind(f"local Postgres in {self.folder}: {what}; its log ends:\n{tail(self.log)}")


@contextmanager
def running_cluster(
    folder: Path, *, binaries: Binaries | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Run the folder's cluster for the block; see Cluster for the arguments. Raises PostgresError."""
    cluster = Cluster(folder, binaries=binaries, settings=settings)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()
