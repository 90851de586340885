"""The forker may be stopped or killed at any moment: each call still ends in time, and says what is known of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.camber import forker as forker_module
from reconciler.camber.forker import PROGRAM, Forker
from reconciler.camber.process import Ending, Finished, read_report
from reconciler.camber.supervisor import Request, boot_now
from tests.camber.fakes import await_numbers, await_until, is_gone, write_cli

GATED = """printf "%s\\n" $$ $PPID >"$1.new"; mv "$1.new" "$1"; until [ -e "$1.go" ]; do sleep 0.01; done; exit 7"""
# A daemon that lends its name to a call, tells the forker's pid, and makes another call for each line it is given.
DAEMON = """
import sys
from reconciler.camber.forker import FORKER
from reconciler.camber.process import run
for line in sys.stdin:
    finished = run(line.split(), environment={"PATH": "/usr/bin:/bin"}, limit_seconds=20, output_bytes_max=1000)
    print(finished.ending, FORKER._process.pid, flush=True)
"""


@pytest.fixture
def forker() -> Iterator[Forker]:
    fresh = Forker()
    yield fresh
    fresh.close()


def request(cli: Path, *arguments: Path, limit: float = 20, until: float | None = None) -> Request:
    return Request([str(cli), *map(str, arguments)], {"PATH": "/usr/bin:/bin"}, limit, until, 1000)


def started(control: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(PROGRAM, env={}, stdin=control.fileno(), start_new_session=True)


def pid_of(forker: Forker) -> int:
    assert forker._process is not None
    return forker._process.pid


def ended(report: bytes) -> Finished | None:
    return read_report(report)


class Asked(threading.Thread):
    """A call that is under way."""

    def __init__(self, forker: Forker, wanted: Request) -> None:
        super().__init__()
        self._forker, self._wanted = forker, wanted
        self.report = b""
        self.start()

    def run(self) -> None:
        self.report = self._forker.call(self._wanted)

    @property
    def ending(self) -> Ending | None:
        self.join(30)
        finished = ended(self.report)
        return finished.ending if finished else None


def test_many_calls_at_once_share_one_forker(forker: Forker, tmp_path: Path) -> None:
    cli = write_cli(tmp_path, 'echo "$1"')
    ended(forker.call(request(cli)))
    pid = pid_of(forker)
    asked = [Asked(forker, request(cli, tmp_path / str(number))) for number in range(40)]

    assert {Ending.EXITED} == {one.ending for one in asked}
    assert [f"{tmp_path}/{number}\n".encode() for number in range(40)] == [_out(one.report) for one in asked]
    assert pid == pid_of(forker)


def test_calls_outlive_the_forker_and_the_next_one_starts_another(forker: Forker, tmp_path: Path) -> None:
    asked = Asked(forker, request(write_cli(tmp_path, GATED), tmp_path / "pids"))
    await_numbers(tmp_path / "pids", 2)
    first = pid_of(forker)
    os.kill(first, signal.SIGKILL)
    gone = await_until(lambda: is_gone(first))
    second = forker.call(request(write_cli(tmp_path / "other", "exit 3")))
    (tmp_path / "pids.go").touch()

    assert gone
    assert second.startswith(b"camber-call 1 exited 3 ")
    assert asked.ending is Ending.EXITED
    assert first != pid_of(forker)
    assert is_gone(first)


def test_a_forker_that_hangs_is_replaced_and_what_it_held_is_never_run(
    forker: Forker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = write_cli(tmp_path, 'touch "$1"')
    forker.call(request(cli, tmp_path / "first"))
    hung = pid_of(forker)
    drop_spare(forker)
    monkeypatch.setattr(forker_module, "SUPERVISOR_SECONDS_MAX", 0.4)
    os.kill(hung, signal.SIGSTOP)
    held = forker.call(request(cli, tmp_path / "held"))
    monkeypatch.undo()
    after = forker.call(request(cli, tmp_path / "after"))

    assert held == b""
    assert is_gone(hung)
    assert after.startswith(b"camber-call 1 exited 0 ")
    assert not (tmp_path / "held").exists()


def test_a_forker_that_cannot_live_starts_nothing(
    forker: Forker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Provably nothing was handed over, and the caller is told so."""
    monkeypatch.setattr(forker_module, "PROGRAM", ("/nowhere/python",))

    with pytest.raises(FileNotFoundError):
        forker.call(request(write_cli(tmp_path, 'touch "$1"'), tmp_path / "ran"))
    assert not (tmp_path / "ran").exists()


def test_a_forker_that_dies_at_birth_leaves_no_report(
    forker: Forker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forker_module, "PROGRAM", ("/bin/false",))
    try:
        report = forker.call(request(write_cli(tmp_path, 'touch "$1"'), tmp_path / "ran"))
    except BrokenPipeError:
        report = b""

    assert report == b""
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_a_request_that_is_not_whole_runs_nothing(tmp_path: Path, kept: int) -> None:
    """A daemon that was killed in the middle of asking has asked for nothing."""
    text = json.dumps(request(write_cli(tmp_path, 'touch "$1"'), tmp_path / "ran")._asdict()).encode()
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    call, end = socket.socketpair()
    with (
        control,
        theirs,
        call,
        started(theirs) as forker,
    ):
        socket.send_fds(control, [b"c"], [end.fileno()])
        end.close()
        call.sendall(text[:kept])
        call.shutdown(socket.SHUT_WR)
        complaint = b"".join(iter(lambda: call.recv(65536), b""))
        control.close()

        assert forker.wait(20) == 0
    assert b"camber-call" not in complaint
    assert b"Error" in complaint
    assert not (tmp_path / "ran").exists()


def test_a_daemon_that_gave_up_before_the_start_is_not_served(tmp_path: Path) -> None:
    """Its request lies whole in the forker's hands; whoever asked is not there any more, so nothing may be created."""
    text = json.dumps(request(write_cli(tmp_path, 'touch "$1"'), tmp_path / "ran")._asdict()).encode()
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    call, end = socket.socketpair()
    with control, theirs, started(theirs) as forker:
        forker.send_signal(signal.SIGSTOP)
        socket.send_fds(control, [b"c"], [end.fileno()])
        end.close()
        call.sendall(text)
        call.close()
        forker.send_signal(signal.SIGCONT)
        control.close()

        assert forker.wait(20) == 0
    time.sleep(0.3)
    assert not (tmp_path / "ran").exists()


def test_the_forker_ends_with_its_daemon_and_the_cli_may_finish(tmp_path: Path) -> None:
    cli = write_cli(tmp_path, GATED + '; touch "$1.done"')
    quick = write_cli(tmp_path / "quick", "")
    with subprocess.Popen([sys.executable, "-c", DAEMON], stdin=-1, stdout=-1, text=True) as daemon:
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        daemon.stdin.write(f"{quick}\n{cli} {tmp_path}/pids\n")
        daemon.stdin.flush()
        ending, pid = daemon.stdout.readline().split()
        running, _ = await_numbers(tmp_path / "pids", 2)
        daemon.kill()

        assert ending == "exited"
        assert await_until(lambda: is_gone(int(pid)))
        assert not is_gone(running)
        (tmp_path / "pids.go").touch()
        assert await_until(lambda: is_gone(running))


def test_no_supervisor_stays_behind(forker: Forker, tmp_path: Path) -> None:
    cli = write_cli(tmp_path, 'echo $PPID >>"$1"')
    for _ in range(5):
        forker.call(request(cli, tmp_path / "pids"))
    supervisors = await_numbers(tmp_path / "pids", 5)

    assert await_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in supervisors))


def test_the_deadline_is_read_when_the_forker_was_stopped(forker: Forker, tmp_path: Path) -> None:
    """The daemon asks in time, the forker sleeps over the deadline, and nothing is created late."""
    cli = write_cli(tmp_path, 'touch "$1"')
    forker.call(request(cli, tmp_path / "first"))
    drop_spare(forker)
    os.kill(pid_of(forker), signal.SIGSTOP)
    asked = Asked(forker, request(cli, tmp_path / "late", until=boot_now() + 0.3))
    time.sleep(0.5)
    os.kill(pid_of(forker), signal.SIGCONT)

    assert asked.ending is Ending.LATE
    assert not (tmp_path / "late").exists()


def test_the_deadline_is_read_when_the_process_that_waits_was_stopped(forker: Forker, tmp_path: Path) -> None:
    """It was forked long before; what counts is the moment of its exec."""
    cli = write_cli(tmp_path, 'touch "$1"')
    forker.call(request(cli, tmp_path / "first"))
    waiting = waiting_pids(pid_of(forker))[-1]
    os.kill(waiting, signal.SIGSTOP)
    asked = Asked(forker, request(cli, tmp_path / "late", until=boot_now() + 0.3))
    time.sleep(0.5)
    os.kill(waiting, signal.SIGCONT)

    assert asked.ending is Ending.LATE
    assert not (tmp_path / "late").exists()


def test_the_next_calls_supervisor_waits_and_is_the_one_that_serves(forker: Forker, tmp_path: Path) -> None:
    cli = write_cli(tmp_path, 'printf "%s\\n" $$ $PPID >"$1"')
    forker.call(request(cli, tmp_path / "first"))
    supervisor, waiting = waiting_pids(pid_of(forker))
    forker.call(request(cli, tmp_path / "second"))

    assert await_numbers(tmp_path / "second", 2) == [waiting, supervisor]


@pytest.mark.parametrize("victim", [0, 1], ids=["supervisor", "its-child"])
def test_one_that_waited_and_was_killed_costs_no_call(forker: Forker, tmp_path: Path, victim: int) -> None:
    """A supervisor that is gone is seen and replaced; a child that is gone is a CLI that was killed."""
    cli = write_cli(tmp_path, 'touch "$1"')
    forker.call(request(cli, tmp_path / "first"))
    pids = waiting_pids(pid_of(forker))
    os.kill(pids[victim], signal.SIGKILL)
    gone = await_until(lambda: is_gone(pids[victim]))
    finished = ended(forker.call(request(cli, tmp_path / "second")))

    assert gone
    assert finished is not None
    assert (finished.ending, finished.code) == ((Ending.EXITED, 0) if victim == 0 else (Ending.SIGNALLED, 9))
    assert (tmp_path / "second").exists() == (victim == 0)
    assert victim == 1 or await_until(lambda: is_gone(pids[1]))


def test_those_that_wait_end_with_the_daemon(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", DAEMON], stdin=-1, stdout=-1, text=True) as daemon:
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        daemon.stdin.write(f"{write_cli(tmp_path, '')}\n")
        daemon.stdin.flush()
        _, forker = daemon.stdout.readline().split()
        pids = waiting_pids(int(forker))
        daemon.kill()

        assert await_until(lambda: all(map(is_gone, [int(forker), *pids])))


def test_a_fork_of_the_daemon_does_not_share_the_one_that_waits(forker: Forker, tmp_path: Path) -> None:
    """Two requests in one socket would be none."""
    forker.call(request(write_cli(tmp_path, ""), tmp_path))
    seat = forker._spare
    assert seat is not None
    assert seat.is_good()
    assert not replace(seat, owner=os.getpid() + 1).is_good()


def drop_spare(forker: Forker) -> None:
    """Leave nothing that waits."""
    seat = forker._take_spare()
    assert seat is not None
    seat.ours.close()


def waiting_pids(forker: int) -> list[int]:
    """The supervisor that waits for its request, and the process that will be its CLI."""

    def chain() -> list[int]:
        try:
            children = Path(f"/proc/{forker}/task/{forker}/children").read_text().split()
            below = [Path(f"/proc/{pid}/task/{pid}/children").read_text().split() for pid in children]
        except OSError:
            return []
        return [int(children[0]), int(below[0][0])] if len(children) == 1 == len(below[0]) else []

    assert await_until(lambda: bool(chain()))
    return chain()


def _out(report: bytes) -> bytes:
    finished = ended(report)
    assert finished is not None
    return finished.stdout
