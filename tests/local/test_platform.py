"""The local platform touches nothing that is not its own, and nothing of it outlives the demo."""

import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from sqlalchemy import make_url, text

from reconciler.local import daemon as local_daemon
from reconciler.local.daemon import DaemonFailed, running_daemon
from reconciler.local.platform import Platform, PlatformBusy, minimal_environment, own_database, running_platform
from reconciler.local.postgres import PostgresError
from reconciler.local.processes import is_alive
from reconciler.settings import Settings
from reconciler.store.database import connect
from tests.camber.fakes import await_until
from tests.database import Server
from tests.world import World

KILLED = """
import json, sys
from pathlib import Path
from reconciler.local.daemon import running_daemon
from reconciler.local.platform import Platform
folder = Path(sys.argv[1])
platform = Platform(folder=folder, environment=json.loads(sys.argv[2]), objects=None, identity=folder)
with running_daemon(platform) as daemon:
    print(daemon.process.pid, flush=True)
    daemon.process.wait()
"""


def test_on_another_server_a_database_of_our_own_is_made_and_the_named_one_left(
    postgres: Server, empty_database_url: str
) -> None:
    name = f"rythmiq_test_{secrets.token_hex(4)}"
    named = make_url(empty_database_url)
    try:
        given = named.update_query_dict({"dbname": str(named.database)}).render_as_string(hide_password=False)
        first, second = own_database(given, name), own_database(given, name)
        assert first == second
        assert _asked(first, "SELECT current_database()") == name
        assert _asked(empty_database_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    finally:
        _drop(postgres, name)


def _asked(url: str, question: str) -> object:
    engine = connect(url, application_name="test")
    with engine.connect() as connection:
        answer: object = connection.execute(text(question)).scalar()
    engine.dispose()
    return answer


def _drop(postgres: Server, name: str) -> None:
    engine = connect(postgres.url(), application_name="test").execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    engine.dispose()


@pytest.mark.parametrize("url", ["postgresql://u:hush-hush@127.0.0.1:1/prod", "postgresql://u:hush-hush@h:port/prod"])
def test_a_server_that_has_no_place_for_us_is_one_clear_error(url: str) -> None:
    with pytest.raises(PostgresError, match="unset DATABASE_URL") as refusal:
        own_database(url)

    assert "hush" not in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_no_setting_of_the_outer_shell_comes_in() -> None:
    settings = {name.upper(): "x" for name in Settings.model_fields} | {"SUPABASE_DB_URL": "x", "CAMBER_X": "x"}
    kept = {
        "PATH": "/bin",
        "HOME": "/h",
        "LANG": "C",
        "LC_ALL": "C",
        "https_proxy": "http://p",
        "SSL_CERT_FILE": "/c",
        "TMPDIR": "/t",
    }

    assert minimal_environment(settings | kept) == kept


def test_the_daemon_of_a_killed_demo_ends_too(world: World) -> None:
    command = [sys.executable, "-c", KILLED, str(world.home), json.dumps(_variables(world))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        pid = int(killed.stdout.readline())
        assert await_until(lambda: "Daemon started" in (world.home / "daemon.log").read_text())
        assert "run" in psutil.Process(pid).cmdline()
        # It says so before it listens to signals.
        time.sleep(1)
        killed.kill()

    assert await_until(lambda: not is_alive(pid))


def test_a_daemon_that_does_not_end_is_killed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_daemon, "STOP_SECONDS_MAX", 0.2)
    monkeypatch.setenv("CAMBER_BIN", "/nowhere")
    monkeypatch.setenv("RUN_SLOTS", "many")
    with running_daemon(_platform(world)) as daemon:
        assert await_until(lambda: "Daemon started" in (world.home / "daemon.log").read_text())
        os.kill(daemon.process.pid, signal.SIGSTOP)

    assert daemon.process.returncode == -signal.SIGKILL


def test_the_console_is_where_it_is_said_to_be(world: World) -> None:
    with running_daemon(_platform(world), console=True) as daemon:
        daemon.await_console()
        with urllib.request.urlopen(daemon.console, timeout=30) as answer:  # noqa: S310 - our own address
            page = answer.read().decode()

    assert "<title>Overview" in page
    assert daemon.process.returncode == 0


def test_a_daemon_that_cannot_begin_is_told_and_not_waited_for(world: World) -> None:
    (world.home / "daemon.log").touch()
    wrong = replace(_platform(world), environment=_variables(world) | {"RUN_SLOTS": "many"})
    with pytest.raises(DaemonFailed, match="ended with code 2"), running_daemon(wrong, console=True) as daemon:
        daemon.await_console()


def _platform(world: World) -> Platform:
    objects = world.settings  # never looked at by a daemon's process
    return Platform(folder=world.home, environment=_variables(world), objects=objects, identity=Path("/"))  # type: ignore[arg-type]


def _variables(world: World) -> dict[str, str]:
    return world.settings | {"CAMBER_BIN": str(world.home / "camber")}


def test_one_folder_has_one_platform_at_a_time(tmp_path: Path) -> None:
    with (tmp_path / "platform.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(PlatformBusy, match="another demo"), running_platform(tmp_path, lambda _: None):
            pass
