"""The path of a row: pending, planned, launched, watched, collected, finished."""

from uuid import UUID, uuid4

from reconciler.loop import collect, dispatch, requests, watch
from reconciler.loop.breakers import show_settings
from tests.fake_camber import FIRST_ID
from tests.world import World
from worker.contract import ErrorCode, encode_frame


def test_a_row_goes_in_and_a_finished_document_comes_out(world: World) -> None:
    daemon, job = world.daemon(), world.submit()

    world.step(daemon, dispatch.run_once)
    assert world.status(job) == "processing"
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"
    assert world.one("SELECT canonical_output #>> '{ocr,text}' FROM documents WHERE job_id = :id", id=job) == "SPECIMEN"
    assert world.one("SELECT camber_job_id FROM jobs WHERE id = :id", id=job) == FIRST_ID
    assert world.one("SELECT state FROM camber_runs") == "finished"
    assert world.camber_jobs() == [FIRST_ID]


def test_a_burst_shares_runs_and_each_document_ends_by_itself(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="2")
    jobs = [world.submit() for _ in range(6)]

    world.step(daemon, dispatch.run_once)
    assert len(world.camber_jobs()) == 2
    for number in world.camber_jobs():
        world.work(number)
    world.step(daemon, watch.run_once, collect.run_once)

    assert {world.status(job) for job in jobs} == {"completed"}


def test_a_document_is_completed_while_its_run_goes_on(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="1")
    first, second = world.submit(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says("RUNNING")
    frame = world.finish(index=0)
    world.say(FIRST_ID, "Installing ...", encode_frame(frame), "half a line RYTHMIQ-FRAME 1 0123")

    world.step(daemon, watch.run_once, watch.run_once)

    statuses = {str(job): world.status(job) for job in (first, second)}
    assert statuses[frame.job_id] == "completed"
    assert sorted(statuses.values()) == ["completed", "processing"]


def test_a_document_that_failed_ends_failed_with_its_code(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.say(FIRST_ID, encode_frame(world.failure(ErrorCode.CORRUPT_IMAGE)))
    world.camber_says("COMPLETED")

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "failed"
    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "CORRUPT_IMAGE"
    assert world.one("SELECT count(*) FROM documents") == 0


def test_camber_says_failed_but_the_frame_counts(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.work(status="FAILED")

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"


def test_camber_says_completed_but_without_a_frame_the_job_is_tried_again(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.say(FIRST_ID, "nothing to see")
    world.camber_says("COMPLETED")
    world.step(daemon, watch.run_once, collect.run_once)
    assert world.status(job) == "processing"
    world.execute("UPDATE camber_runs SET collect_deadline = now()")
    world.step(daemon, collect.run_once)

    assert world.status(job) == "pending"
    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "RESULT_MISSING"
    assert world.one("SELECT attempt_count FROM jobs") == 0

    world.step(daemon, dispatch.run_once)
    world.work(FIRST_ID + 1)
    world.step(daemon, watch.run_once, collect.run_once)
    assert world.status(job) == "completed"
    assert world.one("SELECT max(number) FROM job_attempts") == 2


def test_a_run_without_an_environment_is_a_platform_fault_at_once(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.say(FIRST_ID, "RYTHMIQ-BOOTSTRAP 1 failed environment")
    world.camber_says("FAILED")

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "pending"
    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "ENVIRONMENT_FAILED"


def test_a_row_waits_for_its_upload_and_then_goes(world: World) -> None:
    daemon, job, key = world.daemon(), uuid4(), f"blobs/{uuid4()}"
    world.insert(job, key)

    world.step(daemon, dispatch.run_once)
    assert world.one("SELECT waiting_reason FROM jobs") == "waiting for upload"
    assert world.camber_jobs() == []

    world.objects.put(key, b"picture", "image/png")
    world.step(daemon, dispatch.run_once)
    assert world.status(job) == "processing"


def test_an_upload_that_never_comes_ends_failed(world: World) -> None:
    daemon, job = world.daemon(UPLOAD_GRACE_SECONDS="900"), uuid4()
    world.insert(job, f"blobs/{uuid4()}")
    world.execute("UPDATE jobs SET created_at = now() - interval '901 seconds'")

    world.step(daemon, dispatch.run_once)

    assert world.status(job) == "failed"
    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "ARTIFACT_NOT_FOUND"


def test_a_row_that_names_another_users_document_is_refused(world: World) -> None:
    daemon, job = world.daemon(), uuid4()
    key = f"raw/{UUID(int=99)}/card.png"
    world.objects.put(key, b"picture", "image/png")
    world.insert(job, key)

    world.step(daemon, dispatch.run_once)

    assert world.status(job) == "failed"
    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "ARTIFACT_SOURCE_INVALID"


def test_without_a_recipient_nothing_is_launched_and_nothing_is_lost(world: World) -> None:
    daemon, job = world.daemon(AGE_RECIPIENTS=" "), world.submit()

    show_settings(daemon.breakers, recipients=False)
    world.step(daemon, dispatch.run_once)

    assert world.status(job) == "pending"
    assert "AGE_RECIPIENTS" in world.one("SELECT reason FROM breakers WHERE dependency = 'recipients'")


def test_every_change_of_status_is_in_the_history_with_who_made_it(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)

    path = world.one(
        "SELECT string_agg(kind || ':' || new_status, ' ' ORDER BY id) FROM job_events WHERE job_id = :id", id=job
    )
    assert path == "created:pending status:processing status:completed"
    assert world.one("SELECT count(*) FROM job_events WHERE session_user_name IS NULL") == 0


def test_the_evidence_of_create_is_kept_whole_and_names_its_run(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)

    assert (
        world.one(
            "SELECT count(*) FROM cli_calls c JOIN camber_runs r ON r.id = c.run_id"
            " WHERE c.kind = 'job create' AND c.outcome = 'created' AND c.stdout IS NOT NULL"
        )
        == 1
    )


def test_a_document_whose_frame_was_lost_is_found_by_its_result_object(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.finish()
    world.say(FIRST_ID, "the log ends here")
    world.camber_says("CANCELLED")

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(job) == "completed"
    assert world.one("SELECT canonical_output #>> '{ocr,text}' FROM documents") == "SPECIMEN"


def test_a_run_that_queues_too_long_is_fenced_told_to_stop_and_its_jobs_go_on(world: World) -> None:
    daemon, job = world.daemon(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE camber_runs SET queue_deadline = now()")

    world.step(daemon, watch.run_once)
    world.step(daemon, requests.run_once)

    folder = world.home / "stash" / "tester" / (world.camber_job() / "mount_dir").read_text()
    assert world.one("SELECT state FROM camber_runs") == "abandoned"
    assert '"abandon"' in (folder / "control.json").read_text()
    assert (world.status(job), world.one("SELECT platform_faults FROM jobs")) == ("pending", 1)
    world.camber_says("COMPLETED")
    world.step(daemon, watch.run_once)
    assert world.one("SELECT state FROM camber_runs") == "finished"


def test_platform_faults_in_a_row_hold_the_job_for_an_operator(world: World) -> None:
    daemon = world.daemon(PLATFORM_FAULTS_MAX="2")
    world.submit()
    for number in (FIRST_ID, FIRST_ID + 1):
        world.step(daemon, dispatch.run_once)
        world.say(number, "RYTHMIQ-BOOTSTRAP 1 failed environment")
        world.camber_says("FAILED", number)
        world.step(daemon, watch.run_once, collect.run_once)

    assert "ENVIRONMENT_FAILED" in world.one("SELECT held_reason FROM jobs")
    world.step(daemon, dispatch.run_once)
    assert len(world.camber_jobs()) == 2
