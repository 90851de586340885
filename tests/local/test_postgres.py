import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from reconciler.local.postgres import (
    UNSAFE_BUT_FAST,
    Cluster,
    PostgresError,
    Source,
    find_postgres,
    running_cluster,
)
from reconciler.local.processes import end, is_alive, is_running
from reconciler.local.unprivileged import identity_for

KILLED_WHILE_RUNNING = """
import os, signal, sys
from pathlib import Path
from reconciler.local.postgres import Cluster, UNSAFE_BUT_FAST
cluster = Cluster(Path(sys.argv[1]), settings=UNSAFE_BUT_FAST)
cluster.start()
print(cluster.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose data is made; each test starts and stops it."""
    folder = tmp_path_factory.mktemp("local") / "state" / "postgres"
    with running_cluster(folder, settings=UNSAFE_BUT_FAST):
        return folder


@pytest.fixture
def folder(made: Path) -> Iterator[Path]:
    yield made
    with running_cluster(made):
        """Whatever a test left behind is adopted, and stopped."""


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), connect_timeout=5)


def _answer(url: str) -> object:
    with _connect(url) as connection:
        row = connection.execute("SELECT 42").fetchone()
    assert row is not None
    return row[0]


def _program(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", *arguments], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("source", list(Source))
def test_a_cluster_is_made_answers_and_leaves_no_process(source: Source, tmp_path: Path) -> None:
    if source is Source.SYSTEM and not _has(source):
        pytest.skip("this machine has no PostgreSQL of its own")
    with running_cluster(tmp_path / "pg", binaries=find_postgres((source,)), settings=UNSAFE_BUT_FAST) as cluster:
        url, pid = cluster.url(), cluster.pid

        assert url.startswith("postgresql+psycopg://postgres:")
        assert _answer(url) == 42

    assert not is_alive(pid)
    with pytest.raises(psycopg.OperationalError):
        _answer(url)


def _has(source: Source) -> bool:
    try:
        find_postgres((source,))
    except PostgresError:
        return False
    return True


def test_a_wrong_or_missing_password_is_refused(folder: Path) -> None:
    with running_cluster(folder) as cluster:
        password = (folder / "password").read_text()
        for wrong in ("wrong", ""):
            with pytest.raises(psycopg.OperationalError, match="password"):
                _answer(cluster.url().replace(password, wrong))


def test_it_listens_on_the_loopback_address_only_and_at_no_unix_socket(folder: Path) -> None:
    with running_cluster(folder) as cluster:
        listening = psutil.Process(cluster.pid).net_connections(kind="all")

        assert {(each.laddr.ip, each.laddr.port) for each in listening} == {("127.0.0.1", cluster.port)}


def test_files_are_private_and_a_folder_that_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o750)

    with running_cluster(there, settings=UNSAFE_BUT_FAST):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in there.iterdir()}

    assert stat.S_IMODE(there.stat().st_mode) == 0o750
    assert modes.pop("data") == 0o700
    assert set(modes) == {"password", "port", "postgres.log", "turn.lock", "users.lock"}
    assert set(modes.values()) == {0o600}


def test_secrets_of_our_environment_do_not_reach_the_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACES_SECRET", "hush")
    with running_cluster(folder) as cluster:
        assert "SPACES_SECRET" not in psutil.Process(cluster.pid).environ()


def test_a_database_is_created_once(folder: Path) -> None:
    with running_cluster(folder) as cluster:
        first, second = cluster.ensure_database("product"), cluster.ensure_database("product")

        assert first == second == cluster.url("product")
        assert _answer(first) == 42


def test_a_server_whose_program_was_killed_is_adopted(folder: Path) -> None:
    killed = _program(KILLED_WHILE_RUNNING, str(folder))
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    with running_cluster(folder) as cluster:
        assert cluster.pid == int(killed.stdout)
        assert _answer(cluster.url()) == 42

    assert not is_running(int(killed.stdout), str(folder / "data"))


def test_a_server_that_was_killed_is_started_again_with_its_data(folder: Path) -> None:
    with running_cluster(folder) as cluster:
        pid = cluster.pid
        cluster.ensure_database("kept")
        assert end(pid, signal.SIGKILL, seconds_max=10)

    with running_cluster(folder) as again:
        assert again.pid != pid
        assert _answer(again.url("kept")) == 42


def test_a_process_id_that_belongs_to_another_program_now_is_left_alone(folder: Path) -> None:
    """Postgres itself would refuse to start: it takes any living process of its user for its predecessor."""
    with running_cluster(folder) as cluster:
        assert end(cluster.pid, signal.SIGKILL, seconds_max=10)
    with subprocess.Popen(["sleep", "60"]) as bystander:
        file = folder / "data" / "postmaster.pid"
        lines = file.read_text().splitlines()
        file.write_text("\n".join([str(bystander.pid), *lines[1:]]))

        with running_cluster(folder) as again:
            assert _answer(again.url()) == 42

        assert bystander.poll() is None
        bystander.kill()


def test_a_pid_file_that_a_crash_left_empty_is_no_obstacle(folder: Path) -> None:
    (folder / "data" / "postmaster.pid").touch(0o600)

    with running_cluster(folder) as cluster:
        assert _answer(cluster.url()) == 42


def test_the_port_stays_the_same_unless_it_is_taken(folder: Path) -> None:
    with running_cluster(folder) as cluster:
        port = cluster.port
    with running_cluster(folder) as cluster:
        assert cluster.port == port

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with running_cluster(folder) as cluster:
            assert cluster.port != port
            assert _answer(cluster.url()) == 42


def test_the_last_of_two_users_stops_the_server(folder: Path) -> None:
    first, second = Cluster(folder), Cluster(folder)
    first.start()
    second.start()
    assert first.pid == second.pid

    first.stop()
    assert _answer(second.url()) == 42

    pid = second.pid
    second.stop()
    assert not is_alive(pid)


def test_a_server_with_a_busy_client_is_stopped_all_the_same(folder: Path) -> None:
    with running_cluster(folder) as cluster:
        pid, client = cluster.pid, _connect(cluster.url())
        client.execute("CREATE TEMPORARY TABLE unfinished ()")

    assert not is_alive(pid)
    client.close()


def test_a_failed_start_shows_the_end_of_the_log_and_leaves_no_process(folder: Path) -> None:
    cluster = Cluster(folder, settings={"no_such_setting": "1"})

    with pytest.raises(PostgresError, match="unrecognized configuration parameter"):
        cluster.start()

    assert not [
        each for each in psutil.process_iter(["cmdline"]) if str(folder / "data") in (each.info["cmdline"] or ())
    ]
    with pytest.raises(PostgresError, match="not started"):
        cluster.url()


def test_data_whose_making_was_interrupted_is_made_again(tmp_path: Path) -> None:
    half_made = tmp_path / "data.unfinished"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("15\n")

    with running_cluster(tmp_path, settings=UNSAFE_BUT_FAST) as cluster:
        assert _answer(cluster.url()) == 42

    assert not half_made.exists()


def test_data_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("9\n")

    with pytest.raises(PostgresError, match="is of PostgreSQL 9, not"):
        Cluster(tmp_path, binaries=find_postgres()).start()
    with pytest.raises(PostgresError, match="no PostgreSQL 9 found"):
        Cluster(tmp_path).start()


def test_a_lost_password_is_told_by_name(folder: Path) -> None:
    hidden = folder / "hidden"
    (folder / "password").rename(hidden)
    try:
        with pytest.raises(PostgresError, match="password is missing"):
            Cluster(folder).start()
    finally:
        hidden.rename(folder / "password")


@pytest.fixture
def with_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a program into PATH that refuses, as where a container forbids what it would do."""

    def break_program(name: str) -> None:
        fake = tmp_path / "broken" / name
        fake.parent.mkdir(exist_ok=True)
        fake.write_text("#!/bin/sh\necho 'Operation not permitted' >&2\nexit 1\n")
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")

    return break_program


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity")
def test_root_drops_its_uid_where_namespaces_are_refused(tmp_path: Path, with_broken: Callable[[str], None]) -> None:
    """The data changes hands with the identity, there and back."""
    state = tmp_path / "state"
    with running_cluster(state, settings=UNSAFE_BUT_FAST) as cluster:
        assert psutil.Process(cluster.pid).uids().real == 0
    with_broken("unshare")
    with running_cluster(state, settings=UNSAFE_BUT_FAST) as cluster:
        assert psutil.Process(cluster.pid).uids().real != 0
        assert _answer(cluster.url()) == 42
    shutil.rmtree(tmp_path / "broken")
    with running_cluster(state, settings=UNSAFE_BUT_FAST) as cluster:
        assert _answer(cluster.url()) == 42


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity")
def test_root_without_any_other_identity_is_told_so(folder: Path, with_broken: Callable[[str], None]) -> None:
    with_broken("unshare")
    with_broken("setpriv")

    assert identity_for(find_postgres().postgres) is None
    with pytest.raises(PostgresError, match="refuses to run as root"):
        Cluster(folder).start()
