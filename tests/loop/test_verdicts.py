"""How a run ends, whatever Camber says of it and whenever its log comes."""

import pytest

from reconciler.loop import collect, dispatch, requests, watch
from tests.fake_camber import FIRST_ID
from tests.world import World
from worker.contract import encode_frame


def code(world: World) -> str:
    return str(world.one("SELECT error_details ->> 'code' FROM jobs"))


def state(world: World) -> str:
    return str(world.one("SELECT state FROM camber_runs ORDER BY created_at LIMIT 1"))


def end_grace(world: World) -> None:
    world.execute("UPDATE camber_runs SET collect_deadline = now() WHERE state = 'collecting'")


@pytest.mark.parametrize(
    ("word", "expected"),
    [("COMPLETED", "RESULT_MISSING"), ("FAILED", "CAMBER_FAILED"), ("CANCELLED", "CAMBER_CANCELLED")],
)
def test_without_frames_the_grace_passes_first_and_the_platform_is_to_blame(
    world: World, word: str, expected: str
) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.say(FIRST_ID, "no frame")
    world.camber_says(word)

    world.step(daemon, watch.run_once, collect.run_once, collect.run_once)
    assert world.status(job) == "processing"
    end_grace(world)
    world.step(daemon, collect.run_once)

    assert (world.status(job), code(world)) == ("pending", expected)
    assert world.one("SELECT attempt_count FROM jobs") == 0
    assert world.one("SELECT platform_faults FROM jobs") == 1


@pytest.mark.parametrize("word", ["COMPLETED", "FAILED", "CANCELLED"])
def test_a_late_log_counts_within_the_grace(world: World, word: str) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says(word)
    world.step(daemon, watch.run_once, collect.run_once, collect.run_once)
    assert (world.status(job), state(world)) == ("processing", "collecting")

    world.work(status=word)
    world.step(daemon, collect.run_once)

    assert (world.status(job), state(world)) == ("completed", "finished")


def test_half_of_a_batch_is_kept_and_the_other_half_tried_again(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="1")
    jobs = [world.submit() for _ in range(2)]
    world.step(daemon, dispatch.run_once)
    frame = world.finish(index=1)
    world.say(FIRST_ID, encode_frame(frame))
    world.camber_says("CANCELLED")

    world.step(daemon, watch.run_once, collect.run_once)
    end_grace(world)
    world.step(daemon, collect.run_once)

    assert sorted(world.status(job) for job in jobs) == ["completed", "pending"]
    assert world.one("SELECT status FROM jobs WHERE id = :id", id=frame.job_id) == "completed"


def test_a_job_stuck_in_the_queue_that_runs_later_is_replaced_safely(world: World) -> None:
    """Camber once kept a job PENDING for an hour and then ran it."""
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE camber_runs SET queue_deadline = now()")
    world.step(daemon, watch.run_once)
    assert (state(world), world.status(job)) == ("abandoned", "pending")
    world.step(daemon, dispatch.run_once)
    assert world.camber_jobs() == [FIRST_ID, FIRST_ID + 1]

    world.work(FIRST_ID, status="RUNNING")
    world.step(daemon, watch.run_once, collect.run_once)
    assert world.status(job) == "processing"
    world.work(FIRST_ID + 1)
    world.step(daemon)
    world.camber_says("COMPLETED", FIRST_ID)
    world.step(daemon)

    counted = "SELECT r.camber_job_id FROM documents d JOIN job_attempts a ON a.id = d.attempt_id"
    assert world.one(f"{counted} JOIN camber_runs r ON r.id = a.run_id") == FIRST_ID + 1
    assert world.one("SELECT count(*) FROM documents") == 1
    assert world.one("SELECT count(*) FROM camber_runs WHERE state = 'finished'") == 2


def test_unreachable_is_no_verdict_however_long_it_lasts(world: World) -> None:
    daemon, job = world.daemon(ABSENT_READS_MIN="1"), world.submit()
    world.step(daemon, dispatch.run_once)
    world.fault(job_get="garbage", job_list="garbage")
    world.execute("UPDATE camber_runs SET queue_deadline = now() - interval '9 hours'")

    for _ in range(3):
        world.execute("UPDATE breakers SET retry_at = now() WHERE retry_at IS NOT NULL")
        world.step(daemon, watch.run_once)

    assert (state(world), world.status(job)) == ("submitted", "processing")


def test_a_word_that_nobody_knows_keeps_the_run_as_it_is(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says("HIBERNATING")
    world.execute("UPDATE camber_runs SET queue_deadline = now() - interval '9 hours'")

    world.step(daemon, watch.run_once)

    assert (state(world), world.status(job)) == ("submitted", "processing")
    assert world.one("SELECT camber_status FROM camber_runs") == "HIBERNATING"


def test_each_phase_has_a_deadline_of_its_own_that_begins_with_it(world: World) -> None:
    daemon = world.daemon(QUEUE_SECONDS="1000", RUN_SECONDS="2000", LOG_GRACE_SECONDS="300")
    world.submit()
    world.step(daemon, dispatch.run_once)
    left = "SELECT round(extract(epoch FROM {} - now()) / 100) * 100 FROM camber_runs"
    assert world.one(left.format("queue_deadline")) == 1000
    world.execute("UPDATE camber_runs SET queue_deadline = now() - interval '1 hour'")
    world.camber_says("RUNNING")
    world.step(daemon, watch.run_once)
    assert state(world) == "running"
    assert world.one(left.format("run_deadline")) == 2300
    world.camber_says("COMPLETED")
    world.step(daemon, watch.run_once)
    assert world.one(left.format("collect_deadline")) == 300


def test_a_rerun_begins_every_clock_anew(world: World) -> None:
    """A retry that kept its old clocks would be over before it began."""
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE jobs SET started_at = now() - interval '9 days', created_at = now() - interval '9 days'")
    world.execute("UPDATE camber_runs SET queue_deadline = now() - interval '9 days'")
    world.execute("UPDATE jobs SET rerun_requested = true")

    world.step(daemon, requests.run_once, dispatch.run_once)
    world.work(FIRST_ID + 1)
    world.step(daemon)

    assert world.status(job) == "completed"
    assert world.one("SELECT started_at > now() - interval '1 minute' FROM jobs") is True
    young = "SELECT count(*) FROM camber_runs WHERE queue_deadline > now()"
    assert world.one(young) == 1
