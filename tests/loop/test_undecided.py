"""A launch that nobody has decided: its jobs are not launched again, and an operator's word about it counts."""

import pytest

from reconciler.loop import dispatch, repair, requests
from reconciler.loop.context import Context
from tests.fake_camber import FIRST_ID
from tests.world import World


def state(world: World) -> str:
    return str(world.one("SELECT state FROM camber_runs ORDER BY created_at DESC LIMIT 1"))


@pytest.fixture
def held(world: World) -> Context:
    """A daemon whose launch made a Camber job, which is not known, and was held before that was found out."""
    daemon = world.daemon()
    world.submit()
    world.fault(job_create="exit-1")
    world.step(daemon, dispatch.run_once)
    world.fault()
    world.execute(
        "UPDATE camber_runs SET state = 'held', next_poll_at = NULL, lease_owner = NULL, lease_until = NULL,"
        " reason_text = 'by hand'"
    )
    return daemon


def test_a_rerun_of_a_job_in_a_held_undecided_run_makes_no_twin(world: World, held: Context) -> None:
    world.execute("UPDATE jobs SET rerun_requested = true")
    world.step(held, requests.run_once, dispatch.run_once, dispatch.run_once)
    assert world.one("SELECT status FROM jobs") == "pending"
    assert world.camber_jobs() == [FIRST_ID]
    assert world.one("SELECT code FROM why_waiting") in ("older_launch", "no_daemon")

    world.release_run()
    world.step(held, repair.run_once, dispatch.run_once)

    assert world.one("SELECT status FROM jobs") == "processing"
    assert world.one("SELECT count(*) FROM camber_runs WHERE camber_job_id = :id", id=FIRST_ID) == 1


def test_a_held_run_that_was_never_allowed_to_be_created_keeps_no_rerun_waiting(world: World, held: Context) -> None:
    world.execute("UPDATE camber_runs SET launch_started_at = NULL")
    world.execute("UPDATE jobs SET rerun_requested = true")

    world.step(held, requests.run_once, dispatch.run_once)

    assert world.one("SELECT status FROM jobs") == "processing"


def lose(world: World, daemon: Context) -> None:
    """One more launch that is lost, and proven absent or held for it."""
    world.fault(job_create="lost")
    world.step(daemon, dispatch.run_once)
    world.fault()
    settle_and_look(world, daemon)


def settle_and_look(world: World, daemon: Context) -> None:
    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '1 hour' WHERE state = 'unknown'")
    world.step(daemon, repair.run_once)


def test_releasing_a_run_that_was_launched_too_often_gives_its_jobs_their_launches_anew(world: World) -> None:
    """An operator's word counts: it is looked for once more, then its jobs are launched as if for the first."""
    daemon = world.daemon(ABSENT_READS_MIN="1", RELAUNCH_MAX="1")
    world.submit()
    lose(world, daemon)
    lose(world, daemon)
    assert (state(world), world.calls("job create")) == ("held", 2)

    world.release_run()
    settle_and_look(world, daemon)

    assert state(world) == "abandoned"
    assert world.one("SELECT unknown_launches FROM jobs") == 1
    lose(world, daemon)
    assert (state(world), world.calls("job create")) == ("held", 3)
