"""A daemon with nothing to do asks the database one question, and misses nothing by that."""

from reconciler.loop import dispatch, watch
from reconciler.loop.due import AGE_SECONDS, Due
from reconciler.store import daemons
from tests.world import World


def due(world: World, ahead_seconds: float = 0.0) -> set[str]:
    with world.engine.connect() as connection:
        return set(daemons.look_for_due(connection, ahead_seconds))


def test_each_kind_of_work_has_its_word(world: World) -> None:
    daemon = world.daemon()
    assert due(world) == set()
    job = world.submit()
    assert due(world) == {"jobs"}

    world.step(daemon, dispatch.run_once)
    assert due(world) == set()
    world.make_due()
    assert due(world) == {"submitted"}

    world.work()
    world.step(daemon, watch.run_once)
    assert due(world) == {"collecting"}
    world.execute("UPDATE jobs SET rerun_requested = true WHERE id = :id", id=job)
    assert due(world) == {"collecting", "requests"}


def test_a_run_whose_look_comes_before_the_next_tick_is_due(world: World) -> None:
    world.submit()
    world.step(world.daemon(), dispatch.run_once)
    world.execute("UPDATE camber_runs SET next_poll_at = now() + interval '10 seconds'")

    assert due(world, 9) == set()
    assert due(world, 11) == {"submitted"}


def test_what_another_daemon_is_at_is_not_due(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.make_due()
    world.execute("UPDATE camber_runs SET lease_owner = gen_random_uuid(), lease_until = now() + interval '1 minute'")

    assert due(world) == set()


def test_an_answer_is_shared_for_a_moment_and_whoever_is_woken_asks_anew(world: World) -> None:
    now = [100.0]
    shared = Due(world.engine, lambda: now[0], 0.0)
    assert not shared.any_of(("jobs",))
    world.submit()

    assert not shared.any_of(("jobs",))
    shared.forget()
    assert shared.any_of(("jobs",))

    world.execute("UPDATE jobs SET available_at = now() + interval '1 hour'")
    assert shared.any_of(("jobs", "requests"))
    now[0] += AGE_SECONDS
    assert not shared.any_of(("jobs", "requests"))
