import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from reconciler.local.object_store import LocalObjectStore, LocalObjectStoreError, running_object_store
from reconciler.local.processes import end, is_alive
from reconciler.objects.store import ObjectStore, ObjectStoreConfig

KILLED_WHILE_RUNNING = """
import os, signal, sys
from pathlib import Path
from reconciler.local.object_store import LocalObjectStore
store = LocalObjectStore(Path(sys.argv[1]))
store.start()
print(store.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder; each test starts and stops it."""
    return tmp_path_factory.mktemp("local") / "state" / "objects"


@pytest.fixture
def folder(made: Path) -> Iterator[Path]:
    yield made
    with running_object_store(made):
        """Whatever a test left behind is adopted, and stopped."""


def _keep(config: ObjectStoreConfig, text: str) -> None:
    store = ObjectStore(config)
    store.put("kept", text.encode(), "text/plain")
    store.close()


def _kept(config: ObjectStoreConfig) -> str:
    store = ObjectStore(config)
    data = store.get("kept", bytes_max=100)
    store.close()
    return data.decode()


def test_data_keys_and_port_outlive_a_restart_and_no_process_stays(folder: Path) -> None:
    store = LocalObjectStore(folder)
    store.start()
    before, pid = store.config, store.pid
    _keep(before, "as it was")
    store.stop()

    assert not is_alive(pid)
    with running_object_store(folder) as after:
        assert after == before
        assert _kept(after) == "as it was"


def test_data_outlives_a_change_of_ports(folder: Path) -> None:
    with running_object_store(folder) as before:
        _keep(before, "moved")
    (folder / "ports.json").unlink()

    with running_object_store(folder) as after:
        assert after.endpoint != before.endpoint
        assert _kept(after) == "moved"


def test_every_port_is_on_the_loopback_address_only(folder: Path) -> None:
    store = LocalObjectStore(folder)
    store.start()
    listening = [each for each in psutil.Process(store.pid).net_connections() if each.status == psutil.CONN_LISTEN]
    store.stop()

    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}


def test_the_secret_is_in_a_private_file_and_in_no_argument(folder: Path) -> None:
    store = LocalObjectStore(folder)
    store.start()
    secret, arguments = store.config.secret_key, psutil.Process(store.pid).cmdline()
    logs = [path for path in (folder, *folder.glob("logs")) for path in path.glob("*.log*") if path.is_file()]
    store.stop()

    assert stat.S_IMODE((folder / "s3.json").stat().st_mode) == 0o600
    assert secret not in " ".join(arguments)
    assert secret not in repr(replace(store.config, bucket="other"))
    assert logs
    assert not [path for path in logs if secret in path.read_text(errors="replace")]


def test_sockets_are_cleared_away(folder: Path) -> None:
    with running_object_store(folder) as config:
        port = config.endpoint.rpartition(":")[2]

    assert not [path for path in Path("/tmp").glob("seaweedfs-*.sock") if port in path.name]  # noqa: S108 - its path


def test_a_store_whose_program_was_killed_is_adopted(folder: Path) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_RUNNING, str(folder)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    store = LocalObjectStore(folder)
    store.start()
    assert store.pid == int(killed.stdout)
    _keep(store.config, "adopted")

    store.stop()
    assert not is_alive(int(killed.stdout))


def test_a_store_that_was_killed_is_started_again_with_its_data(folder: Path) -> None:
    store = LocalObjectStore(folder)
    store.start()
    _keep(store.config, "survives")
    killed = store.pid
    assert end(killed, signal.SIGKILL, seconds_max=10)
    store.stop()

    with running_object_store(folder) as config:
        assert _kept(config) == "survives"


def test_a_store_that_lives_but_does_not_serve_is_replaced(folder: Path) -> None:
    """Stopped by a signal, as a process can be, it holds its ports and answers nobody."""
    with running_object_store(folder) as config:
        stuck = LocalObjectStore(folder)
        stuck.start()
        stuck_pid = stuck.pid
        _keep(config, "replaced")
        os.kill(stuck_pid, signal.SIGSTOP)

        with running_object_store(folder) as replaced:
            assert _kept(replaced) == "replaced"

        assert not is_alive(stuck_pid)
        stuck.stop()


def test_the_last_of_two_users_stops_the_store(folder: Path) -> None:
    first, second = LocalObjectStore(folder), LocalObjectStore(folder, bucket="second")
    first.start()
    second.start()
    pid = second.pid
    assert first.pid == pid

    first.stop()
    _keep(second.config, "still there")

    second.stop()
    assert not is_alive(pid)


def test_a_failed_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "filerldb2").write_text("no folder")

    with pytest.raises(LocalObjectStoreError, match="ended while it started") as failed:
        LocalObjectStore(tmp_path).start()

    assert "filerldb2" in str(failed.value)
