"""A worker is told what to leave out, whoever fenced it and whoever died meanwhile."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from reconciler.domain.runs import Lease
from reconciler.domain.states import RunEvent
from reconciler.loop import collect, dispatch, prune, requests, sweep, watch
from reconciler.loop.context import Context
from reconciler.loop.naming import control_key
from reconciler.store import jobs, runs, signals
from tests.fake_camber import FIRST_ID
from tests.world import World


def told(world: World) -> Any:
    """What the worker of the one run reads, through both channels."""
    marker = world.one("SELECT marker FROM camber_runs")
    signal = json.loads(world.objects.get(control_key(marker), bytes_max=10_000))
    folder = world.home / "stash" / "tester" / (world.camber_job() / "mount_dir").read_text()
    file = folder / "control.json"
    assert not file.exists() or json.loads(file.read_text()) == signal
    return signal["signal"]


def owed(world: World) -> int:
    return int(world.one("SELECT count(*) FROM owed_signals"))


def fence_by_flag(world: World, _job: UUID) -> None:
    """A daemon carries out the cancel and dies before it tells the worker."""
    world.execute("UPDATE jobs SET cancel_requested = true")
    with world.daemons[0].transaction("carry_out") as connection:
        jobs.carry_out_requests(connection, "cancel_jobs", 10)


def fence_by_force(world: World, job: UUID) -> None:
    world.execute("SELECT force_status(:job, 'cancelled', 'no longer wanted')", job=job)


@pytest.mark.parametrize("fence", [fence_by_flag, fence_by_force])
def test_a_signal_that_was_lost_with_its_daemon_is_sent_by_another(world: World, fence: Any) -> None:
    dead, alive = world.daemon(), world.daemon()
    job = world.submit()
    world.step(dead, dispatch.run_once)
    assert told(world) == "continue"

    fence(world, job)
    assert told(world) == "continue"
    world.step(alive, requests.run_once)

    assert told(world) == "abandon"
    assert owed(world) == 0


@pytest.mark.parametrize("channel", ["stash_cp", "store"])
def test_a_signal_that_could_not_be_sent_is_sent_later(
    world: World, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    fence_by_force(world, job)
    if channel == "stash_cp":
        world.fault(stash_cp="lost")
    else:
        world.settings["DO_SPACES_ENDPOINT"] = "http://127.0.0.1:9"
    assert world.step(world.daemon(), requests.run_once)["signalled"] == 0
    assert owed(world) == 1
    assert world.one("SELECT min(due_at) > now() FROM owed_signals")

    world.fault()
    assert world.step(daemon, requests.run_once)["signalled"] == 0
    world.execute("UPDATE owed_signals SET due_at = now()")
    assert world.step(daemon, requests.run_once)["signalled"] == 1
    assert told(world) == "abandon"


def test_what_is_fenced_while_a_worker_is_told_is_a_debt_of_its_own(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="1")
    first, second = world.submit(), world.submit()
    world.step(daemon, dispatch.run_once)
    fence_by_force(world, first)
    with daemon.transaction("claim_signals") as connection:
        (debt,) = signals.claim(connection, daemon.backend, 60, 10)
    fence_by_force(world, second)

    with daemon.transaction("settle_signal") as connection:
        signals.pay(connection, debt)
    assert owed(world) == 1
    world.step(daemon, requests.run_once)

    assert (told(world), owed(world)) == ("abandon", 0)


def test_a_request_during_the_launch_is_told_once_the_run_is_launched(world: World) -> None:
    """The staging may overtake the signal: it puts what it read before."""
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.pretend("UPDATE camber_runs SET state = 'launching', camber_job_id = NULL")
    fence_by_force(world, job)
    world.step(daemon, requests.run_once)
    assert owed(world) == 0
    taken = "UPDATE camber_runs SET lease_owner = :owner, lease_until = now() + interval '1 minute' RETURNING id, epoch"

    with world.engine.begin() as connection:
        row = connection.execute(text(taken), {"owner": daemon.owner}).one()
        run = runs.read(connection, Lease(run_id=row.id, owner=daemon.owner, epoch=row.epoch))
        runs.advance(connection, run, RunEvent.CREATED, "told by create", camber_job_id=FIRST_ID)

    assert owed(world) == 1


def test_a_run_that_is_over_has_nobody_left_to_be_told(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="1")
    first, _ = world.submit(), world.submit()
    world.step(daemon, dispatch.run_once)
    fence_by_force(world, first)
    assert owed(world) == 1
    world.work()

    world.step(daemon, watch.run_once, collect.run_once)

    assert owed(world) == 0


def test_a_duplicate_is_told_again_when_its_run_is_over(world: World) -> None:
    """While the run goes on, its duplicate may do what it does; once all is settled there is nothing left to do."""
    daemon = world.daemon(RUN_SLOTS="1")
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_twin(FIRST_ID + 3)
    world.camber_says("RUNNING", FIRST_ID + 3)
    world.step(daemon, sweep.run_once, requests.run_once)
    assert told(world) == "continue"
    world.work()

    world.step(daemon, watch.run_once, collect.run_once, requests.run_once)

    assert told(world) == "abandon"


def finished_run(world: World) -> Context:
    """A run that is over, with nobody left to be told."""
    daemon = world.daemon(RUN_SLOTS="1", STASH_RETENTION_SECONDS="0.001")
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)
    return daemon


def test_when_a_folder_is_removed_there_is_nobody_left_to_be_told(world: World) -> None:
    """Its duplicate is over too; whoever was to tell it so died before."""
    daemon = finished_run(world)
    world.camber_twin(FIRST_ID + 3)
    world.step(daemon, sweep.run_once)
    assert owed(world) == 1

    world.step(daemon, prune.run_once)

    assert world.one("SELECT stash_pruned_at IS NOT NULL FROM camber_runs")
    assert owed(world) == 0


def test_a_twin_that_shows_up_when_its_folder_is_gone_is_told_by_the_store_alone(world: World) -> None:
    daemon = finished_run(world)
    world.step(daemon, prune.run_once)
    world.camber_twin(FIRST_ID + 3)
    world.camber_says("RUNNING", FIRST_ID + 3)
    copied = world.calls("stash cp")

    world.step(daemon, sweep.run_once, requests.run_once)

    assert (told(world), owed(world)) == ("abandon", 0)
    assert world.calls("stash cp") == copied


def test_a_twin_whose_jobs_were_removed_long_ago_is_told(world: World) -> None:
    daemon = finished_run(world)
    world.pretend("DELETE FROM documents; DELETE FROM job_attempts; DELETE FROM jobs")
    world.camber_twin(FIRST_ID + 3)
    world.camber_says("RUNNING", FIRST_ID + 3)

    world.step(daemon, sweep.run_once, requests.run_once)

    assert (told(world), owed(world)) == ("abandon", 0)
