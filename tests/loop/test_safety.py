"""Nothing is taken twice, nothing is written by one who lost its lease, nothing is lost with a daemon."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from reconciler.domain.states import RunEvent
from reconciler.loop import collect, dispatch, repair, requests, watch
from reconciler.loop.context import Context
from reconciler.loop.launch import relaunch
from reconciler.loop.watch import WATCHED
from reconciler.store import database, runs
from reconciler.store.runs import Claimant, StaleLease
from tests.fake_camber import FIRST_ID
from tests.world import World
from worker.contract import ErrorCode, encode_frame

STATEMENTS = Path(database.__file__).with_name("statements")
FENCE = "lease_owner = :owner AND"
FENCED_MIN = 9
"""So many statements write under a lease today."""


def claimant(daemon: Context) -> Claimant:
    return Claimant(owner=daemon.owner, lease_seconds=60, backend=daemon.backend, account="tester")


def expire_leases(world: World) -> None:
    """What the database's clock does to a daemon that died."""
    world.execute("UPDATE camber_runs SET lease_until = now() - interval '1 second' WHERE lease_owner IS NOT NULL")


def test_two_daemons_at_once_never_take_one_row(world: World) -> None:
    both = [world.daemon(RUN_SLOTS="8", BATCH_MAX="3") for _ in range(2)]
    jobs = [world.submit() for _ in range(12)]

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(dispatch.run_once, both))
        list(threads.map(dispatch.run_once, both))

    assert {world.status(job) for job in jobs} == {"processing"}
    assert world.one("SELECT count(*) FROM job_attempts") == 12
    assert world.one("SELECT count(DISTINCT job_id) FROM job_attempts") == 12


def test_two_daemons_together_never_launch_more_runs_than_there_are_slots(world: World) -> None:
    both = [world.daemon(RUN_SLOTS="2", BATCH_MAX="1") for _ in range(2)]
    for _ in range(6):
        world.submit()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(dispatch.run_once, both))

    assert len(world.camber_jobs()) == 2


def test_two_daemons_never_lease_one_run(world: World) -> None:
    both = [world.daemon() for _ in range(2)]
    world.submit()
    world.step(both[0], dispatch.run_once)
    world.make_due()

    claimed = []
    for daemon in both:
        with world.engine.begin() as connection:
            claimed += runs.claim(connection, claimant(daemon), WATCHED, 10)

    assert [run.lease.owner for run in claimed] == [both[0].owner]


def test_a_run_that_could_not_be_staged_gives_its_jobs_back_unburnt(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.fault(stash_cp="garbage")

    world.step(daemon, dispatch.run_once)
    assert world.status(job) == "pending"
    assert world.one("SELECT attempt_count + platform_faults + unknown_launches FROM jobs") == 0
    assert world.calls("job create") == 0

    world.fault()
    world.execute("UPDATE breakers SET retry_at = now()")
    world.step(daemon, dispatch.run_once)
    assert world.status(job) == "processing"


def test_a_run_left_in_planning_is_taken_over_when_its_lease_ends(world: World) -> None:
    dead, alive = world.daemon(), world.daemon()
    job = world.submit()
    world.step(dead, dispatch.run_once)
    # Put the run back to the moment before its launch, as if its daemon had died there.
    world.pretend(
        "UPDATE camber_runs SET state = 'planned', camber_job_id = NULL, lease_owner = :dead, epoch = 1,"
        " lease_until = now() + interval '1 hour'",
        dead=dead.owner,
    )

    assert world.step(alive, repair.run_once)["submitted"] == 0
    expire_leases(world)
    assert world.step(alive, repair.run_once)["submitted"] == 1
    assert world.status(job) == "processing"


def test_a_run_is_launched_as_it_was_planned_whatever_the_settings_say_by_now(world: World) -> None:
    """What the row says is what its cost is reckoned by, and what Camber is asked for."""
    dead, alive = world.daemon(NODE_SIZE="small"), world.daemon(NODE_SIZE="large", RUN_SECONDS="77")
    world.submit()
    world.step(dead, dispatch.run_once)
    world.pretend(
        "UPDATE camber_runs SET state = 'planned', camber_job_id = NULL, lease_owner = NULL, lease_until = NULL"
    )

    world.step(alive, repair.run_once)

    asked = world.camber_job(FIRST_ID + 1)
    assert (asked / "size").read_text() == world.one("SELECT node_size FROM camber_runs") == "small"
    assert (asked / "command").read_text() == world.one("SELECT command FROM camber_runs")


def test_the_work_of_a_daemon_that_died_after_create_is_finished_by_another(world: World) -> None:
    dead, alive = world.daemon(), world.daemon()
    job = world.submit()
    world.step(dead, dispatch.run_once)
    world.work()
    with world.engine.begin() as connection:
        world.make_due()
        runs.claim(connection, claimant(dead), WATCHED, 10)

    world.step(alive, watch.run_once)
    assert world.one("SELECT state FROM camber_runs") == "submitted"
    expire_leases(world)
    world.step(alive, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"


def test_a_daemon_that_died_between_create_and_its_commit_leaves_no_twin(world: World) -> None:
    dead, alive = world.daemon(), world.daemon()
    job = world.submit()
    world.step(dead, dispatch.run_once)
    world.pretend(
        "UPDATE camber_runs SET state = 'launching', camber_job_id = NULL, lease_owner = :dead,"
        " lease_until = now() - interval '1 second'",
        dead=dead.owner,
    )

    world.step(alive, repair.run_once, repair.run_once)
    world.work()
    world.step(alive, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"
    assert world.camber_jobs() == [FIRST_ID]


def test_a_create_that_worked_and_then_failed_is_adopted_not_repeated(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.fault(job_create="exit-1")
    world.step(daemon, dispatch.run_once)
    assert world.one("SELECT state FROM camber_runs") == "unknown"
    assert world.status(job) == "processing"

    world.fault()
    world.step(daemon, dispatch.run_once, repair.run_once)
    assert world.one("SELECT camber_job_id FROM camber_runs") == FIRST_ID
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"
    assert world.camber_jobs() == [FIRST_ID]


def test_a_create_that_was_lost_is_repeated_only_after_its_absence_is_proven(world: World) -> None:
    daemon, job = world.daemon(ABSENT_READS_MIN="3"), world.submit()
    world.fault(job_create="lost")
    world.step(daemon, dispatch.run_once)
    world.fault()

    # However often it was missed while it may be missing, that counts for nothing.
    world.step(daemon, *[repair.run_once] * 4)
    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '1 hour'")
    world.step(daemon, *[repair.run_once] * 2)
    assert world.one("SELECT state FROM camber_runs") == "unknown"

    world.step(daemon, repair.run_once)
    assert world.one("SELECT state FROM camber_runs") == "abandoned"
    assert world.one("SELECT unknown_launches FROM jobs") == 1
    world.step(daemon, dispatch.run_once)

    assert world.status(job) == "processing"
    assert world.camber_jobs() == [FIRST_ID]


def test_while_the_list_cannot_be_read_an_unknown_launch_waits(world: World) -> None:
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.fault(job_create="lost")
    world.step(daemon, dispatch.run_once)
    world.fault(job_list="garbage")
    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '1 hour'")

    world.step(daemon, repair.run_once, repair.run_once)

    assert world.one("SELECT state FROM camber_runs") == "unknown"


def test_a_list_without_the_newest_known_job_proves_nothing(world: World) -> None:
    """Camber's list may lag or be cut: it counts only if it shows what must be there."""
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.submit()
    world.fault(job_create="lost")
    world.step(daemon, dispatch.run_once)
    world.fault()
    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '1 hour'")
    shutil.move(world.camber_job(), world.home / "not listed")

    world.step(daemon, repair.run_once)
    assert world.one("SELECT count(*) FROM camber_runs WHERE state = 'unknown'") == 1

    shutil.move(world.home / "not listed", world.camber_job())
    world.step(daemon, repair.run_once)
    assert world.one("SELECT count(*) FROM camber_runs WHERE state = 'abandoned'") == 1


def test_a_launch_that_is_never_known_ends_with_an_operator(world: World) -> None:
    daemon = world.daemon(ABSENT_READS_MIN="1", RELAUNCH_MAX="1")
    world.submit()
    world.fault(job_create="lost")
    for _ in range(2):
        world.step(daemon, dispatch.run_once)
        world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '1 hour'")
        world.step(daemon, repair.run_once)

    assert world.one("SELECT count(*) FROM camber_runs WHERE state = 'held'") == 1
    assert world.calls("job create") == 2


@pytest.mark.parametrize("by", ["another daemon", "another pass of its own"])
def test_a_stale_epoch_cannot_write(world: World, by: str) -> None:
    """A zombie wakes up with what it knew: every write of it is refused, and nothing has changed."""
    zombie = world.daemon()
    alive = world.daemon() if by == "another daemon" else zombie
    job = world.submit()
    world.step(zombie, dispatch.run_once)
    world.make_due()
    with world.engine.begin() as connection:
        (old,) = runs.claim(connection, claimant(zombie), WATCHED, 10)
    expire_leases(world)
    with world.engine.begin() as connection:
        (new,) = runs.claim(connection, claimant(alive), WATCHED, 10)
    world.work()

    with world.engine.begin() as connection, pytest.raises(StaleLease):
        runs.advance(connection, old, RunEvent.SEEN_RUNNING, "from a past life")
    with world.engine.begin() as connection, pytest.raises(StaleLease):
        runs.look_again(connection, old.lease, 1)
    with pytest.raises(StaleLease):
        relaunch(zombie, old.lease)
    assert new.lease.epoch == old.lease.epoch + 1
    assert world.one("SELECT state FROM camber_runs") == "submitted"
    assert world.status(job) == "processing"


def test_every_fence_names_the_owner_the_epoch_and_the_time() -> None:
    """Owners tell daemons apart, epochs the passes of one; the time fences who was not taken over yet."""
    fenced = {file.name: file.read_text() for file in STATEMENTS.glob("*.sql") if FENCE in file.read_text()}

    assert len(fenced) >= FENCED_MIN
    for name, text in fenced.items():
        assert re.search(r"\bepoch = (:epoch|[a-z]+\.epoch)\b", text), name
        assert re.search(rf"{FENCE} .*lease_until > now\(\)", text), name


def test_an_expired_lease_cannot_write_even_if_nobody_took_it_over(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.make_due()
    with world.engine.begin() as connection:
        (run,) = runs.claim(connection, claimant(daemon), WATCHED, 10)
    expire_leases(world)

    with world.engine.begin() as connection, pytest.raises(StaleLease):
        runs.advance(connection, run, RunEvent.SEEN_RUNNING, "too late")


def test_a_rerun_supersedes_the_live_attempt_and_its_late_result_is_ignored(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE jobs SET rerun_requested = true, request_reason = 'looked wrong'")

    world.step(daemon, requests.run_once)
    assert world.status(job) == "pending"
    world.work(FIRST_ID)
    world.step(daemon, watch.run_once, collect.run_once)
    assert world.status(job) == "pending"
    world.step(daemon, dispatch.run_once)
    world.work(FIRST_ID + 1)
    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"
    assert world.one("SELECT state FROM job_attempts WHERE number = 1") == "superseded"
    assert world.one("SELECT a.number FROM documents d JOIN job_attempts a ON a.id = d.attempt_id") == 2
    assert world.one("SELECT reason FROM job_events WHERE kind = 'rerun_requested'") == "looked wrong"


def test_a_rerun_keeps_the_document_until_a_new_one_is_there(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)

    world.execute("UPDATE jobs SET rerun_requested = true")
    world.step(daemon, requests.run_once)

    assert world.status(job) == "pending"
    assert world.one("SELECT count(*) FROM documents WHERE NOT stale") == 1


def test_a_cancelled_jobs_result_is_ignored_and_its_worker_is_told(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE jobs SET cancel_requested = true")

    world.step(daemon, requests.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)

    marker = world.one("SELECT marker FROM camber_runs")
    assert world.status(job) == "cancelled"
    assert b'"abandon"' in world.objects.get(f"control/{marker}.json", bytes_max=1000)
    assert world.one("SELECT count(*) FROM documents") == 0


def test_a_cancel_leaves_a_finished_job_as_it_is(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)
    world.execute("UPDATE jobs SET cancel_requested = true")

    world.step(daemon, requests.run_once)

    assert world.status(job) == "completed"
    assert world.one("SELECT cancel_requested FROM jobs") is False


def test_a_rerun_while_the_launch_is_undecided_waits_for_the_decision(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.fault(job_create="exit-1")
    world.step(daemon, dispatch.run_once)
    world.fault()
    world.execute("UPDATE jobs SET rerun_requested = true")
    world.step(daemon, requests.run_once, dispatch.run_once)
    assert world.status(job) == "pending"

    world.step(daemon, repair.run_once, dispatch.run_once)

    assert world.status(job) == "processing"
    assert world.camber_jobs() == [FIRST_ID, FIRST_ID + 1]


def test_the_schema_refuses_nonsense(world: World) -> None:
    world.submit()

    for nonsense in ("status = 'done'", "status = 'processing'", "status = 'failed', completed_at = now()"):
        with pytest.raises(IntegrityError):
            world.execute(f"UPDATE jobs SET {nonsense}")  # noqa: S608 - nothing from outside


def test_a_run_that_failed_unforeseen_is_not_renewed_and_so_taken_up_again(world: World) -> None:
    """The heart must not keep a lease alive that nobody works under."""
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    world.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE OF state ON camber_runs FOR EACH ROW EXECUTE FUNCTION refuse()"
    )

    assert world.step(daemon, watch.run_once)["error"] == 1
    world.execute("DROP TRIGGER refuse ON camber_runs")
    with world.engine.begin() as connection:
        assert runs.renew_leases(connection, daemon.owner, daemon.leases.held(), 60) == set()
    expire_leases(world)
    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"


def test_what_is_in_flight_is_renewed(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.make_due()
    with world.engine.begin() as connection:
        (run,) = runs.claim(connection, claimant(daemon), WATCHED, 10)
        assert runs.renew_leases(connection, daemon.owner, {run.lease}, 60) == {run.lease}


@pytest.mark.parametrize("options", ["[1]", '"x"', '{"page": 0}', '{"unknown": 1}'])
def test_one_bad_row_holds_nobody_else_up(world: World, options: str) -> None:
    daemon, bad, good = world.daemon(), world.submit(), world.submit()
    world.execute(
        "UPDATE jobs SET options = CAST(:options AS jsonb), priority = 9 WHERE id = :id", options=options, id=bad
    )

    world.step(daemon, dispatch.run_once)

    assert world.status(good) == "processing"
    assert world.status(bad) == "failed"
    assert world.one("SELECT error_details ->> 'code' FROM jobs WHERE id = :id", id=bad) == "PAYLOAD_INVALID"


def test_a_job_that_was_moved_by_hand_goes_on_and_its_old_attempt_counts_no_more(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE jobs SET status = 'pending', current_attempt_id = NULL")

    world.step(daemon, dispatch.run_once)
    world.work(FIRST_ID)
    world.work(FIRST_ID + 1)
    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"
    assert world.one("SELECT a.number FROM documents d JOIN job_attempts a ON a.id = d.attempt_id") == 2
    assert world.one("SELECT count(*) FROM job_attempts WHERE state = 'assigned'") == 0


def test_silence_of_the_cli_is_no_verdict_on_the_results(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.say(FIRST_ID, encode_frame(world.failure(ErrorCode.CORRUPT_IMAGE)))
    world.camber_says("COMPLETED")
    world.fault(job_logs="garbage")
    world.step(daemon, watch.run_once)
    world.execute("UPDATE camber_runs SET collect_deadline = now() - interval '1 hour'")

    world.step(daemon, collect.run_once)
    assert world.status(job) == "processing"
    world.fault()
    world.step(daemon, collect.run_once)

    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "CORRUPT_IMAGE"


def test_a_server_that_caps_its_pages_hides_no_job(world: World) -> None:
    """A short page is not the last one: taken for it, a live job would be launched twice."""
    daemon = world.daemon(ABSENT_READS_MIN="1")
    world.submit()
    world.fault(job_create="exit-1")
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE camber_runs SET submit_deadline = now() - interval '1 hour', id_floor = 0")
    for number in range(FIRST_ID + 1, FIRST_ID + 4):
        shutil.copytree(world.camber_job(), world.camber_job(number))
        (world.camber_job(number) / "mount_dir").write_text("somebody/else/")
        (world.camber_job(number) / "command").write_text("true")
    world.fault(job_list="capped")

    world.step(daemon, repair.run_once)

    assert world.one("SELECT camber_job_id FROM camber_runs") == FIRST_ID


def test_runs_of_another_backend_or_account_are_left_alone(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    for column in ("backend", "account"):
        world.execute(f"UPDATE camber_runs SET {column} = {column} || '-other'")  # noqa: S608 - nothing from outside

        assert not world.step(daemon, watch.run_once, collect.run_once, repair.run_once)

        world.execute("UPDATE camber_runs SET backend = 'camber', account = 'tester'")


def test_giving_up_keeps_what_was_finished_before(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says("RUNNING")
    world.step(daemon, watch.run_once)
    world.work(status="RUNNING")
    world.execute("UPDATE camber_runs SET run_deadline = now()")

    world.step(daemon, watch.run_once)

    assert world.one("SELECT state FROM camber_runs") == "abandoned"
    assert world.status(job) == "completed"


def test_requests_and_results_at_once_do_not_block_each_other(world: World) -> None:
    """Both lock jobs before attempts."""
    daemon = world.daemon(RUN_SLOTS="1")
    jobs = [world.submit() for _ in range(8)]
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once)
    world.execute("UPDATE jobs SET rerun_requested = true")
    world.make_due()

    with ThreadPoolExecutor(2) as threads:
        results = threads.submit(collect.run_once, daemon)
        asked = threads.submit(requests.run_once, daemon)

    assert asked.result()["rerun"] == 8
    assert results.result()["error"] == 0
    assert {world.status(job) for job in jobs} == {"pending"}
