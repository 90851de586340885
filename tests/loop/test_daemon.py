"""The daemon as a process: it drains, it survives being killed, it says what it did."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fake_camber import FIRST_ID
from tests.world import World

PROGRAM = Path(sys.executable).with_name("reconciler")
QUICK = {
    "TICK_SECONDS": "0.2",
    "POLL_MIN_SECONDS": "0.2",
    "LEASE_SECONDS": "3",
    "LOG_FORMAT": "json",
}


@contextmanager
def running_daemon(world: World, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """`reconciler run`, killed at the latest when the block ends."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= (
        world.settings
        | {"DATABASE_URL": world.daemon_url}
        | QUICK
        | {"CAMBER_BIN": str(world.home / "camber")}
        | settings
    )
    daemon = subprocess.Popen(
        [PROGRAM, "run"], env=environment, stderr=subprocess.PIPE, text=True, cwd=world.home, encoding="utf-8"
    )
    try:
        yield daemon
    finally:
        daemon.kill()
        daemon.wait(10)
        assert daemon.stderr is not None
        daemon.stderr.close()


def until(reached: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for the world to reach a state."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "the world did not get there in time"
        time.sleep(0.05)


def end(daemon: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> list[dict[str, str]]:
    """Stop it and return what it logged, as events."""
    daemon.send_signal(number)
    _, said = daemon.communicate(timeout=60)
    return [json.loads(line) for line in said.splitlines()]


def test_a_daemon_finishes_a_document_and_tells_the_story_in_its_log(world: World) -> None:
    with running_daemon(world) as daemon:
        job = world.submit()
        until(lambda: len(world.camber_jobs()) == 1)
        world.work()
        until(lambda: world.status(job) == "completed")
        log = end(daemon)

    events = [line["event"] for line in log]
    story = [
        "Job created",
        "Camber job submitted",
        "Camber result collected",
        "Job state transitioned",
        "Output packaged successfully",
    ]
    seen = [event for event in events if event in story]
    assert seen == ["Job created", "Job state transitioned", *story[1:]]
    packaged = next(line for line in log if line["event"] == "Output packaged successfully")
    assert packaged["job_id"] == str(job)
    assert int(packaged["camber_job_id"]) == FIRST_ID
    assert daemon.returncode == 0


def test_the_work_of_a_killed_daemon_is_taken_over_without_a_second_camber_job(world: World) -> None:
    with running_daemon(world) as first:
        job = world.submit()
        until(lambda: world.one("SELECT state FROM camber_runs") in ("submitted", "queued"))
        first.send_signal(signal.SIGKILL)
        first.wait(10)

    with running_daemon(world) as second:
        world.work()
        until(lambda: world.status(job) == "completed")
        end(second)

    assert world.camber_jobs() == [FIRST_ID]


def test_sigterm_drains_gives_the_leases_back_and_leaves_remote_work_alone(world: World) -> None:
    with running_daemon(world) as daemon:
        world.submit()
        until(lambda: world.one("SELECT state FROM camber_runs") in ("submitted", "queued"))
        log = end(daemon)

    events = [line["event"] for line in log]
    # A pass under way may still tell something of its own while the daemon drains.
    assert "Daemon draining" in events
    assert events[-1] == "Daemon stopped"
    assert daemon.returncode == 0
    assert world.one("SELECT count(*) FROM camber_runs WHERE lease_owner IS NOT NULL") == 0
    assert world.one("SELECT count(*) FROM daemons WHERE stopped_at IS NOT NULL") == 1
    assert world.one("SELECT status FROM jobs") == "processing"


def test_sigterm_lets_a_create_end_and_writes_down_what_came_of_it(world: World) -> None:
    world.fault(job_create="slow")
    with running_daemon(world) as daemon:
        world.submit()
        until(lambda: len(world.camber_jobs()) == 1)
        end(daemon)

    assert daemon.returncode == 0
    assert world.one("SELECT state FROM camber_runs") == "submitted"
    assert world.one("SELECT count(*) FROM camber_runs WHERE lease_owner IS NOT NULL") == 0


def test_a_second_signal_leaves_at_once(world: World) -> None:
    world.fault(job_create="slow")
    with running_daemon(world) as daemon:
        world.submit()
        until(lambda: len(world.camber_jobs()) == 1)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.stderr is not None
        # It says so when the next signal will be its last.
        next(line for line in daemon.stderr if "Daemon draining" in line)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(10)

    assert daemon.returncode == -signal.SIGTERM


def test_a_daemon_killed_during_create_leaves_a_run_that_another_adopts(world: World) -> None:
    world.fault(job_create="slow")
    with running_daemon(world) as first:
        job = world.submit()
        until(lambda: len(world.camber_jobs()) == 1)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    assert world.one("SELECT state FROM camber_runs") == "launching"
    world.fault()

    with running_daemon(world) as second:
        until(lambda: world.one("SELECT state FROM camber_runs") in ("submitted", "queued"))
        world.work()
        until(lambda: world.status(job) == "completed")
        end(second)

    assert world.camber_jobs() == [FIRST_ID]


def test_settings_that_mean_nothing_any_more_are_named_once_without_their_values(world: World) -> None:
    with running_daemon(world, WEBHOOK_SECRET="hush-hush", SUPABASE_URL="https://hush.example") as daemon:
        until(lambda: world.one("SELECT count(*) FROM daemons") == 1)
        log = end(daemon)

    named = [line["name"] for line in log if line["event"] == "Setting ignored"]
    assert named == ["SUPABASE_URL", "WEBHOOK_SECRET"]
    assert "hush" not in json.dumps(log)


def test_wrong_settings_stop_the_start_with_one_message(world: World) -> None:
    with running_daemon(world, RUN_SLOTS="many", DO_SPACES_BUCKET="") as daemon:
        _, said = daemon.communicate(timeout=60)

    assert daemon.returncode == 2
    assert "RUN_SLOTS" in said
    assert "DO_SPACES_BUCKET" in said
    assert "Traceback" not in said
    assert "many" not in said


def test_a_new_row_is_taken_at_once_and_not_at_the_next_tick(world: World) -> None:
    with running_daemon(world, TICK_SECONDS="3600") as daemon:
        until(
            lambda: world.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reconciler wake'") == 1
        )
        world.submit()
        until(lambda: len(world.camber_jobs()) == 1)
        end(daemon)
