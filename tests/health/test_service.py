"""The daemon as a Type=notify service, and its port while it runs: a real process and a real NOTIFY_SOCKET."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from reconciler.health.systemd import notify, watchdog_seconds
from tests.loop.test_daemon import end, running_daemon, until
from tests.world import World


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(str(tmp_path / "notify"))
        link.settimeout(60)
        yield link


def free_port() -> int:
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        return int(link.getsockname()[1])


def test_the_manager_hears_ready_signs_of_life_and_stopping(world: World, manager: socket.socket) -> None:
    address = str(manager.getsockname())
    with running_daemon(world, NOTIFY_SOCKET=address, WATCHDOG_USEC="600000") as daemon:
        heard = [manager.recv(100) for _ in range(3)]
        end(daemon)
        manager.setblocking(False)
        while True:
            try:
                heard.append(manager.recv(100))
            except BlockingIOError:
                break

    assert heard[:3] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    assert b"STOPPING=1" in heard


def test_a_stopped_database_at_the_start_is_never_called_ready(world: World, manager: socket.socket) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with running_daemon(world, NOTIFY_SOCKET=str(manager.getsockname()), DATABASE_URL=nowhere) as daemon:
        _, said = daemon.communicate(timeout=60)

    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)
    assert daemon.returncode == 4
    assert said.startswith("The database did not do it")


def test_the_port_answers_while_it_runs_and_drains(world: World) -> None:
    port = free_port()
    with running_daemon(world, HEALTH_PORT=str(port)) as daemon:
        until(lambda: answers(port, "/readyz"))
        assert answers(port, "/healthz")
        assert b"reconciler_duty_seconds_count" in urllib3.request("GET", f"http://127.0.0.1:{port}/metrics").data
        log = end(daemon)

    assert "Health served" in [line["event"] for line in log]
    assert daemon.returncode == 0


def test_the_console_is_served_by_the_same_port_where_it_is_wanted(world: World) -> None:
    port = free_port()
    with running_daemon(world, HEALTH_PORT=str(port), CONSOLE="1") as daemon:
        until(lambda: answers(port, "/readyz"), 300)
        page = urllib3.request("GET", f"http://127.0.0.1:{port}/console/", timeout=300)
        end(daemon)

    assert page.status == 200
    assert b"Runs under way" in page.data


def test_a_console_bound_elsewhere_without_a_token_refuses_to_start_in_one_line(world: World) -> None:
    with running_daemon(world, HEALTH_PORT=str(free_port()), CONSOLE="1", HEALTH_HOST="0.0.0.0") as daemon:  # noqa: S104 - that is the case
        _, said = daemon.communicate(timeout=300)

    assert daemon.returncode == 2
    assert said.splitlines()[1:] == [
        "  CONSOLE_TOKEN: must be set where CONSOLE=1 and HEALTH_HOST is not a loopback address"
    ]


def test_a_taken_port_ends_the_start_with_one_line(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running_daemon(world, HEALTH_PORT=str(port)) as daemon:
            _, said = daemon.communicate(timeout=60)

    assert daemon.returncode == 4
    assert said.splitlines()[-1] == (
        f"The health port cannot be served: cannot listen on 127.0.0.1 port {port}: Address already in use."
    )


def answers(port: int, path: str) -> bool:
    try:
        return urllib3.request("GET", f"http://127.0.0.1:{port}{path}", retries=False, timeout=10).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def test_nothing_is_sent_where_nobody_asked() -> None:
    assert not notify("READY=1", {})
    assert watchdog_seconds({}) is None
    assert watchdog_seconds({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, pid=2) is None
    assert watchdog_seconds({"WATCHDOG_USEC": "30000000"}) == 30


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        name = f"rythmiq-test-{os.getpid()}"
        link.bind(f"\0{name}")
        link.settimeout(10)
        assert notify("READY=1", {"NOTIFY_SOCKET": f"@{name}"})
        assert link.recv(100) == b"READY=1"
