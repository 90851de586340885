"""The database under the daemon goes away in every way it can: nothing is lost, and the daemon comes back by itself."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from reconciler.local.ports import choose_port
from reconciler.local.postgres import UNSAFE_BUT_FAST, Cluster
from reconciler.objects.store import ObjectStoreConfig
from reconciler.store import migrate
from tests import invariants
from tests.chaos.proxy import Proxy, running_proxy
from tests.crash import nursery
from tests.crash.stage import HASTE, Stage, mounted
from tests.world import make_world

DOCUMENTS = 10
CHAOS_SECONDS = 6.0
QUICK = HASTE | {"LEASE_SECONDS": "5", "RUN_SLOTS": "3", "DRAIN_SECONDS": "20"}
REST_SECONDS_MAX = 400.0
TEMPLATE: Final = "chaos_template"
DATABASE: Final = "chaos"


class Ground:
    """A server of this test's own, and the link to it that the daemon uses."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate.upgrade(cluster.url(TEMPLATE))

    def execute(self, *statements: LiteralString) -> None:
        """Do this as the one who owns the server."""
        url = make_url(self.cluster.url()).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement)

    def restart(self, *, kill: bool) -> None:
        """Take the server away and bring it back: in good order, or as when the machine kills it."""
        if kill:
            os.kill(self.cluster.pid, signal.SIGKILL)
        else:
            self.cluster.stop()
        time.sleep(1)
        again = Cluster(self.cluster.folder, settings=UNSAFE_BUT_FAST)
        again.start()
        self.cluster = again


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A server that may be killed."""
    folder = tmp_path_factory.mktemp("server")
    cluster = Cluster(folder, settings=UNSAFE_BUT_FAST)
    cluster.start()
    made = None
    try:
        made = Ground(cluster)
        yield made
    finally:
        (cluster if made is None else made.cluster).stop()


@contextmanager
def staged(ground: Ground, store: ObjectStoreConfig, home: Path) -> Iterator[tuple[Stage, Proxy]]:
    """A stage whose daemon reaches the database through a proxy, and the proxy."""
    ground.execute(
        f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)",
        f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}",
        "DROP ROLE IF EXISTS chaos_daemon",
        "CREATE ROLE chaos_daemon LOGIN PASSWORD 'chaos' IN ROLE reconciler_daemon",
    )
    url = ground.cluster.url(DATABASE)
    with running_proxy("127.0.0.1", ground.cluster.port) as proxy:
        daemon_url = make_url(url).set(username="chaos_daemon", password="chaos", port=proxy.port)
        stage = mounted(make_world(url, daemon_url.render_as_string(hide_password=False), store, home), "live")
        with stage.world.engine.begin() as connection:
            invariants.watch(connection)
        try:
            yield stage, proxy
        finally:
            stage.world.close()


def survive(stage: Stage, chaos: Callable[[], None], *, watched: Callable[[], bool] | None = None) -> None:
    """One daemon lives through it all: it ends every document, with no Camber job too many."""
    stage.world.settings |= QUICK | {"CAMBER_BIN": str(stage.world.home / "camber")}
    for _ in range(DOCUMENTS):
        stage.world.submit()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | stage.world.settings | {"DATABASE_URL": stage.world.daemon_url}
    daemon = nursery.start(environment, stage.world.home)
    try:
        _play(stage, lambda: stage.world.one("SELECT count(*) FROM camber_runs") > 0)
        chaos()
        _play(stage, stage.rest)
        os.kill(daemon.pid or 0, signal.SIGTERM)
        daemon.join(40)
        assert daemon.exitcode == 0
    finally:
        daemon.kill()
        daemon.join(10)

    assert stage.broken([*invariants.ALWAYS, *invariants.AT_REST]) + stage.beside() == []
    assert stage.world.one("SELECT count(*) FROM documents") == DOCUMENTS
    assert stage.world.one("SELECT count(*) FROM camber_sightings WHERE role = 'duplicate'") == 0


def _play(stage: Stage, reached: Callable[[], bool], seconds: float = REST_SECONDS_MAX) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, how_it_stands(stage)
        stage.node.look()
        stage.hurry()
        time.sleep(0.1)


def how_it_stands(stage: Stage) -> str:
    """What is under way, and the end of the daemon's log."""
    with stage.world.engine.connect() as connection:
        runs = connection.execute(
            text("SELECT to_jsonb(r) - 'command' FROM camber_runs r WHERE state <> 'finished'")
        ).all()
        jobs = connection.execute(
            text("SELECT to_jsonb(j) FROM jobs j WHERE status IN ('pending', 'processing')")
        ).all()
    said = (stage.world.home / "log").read_text()[-3000:]
    return "\n".join(map(str, [*runs, *jobs, datetime.now(UTC), said]))


def during(stage: Stage, act: Callable[[], object], pause: float) -> None:
    """Do it again and again for a while, while Camber goes on."""
    deadline = time.monotonic() + CHAOS_SECONDS
    while time.monotonic() < deadline:
        act()
        stage.node.look()
        time.sleep(pause)


def retarget(stage: Stage, proxy: Proxy, ground: Ground) -> None:
    """The server may have come back on another port."""
    proxy.retarget("127.0.0.1", ground.cluster.port)
    stage.world.engine.dispose()
    assert stage.world.engine.url.port == ground.cluster.port, "the test's own link goes nowhere"


@pytest.mark.parametrize("kill", [False, True], ids=["restart", "kill"])
def test_postgres_goes_and_comes_back(
    ground: Ground, object_store: ObjectStoreConfig, tmp_path: Path, *, kill: bool
) -> None:
    with staged(ground, object_store, tmp_path) as (stage, proxy):

        def chaos() -> None:
            for _ in range(2):
                ground.restart(kill=kill)
                retarget(stage, proxy, ground)
                _play(stage, lambda: stage.world.one("SELECT count(*) FROM camber_runs") > 0)

        survive(stage, chaos)


def test_every_connection_is_ended_again_and_again(
    ground: Ground, object_store: ObjectStoreConfig, tmp_path: Path
) -> None:
    with staged(ground, object_store, tmp_path) as (stage, _):
        ended = []

        def act() -> None:
            sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            sql += " WHERE application_name LIKE 'reconciler %'"
            ended.append(stage.world.one(sql))

        survive(stage, lambda: during(stage, act, 0.3))
        assert sum(ended) > 5


def test_the_link_is_slow_and_is_cut_in_the_midst_of_everything(
    ground: Ground, object_store: ObjectStoreConfig, tmp_path: Path
) -> None:
    with staged(ground, object_store, tmp_path) as (stage, proxy):

        def chaos() -> None:
            proxy.delay(0.02)
            during(stage, proxy.sever, 0.4)
            proxy.delay(0.0)
            proxy.cut()
            time.sleep(2)
            proxy.mend()

        survive(stage, chaos)
        assert proxy.cuts > 10


POOLER = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = 4
ignore_startup_parameters = options
logfile = {log}
pidfile =
"""


@contextmanager
def running_pooler(program: str, server: int, folder: Path) -> Iterator[int]:
    """A PgBouncer in transaction mode before the server; yields its port."""
    folder.mkdir()
    port, users, config = choose_port(None), folder / "users", folder / "pgbouncer.ini"
    users.write_text('"chaos_daemon" "chaos"\n')
    config.write_text(POOLER.format(server=server, port=port, users=users, log=folder / "log"))
    for one in (folder, *folder.parents):
        if one.stat().st_uid == os.getuid() and len(one.parts) > 2:
            one.chmod(one.stat().st_mode | 0o055)
    folder.chmod(0o777)
    # It refuses to be root.
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    pooler = subprocess.Popen([program, "-q", *user, str(config)])
    try:
        yield port
    finally:
        pooler.terminate()
        pooler.wait(10)


def test_a_pooler_in_transaction_mode(ground: Ground, object_store: ObjectStoreConfig, tmp_path: Path) -> None:
    """Wake-ups do not get through it, and need not: every row is found by looking."""
    program = shutil.which(os.environ.get("PGBOUNCER", "pgbouncer"), path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer, or name it in PGBOUNCER")
    home = tmp_path / "home"
    home.mkdir()
    with (
        staged(ground, object_store, home) as (stage, _),
        running_pooler(program, ground.cluster.port, tmp_path / "pooler") as port,
    ):
        stage.world.daemon_url = make_url(stage.world.daemon_url).set(port=port).render_as_string(hide_password=False)
        survive(stage, lambda: None)
        log = (home / "log").read_text()
        assert "prepared statement" not in log
        assert urlsplit(stage.world.daemon_url).port == port
