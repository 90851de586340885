"""Camber jobs of ours that no live attempt owns: found, recorded with their cost, fenced, never counted."""

from decimal import Decimal

from reconciler.loop import dispatch, repair, requests, sweep, watch
from reconciler.loop.context import Context
from reconciler.store.measuring import measure_queue
from tests.fake_camber import FIRST_ID
from tests.world import World


def lose_a_launch(world: World) -> None:
    """A launch that is proven absent, and launched again: its Camber job may still show up late."""
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.fault(job_create="exit-1")
    world.step(daemon, dispatch.run_once)
    world.fault()
    world.camber_job().rename(world.home / "late")
    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '1 hour'")
    world.step(daemon, repair.run_once, dispatch.run_once)
    assert world.one("SELECT count(*) FROM camber_runs") == 2


def duplicates(world: World) -> int:
    return int(world.one("SELECT count(*) FROM camber_sightings WHERE role = 'duplicate'"))


def finish_with_a_twin(world: World, **settings: str) -> Context:
    """A run that ended well, and a second Camber job with its marker."""
    daemon = world.daemon(**settings)
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon)
    world.camber_twin(FIRST_ID + 3)
    return daemon


def test_a_launch_that_shows_up_after_its_relaunch_is_watched_costed_once_and_never_counted(world: World) -> None:
    lose_a_launch(world)
    daemon, late = world.daemons[0], FIRST_ID + 5
    (world.home / "late").rename(world.camber_job(late))
    world.camber_times("2026-11-22T10:00:00Z", "2026-11-22T10:30:00Z", late)
    world.work(late, status="RUNNING")
    world.step(daemon, watch.run_once)
    world.work(FIRST_ID)

    world.camber_says("COMPLETED", late)
    world.execute("UPDATE camber_sightings SET last_seen_at = now() - interval '1 hour'")
    world.step(daemon)
    world.step(daemon, sweep.run_once)

    assert world.one("SELECT status FROM jobs") == "completed"
    counted = "SELECT r.camber_job_id FROM documents d JOIN job_attempts a ON a.id = d.attempt_id"
    assert world.one(f"{counted} JOIN camber_runs r ON r.id = a.run_id") == FIRST_ID
    fenced = "FROM camber_runs WHERE relaunch_of IS NULL"
    assert world.one(f"SELECT camber_job_id {fenced}") == late
    assert world.one(f"SELECT credits {fenced}") == Decimal("0.080000")
    # It is the run's own Camber job, so its cost stands in one place.
    assert duplicates(world) == 0
    twice = "SELECT total_credits - (SELECT sum(coalesce(credits, 0)) FROM camber_runs) FROM cost_daily"
    assert world.one(twice) == 0
    marker = world.one(f"SELECT marker {fenced}")
    assert b'"abandon"' in world.objects.get(f"control/{marker}.json", bytes_max=1000)


def test_a_relaunch_names_the_run_that_it_repeats(world: World) -> None:
    lose_a_launch(world)

    second = world.one("SELECT id FROM camber_runs ORDER BY created_at DESC LIMIT 1")
    assert world.one("SELECT relaunch_of FROM camber_runs WHERE id = :id", id=second) == world.one(
        "SELECT id FROM camber_runs WHERE relaunch_of IS NULL"
    )


def test_a_second_camber_job_with_the_marker_of_a_finished_run_is_found_by_the_sweep(world: World) -> None:
    daemon = finish_with_a_twin(world)
    world.camber_says("RUNNING", FIRST_ID + 3)

    counts = world.step(daemon, sweep.run_once, requests.run_once)

    assert (counts["duplicates"], duplicates(world)) == (1, 1)
    marker, attempt = world.one("SELECT marker FROM camber_runs"), world.one("SELECT id FROM job_attempts")
    signal = world.objects.get(f"control/{marker}.json", bytes_max=1000)
    assert str(attempt).encode() in signal
    assert b'"abandon"' in signal
    assert not world.step(daemon, sweep.run_once)["duplicates"]


def test_a_duplicate_that_is_over_and_shows_no_times_is_not_asked_for_ever(world: World) -> None:
    daemon = finish_with_a_twin(world, SWEEP_SECONDS="1")
    world.step(daemon, sweep.run_once)
    asked = world.calls("job get")
    past = "UPDATE camber_sightings SET last_seen_at = last_seen_at - interval '1 minute'"

    world.execute(past)
    world.step(daemon, sweep.run_once)
    assert world.calls("job get") == asked + 1

    # Its times may come late, but not for ever.
    world.execute("UPDATE camber_sightings SET first_seen_at = first_seen_at - interval '2 hours'")
    for _ in range(3):
        world.execute(past)
        world.step(daemon, sweep.run_once)
    assert world.calls("job get") == asked + 1


def test_jobs_of_others_and_of_our_own_live_runs_are_left_alone(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_twin(FIRST_ID + 1)
    for name, text in (("command", "true"), ("mount_dir", "rythmiq/test/rq-test-" + "0" * 32)):
        (world.camber_job(FIRST_ID + 1) / name).write_text(text)

    counts = world.step(daemon, sweep.run_once)

    assert not counts["duplicates"]
    assert duplicates(world) == 0


def test_the_sweep_reads_one_page_a_pass_and_begins_again_below_our_oldest_run(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    for number in range(FIRST_ID + 1, FIRST_ID + 60):
        world.camber_twin(number)
        (world.camber_job(number) / "command").write_text("true")
        (world.camber_job(number) / "mount_dir").write_text("somebody/else")
    world.execute("UPDATE camber_runs SET id_floor = 1")
    before = world.calls("job list")

    for page in ("2", "3", "1"):
        world.step(daemon, sweep.run_once)
        assert daemon.known[sweep.NEXT_PAGE] == page
    assert world.calls("job list") == before + 3


def test_an_unknown_launch_is_left_to_repair_which_adopts_it(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.fault(job_create="exit-1")
    world.step(daemon, dispatch.run_once)
    world.fault()

    world.step(daemon, sweep.run_once)
    assert duplicates(world) == 0
    world.step(daemon, repair.run_once)

    assert world.one("SELECT role FROM camber_sightings") == "owner"


def test_what_a_duplicate_cost_counts_in_the_days_credits(world: World) -> None:
    daemon = finish_with_a_twin(world)
    world.step(daemon, sweep.run_once)
    world.pretend("UPDATE camber_runs SET credits = 0.25")
    world.execute("UPDATE camber_sightings SET credits = 0.5 WHERE role = 'duplicate'")

    with world.engine.connect() as connection:
        figures = {figure.figure: figure.total for figure in measure_queue(connection, 60)}

    assert 0.75 == figures["credits"]
