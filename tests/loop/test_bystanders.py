"""One row, one lock, one late look: nothing that it meets may harm what stands beside it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from uuid import UUID, uuid4

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from reconciler.domain.runs import JobId, Lease, RunId
from reconciler.loop import dispatch, prune, repair, sweep
from reconciler.loop import launch as launching
from reconciler.loop.context import Context, Counts
from reconciler.loop.duties import Duty
from reconciler.loop.faults import error_details
from reconciler.loop.outage import Outage
from reconciler.loop.staging import ArchiveMissing
from reconciler.objects.errors import ObjectMissing, ObjectsUnavailable
from reconciler.objects.store import ObjectHead
from reconciler.store import jobs, runs, settling
from tests.domain.builders import policy
from tests.fake_camber import FIRST_ID
from tests.world import World
from worker.contract import ErrorCode

SLOW = {"BACKOFF_BASE_SECONDS": "100", "BACKOFF_MAX_SECONDS": "400"}


@contextmanager
def locked(world: World, table: str, one: UUID) -> Iterator[None]:
    """Somebody's open transaction."""
    with world.engine.begin() as connection:
        connection.execute(text(f"SELECT FROM {table} WHERE id = :id FOR UPDATE"), {"id": one})
        yield


def finish(world: World, daemon: Context) -> UUID:
    job = world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    for _ in range(3):
        world.step(daemon)
    assert world.status(job) == "completed"
    return job


def test_a_refusal_that_comes_too_late_leaves_the_document_fresh(world: World) -> None:
    daemon = world.daemon()
    job = finish(world, daemon)

    with daemon.transaction("refuse") as connection:
        assert not jobs.fail_pending(connection, JobId(job), error_details(ErrorCode.ARTIFACT_NOT_FOUND, "late"))

    assert world.one("SELECT stale FROM documents") is False


def test_a_row_that_somebody_has_locked_keeps_no_other_job_waiting(world: World) -> None:
    daemon = world.daemon()
    absent = uuid4()
    world.insert(absent, f"blobs/{uuid4()}")
    job = world.submit()

    with locked(world, "jobs", absent):
        daemon_counts = dispatch.run_once(daemon)

    assert daemon_counts["submitted"] == 1
    assert world.status(job) == "processing"


def test_a_run_that_somebody_has_locked_costs_no_other_run_its_lease(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="2", BATCH_MAX="1")
    world.submit(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE camber_runs SET lease_owner = :me, lease_until = now() + interval '9 s'", me=daemon.owner)
    ids = world.one("SELECT array_agg(id) FROM camber_runs")
    epoch = world.one("SELECT max(epoch) FROM camber_runs")
    one, other = (Lease(run_id=RunId(run_id), owner=daemon.owner, epoch=epoch) for run_id in ids)

    with locked(world, "camber_runs", one.run_id), daemon.transaction("beat") as connection:
        renewed = runs.renew_leases(connection, daemon.owner, [one, other], 60)

    assert renewed == {other}


def test_a_zombie_counts_nothing(world: World) -> None:
    daemon = world.daemon()
    finish(world, daemon)
    run = world.one("UPDATE camber_runs SET attempts_settled = 0 RETURNING id")

    with daemon.transaction("settle") as connection:
        settling.count_settled(connection, Lease(run_id=RunId(run), owner=daemon.owner, epoch=1))

    assert world.one("SELECT attempts_settled FROM camber_runs") == 0


def test_folders_that_cannot_be_removed_stop_no_launch(world: World) -> None:
    daemon = world.daemon(BREAKER_FAILURES_MIN="1", **SLOW)
    finish(world, daemon)
    world.execute("UPDATE camber_runs SET finished_at = now() - interval '9 days'")
    world.fault(stash_rm="lost")

    assert not prune.run_once(daemon)["folders"]

    assert world.one("SELECT count(*) FROM breakers WHERE dependency = 'create'") == 0


def test_the_folder_of_a_run_stays_while_a_duplicate_of_it_goes_on(world: World) -> None:
    daemon = world.daemon()
    finish(world, daemon)
    world.camber_twin(FIRST_ID + 3)
    world.camber_says("RUNNING", FIRST_ID + 3)
    world.step(daemon, sweep.run_once)
    world.execute("UPDATE camber_runs SET finished_at = now() - interval '9 days'")

    assert prune.run_once(daemon)["folders"] == 0
    world.execute("UPDATE camber_sightings SET camber_status = 'COMPLETED' WHERE role = 'duplicate'")
    assert prune.run_once(daemon)["folders"] == 1


def test_a_store_that_says_that_something_is_missing_works(world: World) -> None:
    daemon = world.daemon(BREAKER_FAILURES_MIN="1", **SLOW)
    daemon.breakers.failed("storage", "away")

    with pytest.raises(ObjectMissing):
        daemon.objects.get(f"blobs/{uuid4()}", bytes_max=1)

    assert world.one("SELECT state FROM breakers WHERE dependency = 'storage'") == "closed"


def test_what_can_never_be_staged_is_not_tried_again_and_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = world.daemon(BREAKER_FAILURES_MIN="2", **SLOW)
    world.submit()

    def refuse(*_: object) -> None:
        raise ArchiveMissing("no such archive")

    monkeypatch.setattr(launching, "stage", refuse)
    for _ in range(5):
        world.step(daemon, dispatch.run_once)

    assert world.one("SELECT count(*) FROM camber_runs") == 2
    assert world.one("SELECT reason FROM breakers WHERE dependency = 'create'") == "no such archive"


def test_a_released_run_goes_on_with_its_own_camber_job_and_not_with_a_twin(world: World) -> None:
    daemon = world.daemon()
    job = world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE camber_runs SET state = 'held', next_poll_at = NULL, reason_text = 'x'")
    world.camber_twin(FIRST_ID + 3)
    world.release_run()

    world.step(daemon, repair.run_once)
    assert world.one("SELECT camber_job_id FROM camber_runs") == FIRST_ID
    world.work()
    for _ in range(3):
        world.step(daemon)
    assert world.status(job) == "completed"


def test_a_lock_of_somebody_elses_is_no_outage_of_the_database(world: World) -> None:
    outage = Outage(policy(), Random(1))

    def wait_in_vain(_: Context) -> Counts:
        raise OperationalError("UPDATE", None, LockNotAvailable())

    Duty("watch", wait_in_vain, 1.0, outage).tick(world.daemon())

    assert not outage.shut()


def test_what_was_planned_and_is_not_launched_is_not_held_on_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = world.daemon(RUN_SLOTS="2", BATCH_MAX="1")
    bad, _ = world.submit(), world.submit()
    assign = jobs.assign

    def fail(connection: Connection, assignments: Sequence[jobs.Assignment]) -> None:
        if bad in {one.job.id for one in assignments}:
            raise ValueError("a bad row")
        assign(connection, assignments)

    def be_away(*_: object) -> None:
        raise OperationalError("UPDATE", None, Exception())

    monkeypatch.setattr(jobs, "assign", fail)
    monkeypatch.setattr(dispatch, "blame_pending", be_away)
    with pytest.raises(OperationalError):
        dispatch.run_once(daemon)

    assert world.one("SELECT state FROM camber_runs") == "planned"
    assert daemon.leases.held() == set()


def test_one_document_that_the_store_fails_on_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = world.daemon()
    bad, good = world.submit(), world.submit()
    key = world.one("SELECT raw_path FROM jobs WHERE id = :id", id=bad)
    head = type(daemon.objects).head

    def fail(self: object, asked: str) -> ObjectHead | None:
        if asked == key:
            raise ObjectsUnavailable("HTTP 500")
        return head(self, asked)  # type: ignore[arg-type]

    monkeypatch.setattr(type(daemon.objects), "head", fail)
    world.step(daemon, dispatch.run_once)

    assert world.status(good) == "processing"


def test_who_takes_the_probe_of_the_login_tries_it(world: World) -> None:
    daemon = world.daemon(**SLOW)
    world.submit()
    daemon.breakers.failed("login", "login: not logged in")
    world.execute("UPDATE breakers SET retry_at = now()")

    world.step(daemon, dispatch.run_once)

    assert world.one("SELECT state FROM breakers WHERE dependency = 'login'") == "closed"
