"""A dependency that fails is left alone, by everybody, and tried again by one act of one daemon."""

from random import Random

import pytest

from reconciler.loop import dispatch, watch
from reconciler.loop.breakers import Gate
from reconciler.loop.context import Context
from reconciler.loop.outage import Outage
from tests.domain.builders import policy
from tests.world import World

SLOW = {"BACKOFF_BASE_SECONDS": "100", "BACKOFF_MAX_SECONDS": "400"}


def state(world: World, dependency: str) -> str:
    return str(world.one("SELECT state FROM breakers WHERE dependency = :name", name=dependency))


def end_pause(world: World) -> None:
    world.execute("UPDATE breakers SET retry_at = now() WHERE retry_at IS NOT NULL")


def admit(daemon: Context, *needed: str) -> Gate:
    with daemon.transaction("admit") as connection:
        return daemon.breakers.admit(connection, needed)


def test_a_dependency_is_left_alone_only_after_failures_in_a_row(world: World) -> None:
    daemon = world.daemon(**SLOW)

    daemon.breakers.failed("reads", "timeout")
    daemon.breakers.failed("reads", "timeout")
    daemon.breakers.worked("reads")
    daemon.breakers.failed("reads", "timeout")
    daemon.breakers.failed("reads", "timeout")
    assert (state(world, "reads"), admit(daemon, "reads")) == ("closed", Gate.FREE)

    daemon.breakers.failed("reads", "timeout")
    assert (state(world, "reads"), admit(daemon, "reads")) == ("open", Gate.SHUT)
    assert admit(daemon, "storage") is Gate.FREE


def test_a_failed_login_is_one_too_many(world: World) -> None:
    daemon = world.daemon(**SLOW)

    daemon.breakers.failed("login", "login: not logged in")

    assert state(world, "login") == "open"


def test_one_daemon_gets_the_probe_and_the_others_wait_for_what_comes_of_it(world: World) -> None:
    one, other = world.daemon(**SLOW), world.daemon(**SLOW)
    one.breakers.failed("login", "login")
    end_pause(world)

    assert admit(one, "login") is Gate.PROBE
    assert state(world, "login") == "half_open"
    assert admit(other, "login") is Gate.SHUT
    one.breakers.worked("login")
    assert (state(world, "login"), admit(other, "login")) == ("closed", Gate.FREE)


def test_a_probe_that_fails_opens_it_for_longer_with_jitter(world: World) -> None:
    daemon = world.daemon(**SLOW)
    pauses = []
    for _ in range(5):
        daemon.breakers.failed("login", "login")
        pauses.append(float(world.one("SELECT extract(epoch FROM retry_at - now()) FROM breakers")))
        end_pause(world)
        assert admit(daemon, "login") is Gate.PROBE

    for pause, ceiling in zip(pauses, (100, 200, 400, 400, 400), strict=True):
        assert ceiling * 0.09 < pause < ceiling
    assert len(set(pauses)) == 5


def test_a_prober_that_died_does_not_keep_it_half_open_for_ever(world: World) -> None:
    dead, alive = world.daemon(**SLOW), world.daemon(**SLOW)
    dead.breakers.failed("login", "login")
    end_pause(world)
    assert admit(dead, "login") is Gate.PROBE

    end_pause(world)

    assert admit(alive, "login") is Gate.PROBE


def test_creates_that_fail_open_one_breaker_and_the_probe_is_one_document(world: World) -> None:
    daemon = world.daemon(**SLOW, RUN_SLOTS="9", BATCH_MAX="1", BREAKER_FAILURES_MIN="2")
    world.fault(stash_cp="garbage")
    jobs = [world.submit() for _ in range(6)]
    world.step(daemon, dispatch.run_once)
    assert state(world, "create") == "open"
    world.fault()
    assert not world.step(daemon, dispatch.run_once)

    end_pause(world)
    assert world.step(daemon, dispatch.run_once)["submitted"] == 1
    assert state(world, "create") == "closed"
    world.step(daemon, dispatch.run_once)
    assert {world.status(job) for job in jobs} == {"processing"}
    assert world.one("SELECT sum(attempt_count + platform_faults + unknown_launches) FROM jobs") == 0


@pytest.mark.parametrize("dependency", ["create", "reads", "login", "storage"])
def test_a_try_is_not_given_to_another_daemon_before_its_calls_have_ended(world: World, dependency: str) -> None:
    one, other = world.daemon(**SLOW), world.daemon(**SLOW)
    for _ in range(3):
        one.breakers.failed(dependency, "timeout")
    end_pause(world)
    assert admit(one, dependency) is Gate.PROBE

    slowest = one.settings.read_limit_seconds
    if dependency == "create":
        limits = one.settings.stash_limit_seconds, one.settings.start_limit_seconds, one.settings.create_limit_seconds
        slowest += sum(limits)
    left = float(world.one("SELECT extract(epoch FROM retry_at - now()) FROM breakers"))
    assert left > slowest
    world.execute("UPDATE breakers SET retry_at = retry_at - make_interval(secs => :seconds)", seconds=slowest)
    assert admit(other, dependency) is Gate.SHUT


def test_reads_that_fail_are_left_alone_and_then_tried_with_one_run(world: World) -> None:
    daemon = world.daemon(**SLOW, RUN_SLOTS="4", BATCH_MAX="1", BREAKER_FAILURES_MIN="2")
    for _ in range(4):
        world.submit()
    world.step(daemon, dispatch.run_once)
    world.fault(job_get="garbage", job_list="garbage")
    world.step(daemon, watch.run_once)
    assert state(world, "reads") == "open"
    asked = world.calls("job get")
    world.step(daemon, watch.run_once)
    assert world.calls("job get") == asked

    world.fault()
    end_pause(world)
    assert sum(world.step(daemon, watch.run_once).values()) == 1
    assert sum(world.step(daemon, watch.run_once).values()) == 4
    assert world.one("SELECT count(*) FROM camber_runs WHERE state = 'queued'") == 4


def test_a_look_that_finds_nothing_due_gives_the_probe_back(world: World) -> None:
    daemon = world.daemon(**SLOW)
    world.step(daemon, watch.run_once)
    for _ in range(3):
        daemon.breakers.failed("reads", "timeout")
    end_pause(world)

    world.step(daemon, watch.run_once)

    assert state(world, "reads") == "open"
    assert admit(daemon, "reads") is Gate.PROBE


def test_an_outage_of_the_database_is_probed_by_one_and_written_down_when_it_is_over(world: World) -> None:
    now = [1000.0]
    outage = Outage(policy(), Random(1), lambda: now[0])
    daemon = world.daemon()
    assert not outage.shut()

    outage.failed("connection refused")
    assert outage.shut()
    now[0] += 11
    assert [outage.shut(), outage.shut()] == [False, True]
    outage.worked(daemon)

    assert not outage.shut()
    assert world.one("SELECT reason FROM breakers WHERE dependency = 'database'") == "connection refused, for 11.0 s"


@pytest.mark.parametrize("failures", [1, 3, 50])
def test_the_pause_of_an_outage_stays_short(failures: int) -> None:
    now = [0.0]
    outage = Outage(policy(backoff_max_seconds=600), Random(2), lambda: now[0])
    for _ in range(failures):
        outage.failed("away")

    now[0] += 10
    assert not outage.shut()
