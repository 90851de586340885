"""The limits of a call hold whatever becomes of the daemon, the supervisor or the CLI."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.camber.process import Ending, Finished, boot_now, cli_environment, find_cli, read_report, run
from tests.camber.fakes import await_numbers, await_until, is_gone, write_cli

# A CLI that tells the pids of its child, its own and its parent's, the supervisor's, and then hangs with the child.
HANG = 'sleep 300 & printf "%s\\n" $! $$ $PPID >"$1.new"; mv "$1.new" "$1"; wait'
# A CLI that tells its own pid and the supervisor's, goes on when it is let, and says more than a pipe holds.
GATED = """printf "%s\\n" $$ $PPID >"$1.new"; mv "$1.new" "$1"
until [ -e "$1.go" ]; do sleep 0.01; done; head -c 200000 /dev/zero; exit 7"""
DAEMON = """
import sys
from reconciler.camber import forker, process
forker.SUPERVISOR_SECONDS_MAX = 0.2
limit, *argv = sys.argv[1:]
finished = process.run(argv, environment={"PATH": "/usr/bin:/bin"}, limit_seconds=float(limit), output_bytes_max=10**6)
print(finished.ending, finished.code)
"""


def call(
    cli: Path, *arguments: str | Path, limit: float = 20, cap: int = 100_000, until: float | None = None
) -> Finished:
    return run(
        [str(cli), *map(str, arguments)],
        environment={"PATH": "/usr/bin:/bin"},
        limit_seconds=limit,
        output_bytes_max=cap,
        boot_deadline=until,
    )


@contextmanager
def daemon(cli: Path, *arguments: str | Path, limit: float) -> Iterator[subprocess.Popen[str]]:
    """Start a process that makes one call."""
    command = [sys.executable, "-c", DAEMON, str(limit), str(cli), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_call_reports_its_code_and_both_streams(tmp_path: Path) -> None:
    cli = write_cli(tmp_path, 'printf out; printf "err %s" "$1" >&2; exit 3')
    finished = call(cli, "späte \udcff Zeile\n$(id)")

    assert (Ending.EXITED, 3, False) == (finished.ending, finished.code, finished.cut)
    assert finished.stdout == b"out"
    assert finished.stderr == "err späte ".encode() + b"\xff Zeile\n$(id)"


def test_stdin_holds_a_yes_and_ends(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, "cat; echo end"))

    assert finished.stdout == b"y\nend\n"


def test_signals_reach_the_cli_as_they_should(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, "exec grep -E 'Sig(Ign|Blk)' /proc/self/status"))

    # Signals 32 and 33 are the C library's own: a parent that ignored them cannot be made good for.
    ours = 2**31 - 1
    assert {int(mask, 16) & ours for mask in finished.stdout.split()[1::2]} == {0}


def test_the_cli_holds_its_three_streams_and_nothing_else(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, "pwd; ls -l /proc/$$/fd"))
    names = [line.split()[8] for line in finished.stdout.decode().splitlines()[2:] if not line.endswith("/camber")]

    assert finished.stdout.startswith(b"/\n")
    assert names == ["0", "1", "2"]


def test_a_signal_that_ends_the_cli_is_told(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, "kill -SEGV $$"))

    assert (Ending.SIGNALLED, signal.SIGSEGV) == (finished.ending, finished.code)


def test_a_hanging_cli_is_killed_with_all_its_group(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, f"trap '' TERM INT HUP; echo begun; {HANG}"), tmp_path / "pids", limit=1.5)
    child, cli, _ = await_numbers(tmp_path / "pids", 3)

    assert (Ending.TIMED_OUT, b"begun\n") == (finished.ending, finished.stdout)
    assert 1500 <= finished.duration_ms < 3000
    assert await_until(lambda: is_gone(cli) and is_gone(child))


def test_a_cli_that_closes_its_streams_and_hangs_is_killed_too(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, f"exec >&- 2>&-; {HANG}"), tmp_path / "pids", limit=0.5)

    assert finished.ending is Ending.TIMED_OUT


def test_what_the_cli_leaves_behind_holds_nothing_up(tmp_path: Path) -> None:
    """An update check that lingers in the background must neither delay the answer nor stay."""
    finished = call(write_cli(tmp_path, 'sleep 300 & echo $! >"$1"; echo answer'), tmp_path / "pids")

    assert (Ending.EXITED, b"answer\n") == (finished.ending, finished.stdout)
    assert finished.duration_ms < 5000
    assert await_until(lambda: all(map(is_gone, await_numbers(tmp_path / "pids", 1))))


def test_output_beyond_the_cap_is_read_and_thrown_away(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, "yes | head -c 3000000; echo err >&2; exit 4"), cap=1000)

    assert (Ending.EXITED, 4, True) == (finished.ending, finished.code, finished.cut)
    assert (1000, b"err\n") == (len(finished.stdout), finished.stderr)


def test_output_of_exactly_the_cap_is_not_cut(tmp_path: Path) -> None:
    finished = call(write_cli(tmp_path, "yes | head -c 1000"), cap=1000)

    assert (1000, False) == (len(finished.stdout), finished.cut)


def test_from_the_deadline_on_nothing_is_started(tmp_path: Path) -> None:
    cli = write_cli(tmp_path, 'touch "$1"')

    assert call(cli, tmp_path / "late", until=boot_now()).ending is Ending.LATE
    assert not (tmp_path / "late").exists()
    assert call(cli, tmp_path / "early", until=boot_now() + 30).ending is Ending.EXITED
    assert (tmp_path / "early").exists()


def test_a_cli_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")

    assert (Ending.UNSTARTABLE, 2) == _ending(call(tmp_path / "none"))
    assert (Ending.UNSTARTABLE, 13) == _ending(call(tmp_path / "text"))
    assert (Ending.UNSTARTABLE, 7) == _ending(call(write_cli(tmp_path, ""), "x" * 200_000))


def test_the_limit_holds_while_the_daemon_is_stopped(tmp_path: Path) -> None:
    with daemon(write_cli(tmp_path, HANG), tmp_path / "pids", limit=2.5) as process:
        child, cli, _ = await_numbers(tmp_path / "pids", 3)
        process.send_signal(signal.SIGSTOP)
        still_alive = not is_gone(cli)

        assert still_alive
        assert await_until(lambda: is_gone(cli) and is_gone(child))
        process.send_signal(signal.SIGCONT)
        assert process.communicate(timeout=20)[0] == "timed_out 0\n"


def test_a_daemon_that_was_stopped_past_its_patience_still_reads_the_report(tmp_path: Path) -> None:
    """A created job must not become an unknown one because the daemon slept while its report lay ready."""
    with daemon(write_cli(tmp_path, GATED), tmp_path / "pids", limit=2) as process:
        cli, _ = await_numbers(tmp_path / "pids", 2)
        process.send_signal(signal.SIGSTOP)
        patience_ends_at = time.monotonic() + 2 + 0.2
        (tmp_path / "pids.go").touch()

        assert await_until(lambda: is_gone(cli) and time.monotonic() > patience_ends_at)
        process.send_signal(signal.SIGCONT)
        assert process.communicate(timeout=20)[0] == "exited 7\n"


def test_the_cli_of_a_killed_daemon_does_not_outlive_the_limit(tmp_path: Path) -> None:
    with daemon(write_cli(tmp_path, HANG), tmp_path / "pids", limit=2.5) as process:
        child, cli, supervisor = await_numbers(tmp_path / "pids", 3)
        process.kill()
        process.wait()
        still_alive = not is_gone(cli)

        assert still_alive
        assert await_until(lambda: is_gone(cli) and is_gone(child) and is_gone(supervisor))


def test_the_cli_of_a_killed_daemon_may_finish(tmp_path: Path) -> None:
    body = 'echo $$ >"$1"; until [ -e "$1.go" ]; do sleep 0.01; done; head -c 200000 /dev/zero; touch "$1.done"'
    with daemon(write_cli(tmp_path, body), tmp_path / "pids", limit=20) as process:
        await_numbers(tmp_path / "pids", 1)
        process.kill()
        process.wait()
        (tmp_path / "pids.go").touch()

        assert await_until((tmp_path / "pids.done").exists)


def test_the_cli_dies_with_its_supervisor_and_the_outcome_is_lost(tmp_path: Path) -> None:
    with daemon(write_cli(tmp_path, HANG), tmp_path / "pids", limit=20) as process:
        child, cli, supervisor = await_numbers(tmp_path / "pids", 3)
        os.kill(supervisor, signal.SIGKILL)

        assert await_until(lambda: is_gone(cli))
        assert process.communicate(timeout=20)[0] == "lost 0\n"
        os.kill(child, signal.SIGKILL)


def test_a_supervisor_that_hangs_is_given_up_and_its_cli_with_it(tmp_path: Path) -> None:
    with daemon(write_cli(tmp_path, HANG), tmp_path / "pids", limit=1.5) as process:
        child, cli, supervisor = await_numbers(tmp_path / "pids", 3)
        os.kill(supervisor, signal.SIGSTOP)

        assert process.communicate(timeout=20)[0] == "lost 0\n"
        assert await_until(lambda: is_gone(cli))
        os.kill(child, signal.SIGKILL)


def test_stopping_the_daemon_politely_cuts_no_call_short(tmp_path: Path) -> None:
    with daemon(write_cli(tmp_path, GATED), tmp_path / "pids", limit=20) as process:
        cli, supervisor = await_numbers(tmp_path / "pids", 2)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(supervisor, number)
        sessions = {os.getsid(process.pid), os.getsid(supervisor), os.getsid(cli)}
        (tmp_path / "pids.go").touch()

        assert len(sessions) == 3
        assert process.communicate(timeout=20)[0] == "exited 7\n"


@settings(deadline=None)
@given(cut=st.integers(1, 39), extra=st.binary(min_size=1, max_size=4))
def test_a_report_that_is_not_whole_is_no_report(cut: int, extra: bytes) -> None:
    report = b"camber-call 1 exited 0 12 0 6 4\nJob ID" + b"warn"

    assert read_report(report) == Finished(
        ending=Ending.EXITED, code=0, duration_ms=12, stdout=b"Job ID", stderr=b"warn", cut=False
    )
    assert read_report(report[:-cut]) is None
    assert read_report(report + extra) is None


def test_the_cli_is_looked_for_where_it_was_named_and_nowhere_else(tmp_path: Path) -> None:
    on_path, at_home = write_cli(tmp_path / "bin", ""), write_cli(tmp_path / ".camber" / "bin", "")
    named = write_cli(tmp_path / "named", "")
    environment = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}

    assert find_cli(None, environment) == on_path
    assert find_cli(None, environment | {"PATH": "/nowhere"}) == at_home
    assert find_cli(None, environment | {"CAMBER_BIN": str(named)}) == named
    assert find_cli(named, environment | {"CAMBER_BIN": str(on_path)}) == named
    assert find_cli(tmp_path / "none", environment) is None
    assert find_cli(None, {"PATH": "/nowhere", "HOME": "/nowhere"}) is None


def test_the_cli_inherits_only_what_it_needs() -> None:
    inherited = {
        "PATH": "/bin",
        "HOME": "/h",
        "LC_ALL": "C",
        "HTTPS_PROXY": "http://p",
        "SSL_CERT_FILE": "/c",
        "CAMBER_X": "1",
        "CAMBER_API_KEY": "old",
        "DATABASE_URL": "secret",
        "SPACES_SECRET": "secret",
        "PYTHONPATH": "/p",
        "LD_PRELOAD": "/l",
    }
    environment = cli_environment(inherited, {"EXTRA": "2"}, "new")

    assert {"DATABASE_URL", "SPACES_SECRET", "PYTHONPATH", "LD_PRELOAD"} == inherited.keys() - environment.keys()
    assert dict(environment.items() - inherited.items()) == {"CAMBER_API_KEY": "new", "EXTRA": "2"}


@pytest.mark.parametrize("limit", [0.0, -1.0])
def test_a_limit_that_is_over_starts_nothing_that_lasts(tmp_path: Path, limit: float) -> None:
    assert call(write_cli(tmp_path, "sleep 300"), limit=limit).ending is Ending.TIMED_OUT


def _ending(finished: Finished) -> tuple[Ending, int]:
    return finished.ending, finished.code
