"""When a Camber job counts as absent, and when a look at the list tells nothing."""

import shutil
from itertools import count

import pytest

from reconciler.loop import collect, dispatch, repair, watch
from reconciler.loop.context import Context
from tests.fake_camber import FIRST_ID
from tests.world import World


def state(world: World) -> str:
    return str(world.one("SELECT state FROM camber_runs ORDER BY created_at DESC LIMIT 1"))


def settle(world: World) -> None:
    """Let the settle window pass."""
    world.execute(
        "UPDATE camber_runs SET submit_deadline = now() - interval '1 hour',"
        " absent_since = absent_since - interval '1 hour'"
    )


@pytest.fixture
def lost(world: World) -> Context:
    """A daemon whose only launch was lost: no Camber job was made, and that is not known."""
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.fault(job_create="lost")
    world.step(daemon, dispatch.run_once)
    world.fault()
    settle(world)
    assert state(world) == "unknown"
    return daemon


def strange_job(world: World) -> None:
    """Somebody else's Camber job, younger than the launch."""
    folder = world.camber_job(FIRST_ID + 7)
    folder.mkdir()
    for name, text in (("status", "RUNNING"), ("command", "true"), ("mount_dir", "somebody/else/")):
        (folder / name).write_text(text)


def test_a_look_with_another_login_tells_nothing(world: World, lost: Context) -> None:
    world.fault(me="other")
    world.step(lost, repair.run_once, repair.run_once)
    assert state(world) == "unknown"

    world.fault()
    world.step(lost, repair.run_once)
    assert state(world) == "abandoned"


def test_a_row_that_shows_neither_folder_nor_command_is_opened(world: World, lost: Context) -> None:
    strange_job(world)
    world.fault(job_list="bare")

    world.step(lost, repair.run_once)

    assert world.calls("job get") == 1
    assert state(world) == "abandoned"


def test_while_a_row_stays_unidentified_the_look_is_not_complete(world: World, lost: Context) -> None:
    strange_job(world)
    world.fault(job_list="bare", job_get="bare")

    world.step(lost, repair.run_once, repair.run_once)

    assert state(world) == "unknown"


def test_a_launch_is_found_by_opening_the_rows_that_show_nothing(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.fault(job_create="exit-1")
    world.step(daemon, dispatch.run_once)
    world.fault(job_list="bare")

    world.step(daemon, repair.run_once)

    assert state(world) == "submitted"
    assert world.one("SELECT camber_job_id FROM camber_runs") == FIRST_ID


def test_no_look_counts_before_the_settle_window_is_over(world: World) -> None:
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.fault(job_create="lost")
    world.step(daemon, dispatch.run_once)
    world.fault()
    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '170 seconds'")

    world.step(daemon, *[repair.run_once] * 3)
    assert (state(world), world.one("SELECT absent_count FROM camber_runs")) == ("unknown", 0)

    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '181 seconds'")
    world.step(daemon, repair.run_once)
    assert state(world) == "abandoned"


def test_the_id_floor_is_of_one_backend_and_account(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE camber_runs SET camber_job_id = 999999, id_floor = 999998, account = 'another'")
    world.submit()

    world.step(daemon, dispatch.run_once)

    assert world.one("SELECT id_floor FROM camber_runs WHERE account = 'tester'") == FIRST_ID


def hide(world: World, number: int = FIRST_ID) -> None:
    shutil.move(world.camber_job(number), world.home / f"hidden-{number}")


def test_a_submitted_job_is_gone_only_after_several_complete_lists(world: World) -> None:
    daemon, job = world.daemon(ABSENT_READS_MIN="3"), world.submit()
    world.step(daemon, dispatch.run_once)
    hide(world)

    world.step(daemon, watch.run_once, watch.run_once)
    settle(world)
    assert state(world) == "submitted"
    world.fault(job_list="garbage")
    world.step(daemon, watch.run_once)
    assert (state(world), world.one("SELECT absent_count FROM camber_runs")) == ("submitted", 0)

    world.fault()
    world.step(daemon, watch.run_once, watch.run_once)
    settle(world)
    assert world.status(job) == "processing"
    world.step(daemon, watch.run_once)
    assert state(world) == "collecting"
    assert world.one("SELECT camber_status FROM camber_sightings") == "VANISHED"


def test_a_job_that_comes_back_was_never_gone(world: World) -> None:
    daemon, job = world.daemon(ABSENT_READS_MIN="2"), world.submit()
    world.step(daemon, dispatch.run_once)
    hide(world)
    world.step(daemon, watch.run_once)
    settle(world)
    shutil.move(world.home / f"hidden-{FIRST_ID}", world.camber_job())
    world.work()

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"
    assert world.one("SELECT count(*) FROM camber_runs") == 1


def test_two_jobs_that_are_gone_do_not_hide_each_other(world: World) -> None:
    """Each is the newest that is known to the other's search: neither list could ever be called whole."""
    daemon = world.daemon(ABSENT_READS_MIN="1", RUN_SLOTS="2", BATCH_MAX="1")
    for _ in range(2):
        world.submit()
    world.step(daemon, dispatch.run_once)
    for number in world.camber_jobs():
        hide(world, number)

    world.step(daemon, watch.run_once)
    assert world.one("SELECT count(*) FROM camber_runs WHERE state = 'collecting'") == 0
    for _ in range(3):
        settle(world)
        world.step(daemon, watch.run_once)

    assert world.one("SELECT count(*) FROM camber_runs WHERE state = 'collecting'") == 2


def test_a_twin_in_the_list_does_not_keep_a_vanished_run_watched(world: World) -> None:
    """The verdict is about the run's own Camber job: another with its marker is no sign of life."""
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_twin(FIRST_ID + 4)
    world.camber_says("RUNNING", FIRST_ID + 4)
    hide(world)

    world.step(daemon, watch.run_once)
    settle(world)
    world.step(daemon, watch.run_once)

    assert state(world) == "collecting"
    assert world.one("SELECT camber_job_id FROM camber_sightings WHERE role = 'duplicate'") == FIRST_ID + 4


def test_a_released_run_does_not_adopt_a_twin_for_its_own_job_that_is_gone(world: World) -> None:
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_twin(FIRST_ID + 4)
    hide(world)
    world.pretend("UPDATE camber_runs SET state = 'unknown', lease_owner = NULL, lease_until = NULL")
    settle(world)

    world.step(daemon, repair.run_once)

    assert (state(world), world.one("SELECT camber_job_id FROM camber_runs")) == ("abandoned", FIRST_ID)


def test_a_list_that_takes_too_long_is_left_before_the_pass_counts_as_wedged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = world.daemon(ABSENT_READS_MIN="1", LEASE_SECONDS="86400", PASS_SECONDS_MAX="600")
    world.submit()
    world.fault(job_create="lost")
    world.step(daemon, dispatch.run_once)
    settle(world)
    for number in range(FIRST_ID + 1, FIRST_ID + 200):
        world.camber_job(number).mkdir()
        for name, text in (("status", "RUNNING"), ("command", "true"), ("mount_dir", "somebody/else/")):
            (world.camber_job(number) / name).write_text(text)
    world.fault(job_list="capped")
    # Each look at the clock finds ten seconds gone: a page takes about so long.
    monkeypatch.setattr(daemon.leases, "clock", count(step=10).__next__)
    lists = world.calls("job list")

    world.step(daemon, repair.run_once)

    assert state(world) == "unknown"
    assert world.calls("job list") - lists <= 600 / 4 / 10
    assert world.one("SELECT reason_text FROM camber_runs") == "the list could not be read in time"
