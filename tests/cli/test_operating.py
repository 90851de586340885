"""rerun, cancel, hold and release: by id and by filter, audited, refused in one line."""

import json
from uuid import UUID, uuid4

import pytest

from reconciler.loop import dispatch, repair, watch
from tests.cli.conftest import Call
from tests.world import USER, World


def failed(world: World, code: str = "FETCH_FAILED") -> UUID:
    job = world.submit()
    world.execute(
        "UPDATE jobs SET status = 'failed', completed_at = now(),"
        " error_details = jsonb_build_object('code', CAST(:code AS text)) WHERE id = :id",
        code=code,
        id=job,
    )
    return job


def flagged(world: World) -> int:
    return int(world.one("SELECT count(*) FROM jobs WHERE rerun_requested"))


def test_rerun_by_filter_takes_what_fits_and_says_who_and_why(world: World, call: Call) -> None:
    wanted = [failed(world) for _ in range(3)]
    failed(world, "CORRUPT_IMAGE")
    world.submit()
    old = failed(world)
    world.execute("UPDATE jobs SET updated_at = now() - interval '3 hours' WHERE id = :id", id=old)
    words = ("rerun", "--status", "failed", "--error-code", "FETCH_FAILED", "--since", "2h", "--user", USER)

    looked = json.loads(call(*words, "--dry-run", "--json").output)
    assert (sorted(looked["jobs"]), looked["changed"], flagged(world)) == (sorted(map(str, wanted)), [], 0)
    assert "--yes" in call(*words, code=2).output
    assert flagged(world) == 0

    said = call(*words, "--yes", "--reason", "the store is back", "--actor", "maria").output
    assert said == "Rerun: 3 of 3 jobs.\n"
    assert flagged(world) == 3
    events = "FROM job_events WHERE kind = 'rerun_requested'"
    assert world.one(f"SELECT DISTINCT actor || ': ' || reason {events}") == "maria: the store is back"
    assert world.one(f"SELECT count(*) {events}") == 3
    assert call(*words, "--yes").output == "Rerun: 0 of 3 jobs; 3 stay as they are.\n"


def test_the_actor_is_the_user_of_the_system_unless_one_is_named(world: World, call: Call) -> None:
    job = world.submit()

    call("cancel", job)

    assert world.one("SELECT cancel_requested FROM jobs") is True
    assert world.one("SELECT actor FROM job_events WHERE kind = 'cancel_requested'")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rerun"], "either ids or a filter"),
        (["rerun", str(uuid4()), "--status", "failed"], "either ids or a filter"),
        (["rerun", "--status", "done"], "--status must be one of"),
        (["rerun", "--error-code", "BAD_LUCK"], "there is no error 'BAD_LUCK'"),
        (["rerun", "--since", "yesterday"], "--since must be a number"),
        (["rerun", "--user", "me"], "--user must be a UUID"),
        (["rerun", "12"], "ID must be a UUID"),
        (["rerun", "--status", "failed", "--reason", " "], "--reason must have"),
    ],
)
def test_a_wrong_filter_is_refused_in_one_line(world: World, call: Call, words: list[str], said: str) -> None:
    output = call(*words, code=2).output

    assert said in output
    assert len(output.splitlines()) == 1


def test_an_unknown_id_stops_all_of_it(world: World, call: Call) -> None:
    job, nobody = failed(world), uuid4()

    said = call("rerun", job, nobody, "--yes", code=3).output

    assert said == f"There is no job {nobody}. Nothing was done.\n"
    assert flagged(world) == 0
    assert call("rerun", "--status", "cancelled", code=3).output == "No job fits the filter.\n"


def test_a_held_job_is_not_planned_until_it_is_released(world: World, call: Call) -> None:
    daemon, job = world.daemon(), world.submit()
    call("hold", job, "--reason", "ask the user first")
    world.step(daemon, dispatch.run_once)
    assert (world.status(job), world.camber_jobs()) == ("pending", [])

    call("release", "--held", "--reason", "asked", "--actor", "maria")
    world.step(daemon, dispatch.run_once)

    assert world.status(job) == "processing"
    kinds = (
        "SELECT string_agg(kind || ':' || reason, ' ' ORDER BY id) FROM job_events WHERE kind IN ('held', 'released')"
    )
    assert world.one(kinds) == "held:ask the user first released:asked"


def test_a_hold_while_a_job_is_processed_lets_its_result_count_and_nothing_new_begin(world: World, call: Call) -> None:
    daemon, done, lost = world.daemon(RUN_SLOTS="2", BATCH_MAX="1"), world.submit(), world.submit()
    world.step(daemon, dispatch.run_once)
    call("hold", done, lost, "--yes")
    marks = {str(world.run_file(number).documents[0].payload.job_id): number for number in world.camber_jobs()}
    world.work(marks[str(done)])
    world.say(marks[str(lost)], "RYTHMIQ-BOOTSTRAP 1 failed environment")
    world.camber_says("FAILED", marks[str(lost)])

    world.step(daemon)
    world.step(daemon)

    assert (world.status(done), world.status(lost)) == ("completed", "pending")
    assert world.one("SELECT held_reason FROM jobs WHERE id = :id", id=done) is None
    assert world.one("SELECT held_reason FROM jobs WHERE id = :id", id=lost) == "held at the console"
    assert len(world.camber_jobs()) == 2


def hold_a_run(world: World, call: Call) -> tuple[UUID, UUID]:
    job = world.submit()
    world.step(world.daemons[0], dispatch.run_once)
    run: UUID = world.one("SELECT id FROM camber_runs WHERE state <> 'held' ORDER BY created_at DESC LIMIT 1")
    call("hold", run, "--reason", "looks odd")
    assert world.one("SELECT state FROM camber_runs WHERE id = :id", id=run) == "held"
    return job, run


def test_a_held_run_is_left_alone_and_goes_on_when_it_is_released(world: World, call: Call) -> None:
    daemon = world.daemon()
    job, run = hold_a_run(world, call)
    world.work()
    assert not world.step(daemon, watch.run_once, repair.run_once)

    call("release", run, "--actor", "maria", "--reason", "it was the network")
    world.step(daemon, repair.run_once)
    world.step(daemon)

    assert world.status(job) == "completed"
    assert len(world.camber_jobs()) == 1
    assert world.one("SELECT actor || ': ' || reason FROM job_events WHERE kind = 'run_released'") == (
        "maria: it was the network"
    )


def test_a_held_run_that_is_given_up_is_fenced_and_its_job_is_launched_again(world: World, call: Call) -> None:
    daemon = world.daemon()
    job, run = hold_a_run(world, call)

    call("release", run, "--give-up", "--reason", "not in the dashboard")
    world.step(daemon, watch.run_once)
    assert world.status(job) == "pending"
    world.work()
    world.step(daemon, watch.run_once, dispatch.run_once)
    world.work(world.camber_jobs()[-1])
    world.step(daemon)

    assert world.status(job) == "completed"
    assert world.one("SELECT state FROM camber_runs WHERE id = :id", id=run) == "finished"
    assert world.one("SELECT a.number FROM documents d JOIN job_attempts a ON a.id = d.attempt_id") == 2
    assert world.one("SELECT reason FROM job_events WHERE kind = 'run_given_up'") == "not in the dashboard"
