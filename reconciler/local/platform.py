"""The whole platform on one machine: Postgres, an object store, the local Camber, and the settings to use them."""

import fcntl
import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyrage
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from reconciler.camber.process import INHERITED
from reconciler.local.environments import archive, publish_archive
from reconciler.local.object_store import running_object_store
from reconciler.local.postgres import PostgresError, running_cluster
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from reconciler.store.database import connect, normal_url
from reconciler.store.migrate import upgrade

DATABASE = "rythmiq"
DATABASE_ELSEWHERE = "rythmiq_local"
"""The database on a server that is not ours: the one that DATABASE_URL names may be somebody's production."""
_KEPT = INHERITED | {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "TMPDIR"}
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What a daemon needs to work here: its settings as environment variables."""

    folder: Path
    environment: Mapping[str, str]
    objects: ObjectStoreConfig
    identity: Path
    """The age secret key that opens the masters made here."""

    def write_environment(self) -> Path:
        """Keep the settings in a file that a shell can read, for its owner only; returns the file."""
        file = self.folder / "platform.env"
        file.unlink(missing_ok=True)
        _write_secret(file, "\n".join(f"{name}={shlex.quote(value)}" for name, value in self.environment.items()))
        return file

    @property
    def database_url(self) -> str:
        """The platform's database."""
        return self.environment["DATABASE_URL"]


@contextmanager
def running_platform(folder: Path, report: Report, *, engine: str = "onnx") -> Iterator[Platform]:
    """Start everything for the block and stop it cleanly; what a killed platform left behind is taken over."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_alone(folder))
        environment = archive(engine, folder / "environments", lambda line: report(f"worker environment: {line}"))
        report("starting Postgres")
        url = _database(stack, folder)
        report("migrating the database")
        upgrade(url)
        report("starting the object store")
        objects = stack.enter_context(running_object_store(folder / "objects"))
        report("uploading the worker environment")
        key = publish_archive(ObjectStore(objects), engine, environment)
        report("starting the local Camber")
        home = stack.enter_context(_running_camber(folder / "camber"))
        identity = _identity(folder / "identity.age")
        variables = _store_variables(objects) | _worker_variables(engine, key, identity)
        variables |= {"DATABASE_URL": url, "EXECUTION_BACKEND": "local", "CAMBER_LOCAL_HOME": str(home)}
        # The home's own tool, and not the one installed beside us: a fault can take it away, as an update does.
        variables |= {"CAMBER_BIN": str(home / "bin" / "camber")}
        variables |= {"CAMBER_API_KEY": _kept_secret(folder / "camber.key"), "SERVICE_ENV": "local"}
        yield Platform(folder=folder, environment=variables, objects=objects, identity=identity)


class PlatformBusy(RuntimeError):
    """Another program runs the platform of this folder; stopping one would stop the other's work."""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder. The kernel lets go of it with the process, however that ends."""
    with (folder / "platform.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlatformBusy(f"another demo or platform is running in {folder}") from None
        yield


def _database(stack: ExitStack, folder: Path) -> str:
    """A database of our own: on the server of DATABASE_URL where that is set, else on one of our own too."""
    given = os.environ.get("DATABASE_URL")
    if given:
        return own_database(given)
    return stack.enter_context(running_cluster(folder / "postgres")).ensure_database(DATABASE)


def own_database(given: str, name: str = DATABASE_ELSEWHERE) -> str:
    """Create our database on the given URL's server unless it is there; return its URL. Raises PostgresError."""
    try:
        # A `dbname` among the parameters would outrank the path.
        asked = make_url(normal_url(given)).difference_update_query(["dbname"])
        ours = asked.set(database=name).render_as_string(hide_password=False)
        _create(asked.render_as_string(hide_password=False), name)
        _prove_database(ours, name)
    except (ArgumentError, DBAPIError, ValueError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else "it is no URL").strip().partition("\n")[0]
        said = f"no database {name} of our own on the server of DATABASE_URL: {reason}"
        raise PostgresError(f"{said}; unset DATABASE_URL to use a local server") from None
    return ours


def _create(url: str, name: str) -> None:
    with _opened(url) as engine, engine.connect() as connection:
        known = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar()
        if known is None:
            quoted = engine.dialect.identifier_preparer.quote_identifier(name)
            connection.execute(text(f"CREATE DATABASE {quoted}"))


def _prove_database(url: str, name: str) -> None:
    """A pooler between may lead every name to one and the same database."""
    with _opened(url) as engine, engine.connect() as connection:
        reached = connection.execute(text("SELECT current_database()")).scalar()
    if reached != name:
        raise PostgresError(f"the server of DATABASE_URL leads to the database {reached} where {name} was asked for")


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = connect(url, application_name="reconciler local", pool_size=1).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    try:
        yield engine
    finally:
        engine.dispose()


def minimal_environment(outer: Mapping[str, str]) -> dict[str, str]:
    """What a process of the platform may inherit: nothing that could be a setting of the daemon or the CLI."""
    return {name: value for name, value in outer.items() if name in _KEPT or name.startswith("LC_")}


@contextmanager
def _running_camber(home: Path) -> Iterator[Path]:
    # A home that an older version made gets its tool.
    _camber(home, "configure")
    _camber(home, "start")
    try:
        yield home
    finally:
        _camber(home, "stop")


def _camber(home: Path, verb: str) -> None:
    program = Path(sys.executable).with_name("camber-local")
    environment = minimal_environment(os.environ) | {"CAMBER_LOCAL_HOME": str(home)}
    subprocess.run([program, "emulator", verb], env=environment, check=True, capture_output=True, timeout=60)


def _identity(file: Path) -> Path:
    """An age key pair of this platform's own."""
    if not file.exists():
        _write_secret(file, str(pyrage.x25519.Identity.generate()))
    return file


def _recipient(identity: Path) -> str:
    return str(pyrage.x25519.Identity.from_str(identity.read_text("utf-8").strip()).to_public())


def _kept_secret(file: Path) -> str:
    if not file.exists():
        _write_secret(file, secrets.token_hex(20))
    return file.read_text("utf-8").strip()


def _write_secret(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text + "\n")


def _store_variables(objects: ObjectStoreConfig) -> dict[str, str]:
    return {
        "DO_SPACES_ENDPOINT": objects.endpoint,
        "DO_SPACES_REGION": objects.region,
        "DO_SPACES_BUCKET": objects.bucket,
        "DO_SPACES_ACCESS_KEY": objects.access_key,
        "DO_SPACES_SECRET_KEY": objects.secret_key,
    }


def _worker_variables(engine: str, archive_key: str, identity: Path) -> dict[str, str]:
    """One run at a time, since unpacking its environment is most of its work here; and looks are cheap."""
    return {
        "OCR_ENGINE": engine,
        "RUN_ENVIRONMENT": "archive",
        "RUN_ARCHIVE_KEY": archive_key,
        "AGE_RECIPIENTS": _recipient(identity),
        "RUN_SLOTS": "1",
        "WORKER_PROCESSES": "1",
        "WORKER_THREADS": "2",
        "POLL_MIN_SECONDS": "0.5",
        "LOG_GRACE_SECONDS": "10",
        "TICK_SECONDS": "0.5",
    }
