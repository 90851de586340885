"""A process acts only while its lease holds, by its own clock before the database's; and never by the wall's."""

import signal
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from reconciler.domain.runs import Lease, RunId
from reconciler.domain.states import RunState
from reconciler.loop import dispatch, watch
from reconciler.loop.leases import Leases, current_lease
from reconciler.store import runs
from reconciler.store.runs import StaleLease
from tests.fake_camber import FIRST_ID
from tests.loop.test_daemon import end, running_daemon, until
from tests.world import World

HASTE = {"CREATE_LIMIT_SECONDS": "1", "START_LIMIT_SECONDS": "1", "SETTLE_SECONDS": "2", "POLL_MAX_SECONDS": "0.5"}


def lease() -> Lease:
    return Lease(run_id=RunId(uuid4()), owner=uuid4(), epoch=5)


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def snapshot(world: World) -> object:
    """Everything that a daemon writes, but for signs of life."""
    return world.one(
        "SELECT jsonb_build_array((SELECT jsonb_agg(j ORDER BY id) FROM jobs j),"
        " (SELECT jsonb_agg(to_jsonb(r) - 'lease_until' ORDER BY id) FROM camber_runs r),"
        " (SELECT jsonb_agg(a ORDER BY id) FROM job_attempts a), (SELECT jsonb_agg(e ORDER BY id) FROM job_events e),"
        " (SELECT jsonb_agg(d ORDER BY job_id) FROM documents d))"
    )


def test_a_lease_is_trusted_until_shortly_before_its_end() -> None:
    now, run = [100.0], lease()
    leases = Leases(60, lambda: now[0])
    token = current_lease.set(run)
    try:
        with pytest.raises(StaleLease):
            leases.require()
        leases.take([run], since=100)
        now[0] = 153.9
        leases.require()
        leases.renewed([run], since=120)
        now[0] = 173.9
        leases.require()
        now[0] = 174.0
        with pytest.raises(StaleLease):
            leases.require()
    finally:
        current_lease.reset(token)


def test_a_lease_that_was_lost_is_not_brought_back_by_taking_the_run_again() -> None:
    """The thread that lost it must stop, and must not give away what another thread has taken since."""
    leases, old = Leases(60, lambda: 0.0), lease()
    new = replace(old, epoch=old.epoch + 1)
    leases.take([old], since=-1000)
    leases.take([new], since=0)
    token = current_lease.set(old)
    try:
        with pytest.raises(StaleLease):
            leases.require()
        leases.drop(old)
        current_lease.set(new)
        leases.require()
    finally:
        current_lease.reset(token)


def test_a_renewal_of_an_earlier_epoch_renews_nothing(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    taken = "UPDATE camber_runs SET lease_owner = :owner, lease_until = now() + interval '1 minute' RETURNING id, epoch"
    with world.engine.begin() as connection:
        row = connection.execute(text(taken), {"owner": daemon.owner}).one()
        now = Lease(run_id=row.id, owner=daemon.owner, epoch=row.epoch)

        assert runs.renew_leases(connection, daemon.owner, {replace(now, epoch=row.epoch - 1)}, 60) == set()
        assert runs.renew_leases(connection, daemon.owner, {now}, 60) == {now}


def test_a_renewal_does_not_bring_back_what_was_dropped() -> None:
    leases, run = Leases(60, lambda: 0.0), lease()
    leases.take([run], since=0)
    leases.drop(run)

    leases.renewed([run], since=1)

    assert leases.held() == set()


def test_nothing_is_asked_of_camber_once_the_own_clock_says_that_the_lease_may_be_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    monkeypatch.setattr(daemon.leases, "clock", iter([0.0, 1e9, 1e9]).__next__)
    asked = world.calls("job get")

    assert world.step(daemon, watch.run_once)["lease_lost"] == 1
    assert world.calls("job get") == asked


def test_a_zombie_writes_nothing_when_it_wakes_up(world: World) -> None:
    """Two daemons on one database: the first is stopped in the midst of a look, beyond its lease."""
    job = world.submit()
    with running_daemon(world, RECONCILER_CRASH_POINT="watch.get.after:1:stop", LEASE_SECONDS="2") as zombie:
        until(lambda: stopped(zombie.pid))
        with running_daemon(world, LEASE_SECONDS="2") as alive:
            # Stopped within a transaction of its heart, it keeps its locks until the database ends it, after a minute.
            until(lambda: world.one("SELECT state FROM camber_runs") in ("queued", "running"), seconds=150)
            world.work()
            until(lambda: world.status(job) == "completed" and world.one("SELECT state FROM camber_runs") == "finished")
            end(alive)
        before = snapshot(world)

        zombie.send_signal(signal.SIGCONT)
        until(lambda: world.one("SELECT heartbeat_at > now() - interval '1 second' FROM daemons ORDER BY started_at"))
        log = end(zombie)

    assert snapshot(world) == before
    assert "Lease lost" in [line["event"] for line in log]
    assert world.one("SELECT count(DISTINCT lease_owner) + count(*) FROM camber_runs") == 1


def test_a_daemon_stopped_before_the_spawn_creates_nothing_late(world: World) -> None:
    world.submit()
    with running_daemon(world, **HASTE, RECONCILER_CRASH_POINT="dispatch.create.before:1:stop") as daemon:
        until(lambda: stopped(daemon.pid))
        assert world.one("SELECT state FROM camber_runs") == "launching"
        time.sleep(1.5)
        daemon.send_signal(signal.SIGCONT)
        until(lambda: world.one("SELECT count(*) FROM camber_runs WHERE state = 'submitted' OR state = 'queued'") == 1)
        end(daemon)

    # The late one was never started; what is there was launched by a run of its own.
    assert world.camber_jobs() == [FIRST_ID]
    made = "SELECT array_agg(r.camber_job_id IS NOT NULL ORDER BY r.created_at) FROM camber_runs r"
    assert world.one(made) == [False, True]
    other = (
        "SELECT count(*) FROM cli_calls WHERE kind = 'job create' AND outcome NOT IN ('not_sent:timeout', 'created')"
    )
    assert world.one(other) == 0
    assert world.one("SELECT sum(unknown_launches + platform_faults + attempt_count) FROM jobs") == 0


def test_a_create_is_killed_at_its_limit_while_only_the_daemon_is_stopped(world: World) -> None:
    """The program would make its job after two seconds; its limit is one."""
    world.submit()
    world.fault(job_create="late")
    with running_daemon(world, **HASTE) as daemon:
        until(lambda: world.calls("job create") == 1)
        daemon.send_signal(signal.SIGSTOP)
        until(lambda: stopped(daemon.pid))
        time.sleep(3)
        assert world.camber_jobs() == []
        world.fault()
        daemon.send_signal(signal.SIGCONT)
        until(lambda: len(world.camber_jobs()) == 1)
        end(daemon)

    assert world.camber_jobs() == [FIRST_ID]


SHIFTED = """
import datetime, os, sys, time

SHIFT = float(os.environ["SHIFT_SECONDS"])
_real, _now = datetime.datetime, time.time
time.time = lambda: _now() + SHIFT


def shift():
    signs = sys._getframe(2).f_globals.get("__name__", "").startswith("botocore")
    return datetime.timedelta(seconds=0 if signs else SHIFT)


class Shifted(_real):
    @classmethod
    def now(cls, tz=None):
        return _real.now(tz) + shift()

    @classmethod
    def utcnow(cls):
        return _real.now(datetime.UTC).replace(tzinfo=None) + shift()


datetime.datetime = Shifted
"""


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_daemon_whose_clock_is_wrong_by_hours_does_as_the_others(world: World, hours: int) -> None:
    """Only the store minds the wall's clock: its signatures are dated. So the shim leaves that to the right one."""
    (world.home / "shim").mkdir()
    (world.home / "shim" / "sitecustomize.py").write_text(SHIFTED)
    job = world.submit()
    shifted = {"PYTHONPATH": str(world.home / "shim"), "SHIFT_SECONDS": str(hours * 3600)} | {
        "PYTHONWARNINGS": "ignore"
    }
    with running_daemon(world, LEASE_SECONDS="3", **shifted) as daemon:
        until(lambda: world.one("SELECT count(*) FROM camber_runs WHERE state IN ('submitted', 'queued')") == 1)
        with running_daemon(world, LEASE_SECONDS="3") as other:
            world.work()
            until(lambda: world.status(job) == "completed")
            end(other)
        log = end(daemon)

    assert world.camber_jobs() == [FIRST_ID]
    assert "Lease lost" not in [line["event"] for line in log]
    assert world.one("SELECT max(number) FROM job_attempts") == 1
    drift = "SELECT bool_and(abs(extract(epoch FROM {} - now())) < 120) FROM camber_runs"
    assert world.one(drift.format("launch_started_at")) is True


def test_owner_ids_are_fresh_for_each_process(world: World) -> None:
    owners = {world.daemon().owner for _ in range(3)}

    assert len(owners) == 3


def test_a_drain_ends_within_its_bound_though_a_call_hangs(world: World) -> None:
    world.submit()
    world.fault(job_create="late")
    with running_daemon(world, DRAIN_SECONDS="0.5") as daemon:
        until(lambda: world.calls("job create") == 1)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(10)

    assert daemon.returncode == 1
    # Its lease was not given back: whoever takes the run over waits until the call is surely over.
    assert world.one("SELECT state FROM camber_runs") == str(RunState.LAUNCHING)
    assert world.one("SELECT count(*) FROM camber_runs WHERE lease_owner IS NOT NULL") == 1
