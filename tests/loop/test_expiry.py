"""What is over and old goes, objects before rows; a person who is to be erased goes whole; nothing live ever goes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from reconciler.loop import collect, dispatch, prune, requests, watch
from reconciler.loop.context import Context
from reconciler.loop.crashpoints import observe
from tests.loop.test_daemon import running_daemon, until
from tests.world import USER, World

OLD = {"OBJECT_RETENTION_SECONDS": "86400", "JOB_RETENTION_SECONDS": "172800"}
TABLES = ("jobs", "documents", "job_attempts", "outbox")


def finish(world: World, daemon: Context | None = None, **documents: Any) -> UUID:
    """One document, all the way."""
    daemon, job = daemon or world.daemon(), world.submit(**documents)
    world.step(daemon, dispatch.run_once)
    world.work(world.camber_jobs()[-1])
    world.step(daemon, watch.run_once, collect.run_once)
    assert world.status(job) == "completed"
    return job


def age(world: World, job: UUID, days: float) -> None:
    """Let the job have ended so long ago."""
    for column in ("completed_at", "created_at"):
        world.pretend(
            f"UPDATE jobs SET {column} = {column} - make_interval(secs => :days * 86400) WHERE id = :job",  # noqa: S608 - ours
            days=days,
            job=job,
        )


def keys(world: World, job: UUID) -> list[str]:
    """The keys of all objects that the job ever had."""
    scopes = world.one(
        "SELECT coalesce(array_agg('a' || number || '-' || nonce || '-'), '{}') FROM job_attempts WHERE job_id = :job",
        job=job,
    )
    out = [
        f"output/{USER}/{job}/{scope}{name}"
        for scope in scopes
        for name in ("preview.jpg", "portal.jpg", "result.json")
    ]
    masters = [f"master/{USER}/{job}/{scope}{job}.enc" for scope in scopes]
    return [world.one("SELECT raw_path FROM jobs WHERE id = :job", job=job), *masters, *out]


def there(world: World, names: list[str]) -> list[str]:
    return [name for name in names if world.objects.head(name) is not None]


def erase(world: World, user: UUID = USER) -> None:
    world.execute("INSERT INTO erasures (user_id, reason) VALUES (:user, 'asked for it')", user=user)


def rows(world: World) -> dict[str, int]:
    return {table: world.one(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608 - our names


def test_nothing_of_a_job_goes_unless_a_setting_says_so(world: World) -> None:
    daemon = world.daemon()
    job = finish(world, daemon)
    age(world, job, 4000)

    counts = prune.run_once(daemon)

    assert (0, 0) == (counts["objects"], counts["jobs"])
    assert keys(world, job) == there(world, keys(world, job))


def test_objects_go_first_and_the_job_with_all_that_belongs_to_it_in_its_own_time(world: World) -> None:
    daemon = world.daemon(**OLD)
    old, young = finish(world, daemon), finish(world, daemon)
    names, kept = keys(world, old), keys(world, young)
    age(world, old, 1.5)

    counts = prune.run_once(daemon)
    assert (1, 0) == (counts["objects"], counts["jobs"])
    assert [] == there(world, names)
    assert world.one("SELECT objects_removed_at IS NOT NULL FROM jobs WHERE id = :job", job=old)
    assert world.one("SELECT count(*) FROM documents WHERE job_id = :job", job=old) == 1
    age(world, old, 1)
    counts = prune.run_once(daemon)

    assert (0, 1) == (counts["objects"], counts["jobs"])
    assert dict.fromkeys(TABLES, 1) == rows(world)
    assert kept == there(world, kept)
    # The history has a time of its own.
    assert world.one("SELECT count(*) FROM job_events WHERE job_id = :job", job=old) > 0


def test_objects_of_attempts_that_did_not_count_go_too(world: World) -> None:
    daemon = world.daemon(**OLD)
    job = finish(world, daemon)
    world.execute("UPDATE jobs SET rerun_requested = true")
    world.step(daemon, requests.run_once, dispatch.run_once)
    world.work(world.camber_jobs()[-1])
    world.step(daemon, watch.run_once, collect.run_once)
    names = keys(world, job)
    assert 9 == len(there(world, names))
    age(world, job, 1.5)

    assert prune.run_once(daemon)["objects"] == 1

    assert [] == there(world, names)


@pytest.mark.parametrize(
    "unrest",
    [
        "UPDATE jobs SET rerun_requested = true",
        "UPDATE jobs SET held_reason = 'a court asked for it'",
        "UPDATE camber_runs SET state = 'abandoned', finished_at = NULL, next_poll_at = now()",
        (
            "INSERT INTO camber_sightings (backend, account, camber_job_id, run_id, role) "
            "SELECT 'camber', 'tester', 99, id, 'duplicate' FROM camber_runs"
        ),
    ],
    ids=["rerun", "held", "run-goes-on", "duplicate-goes-on"],
)
def test_what_is_asked_for_held_or_may_still_be_written_stays(world: World, unrest: str) -> None:
    daemon = world.daemon(**OLD)
    job = finish(world, daemon)
    names = keys(world, job)
    age(world, job, 100)
    world.pretend(unrest)
    erase(world)

    counts = prune.run_once(daemon)

    assert (0, 0, 0) == (counts["objects"], counts["jobs"], counts["erasures"])
    assert names == there(world, names)


def test_an_upload_that_two_jobs_name_goes_with_the_last_of_them(world: World) -> None:
    daemon = world.daemon(**OLD)
    first = finish(world, daemon)
    upload = keys(world, first)[0]
    second = uuid4()
    world.insert(second, upload)
    age(world, first, 1.5)

    assert prune.run_once(daemon)["objects"] == 1
    assert [upload] == there(world, [upload])
    world.execute("UPDATE jobs SET cancel_requested = true WHERE id = :job", job=second)
    world.step(daemon, requests.run_once)
    age(world, second, 1.5)
    assert prune.run_once(daemon)["objects"] == 1

    assert [] == there(world, [upload])


def test_a_row_that_names_what_is_not_its_persons_removes_nothing_of_it(world: World) -> None:
    daemon = world.daemon(**OLD)
    other = f"uploads/{uuid4()}/passport.jpg"
    world.objects.put(other, b"somebody else's", "image/jpeg")
    job = uuid4()
    world.insert(job, other)
    world.step(daemon, dispatch.run_once)
    assert world.status(job) == "failed"
    age(world, job, 1.5)

    assert prune.run_once(daemon)["objects"] == 1

    assert [other] == there(world, [other])


def test_a_store_that_is_away_keeps_the_job_for_the_next_pass(world: World) -> None:
    daemon = world.daemon(**OLD)
    job = finish(world, daemon)
    age(world, job, 100)
    away = world.daemon(**OLD, DO_SPACES_ENDPOINT="http://127.0.0.1:9")

    assert prune.run_once(away)["objects"] == 0
    assert world.one("SELECT objects_removed_at FROM jobs") is None

    assert prune.run_once(daemon)["objects"] == 1


class _Stopped(Exception):
    """The process would be gone."""


def stop_at(point: str, nth: int = 1) -> Callable[[str], None]:
    left = [nth]

    def told(passed: str) -> None:
        left[0] -= passed == point
        if passed == point and left[0] == 0:
            raise _Stopped

    return told


@pytest.mark.parametrize(
    "point",
    [
        *("prune.list_expired.before", "prune.list_expired.after"),
        *("prune.delete_object.before", "prune.delete_object.after"),
        *("prune.mark_objects_removed.before", "prune.mark_objects_removed.after"),
        *("prune.remove_jobs.before", "prune.remove_jobs.after"),
    ],
)
def test_a_pass_that_dies_anywhere_is_made_whole_by_the_next_one(world: World, point: str) -> None:
    daemon = world.daemon()
    first, second = finish(world, daemon), finish(world, daemon)
    names = keys(world, first) + keys(world, second)
    erase(world)
    observe(stop_at(point, 3 if "delete_object" in point else 1))
    try:
        with pytest.raises(_Stopped):
            prune.run_once(daemon)
    finally:
        observe(None)

    # No row is gone that still has an object.
    assert bool(rows(world)["jobs"]) or [] == there(world, names)
    for _ in range(2):
        prune.run_once(daemon)
    assert [] == there(world, names)
    assert dict.fromkeys(TABLES, 0) == rows(world)
    assert world.one("SELECT jobs_removed FROM erasures WHERE finished_at IS NOT NULL") == 2


def test_a_killed_daemon_leaves_it_to_the_next_one(world: World) -> None:
    job = finish(world)
    names = keys(world, job)
    erase(world)
    with running_daemon(world, PRUNE_SECONDS="0.2", RECONCILER_CRASH_POINT="prune.delete_object.after:2") as first:
        first.wait(120)
    assert there(world, names)

    with running_daemon(world, PRUNE_SECONDS="0.2"):
        until(lambda: world.one("SELECT count(*) FROM erasures WHERE finished_at IS NOT NULL") == 1, 120)

    assert [] == there(world, names)
    assert dict.fromkeys(TABLES, 0) == rows(world)


def test_erasing_a_person_gives_up_what_is_under_way_and_leaves_nothing_of_them(world: World) -> None:
    daemon = world.daemon()
    done = finish(world, daemon)
    waiting = world.submit("pending.png")
    names = keys(world, done) + keys(world, waiting)
    erase(world)
    later = world.submit("later.png")

    prune.run_once(daemon)
    assert world.one("SELECT cancel_requested FROM jobs WHERE id = :job", job=waiting)
    assert not world.one("SELECT cancel_requested FROM jobs WHERE id = :job", job=later)
    world.step(daemon, requests.run_once)
    prune.run_once(daemon)
    prune.run_once(daemon)

    assert [later] == [world.one("SELECT id FROM jobs")]
    assert [] == there(world, names)
    assert world.one("SELECT count(*) FROM job_events WHERE job_id <> :later", later=later) == 0
    proof = world.one("SELECT to_jsonb(e) FROM erasures e")
    assert (2, str(USER), "asked for it") == (proof["jobs_removed"], proof["user_id"], proof["reason"])
    assert proof["finished_at"]


def test_the_daemon_cannot_remove_what_is_young_or_has_objects(world: World) -> None:
    daemon = world.daemon(**OLD)
    job = finish(world, daemon)

    for made in ("objects_removed_at = NULL", "objects_removed_at = now()"):
        world.pretend(f"UPDATE jobs SET {made}")  # noqa: S608 - ours
        with daemon.transaction("remove_jobs") as connection:
            assert connection.exec_driver_sql(f"SELECT remove_jobs(ARRAY['{job}'::uuid])").scalar() == 0

    assert rows(world)["jobs"] == 1


def test_a_rerun_after_its_objects_went_needs_them_removed_again(world: World) -> None:
    daemon = world.daemon(**OLD)
    job = finish(world, daemon)
    upload = keys(world, job)[0]
    age(world, job, 1.5)
    prune.run_once(daemon)
    world.objects.put(upload, b"uploaded again", "image/png")
    world.execute("UPDATE jobs SET rerun_requested = true")
    world.step(daemon, requests.run_once, dispatch.run_once)
    world.work(world.camber_jobs()[-1])
    world.step(daemon, watch.run_once, collect.run_once)
    world.pretend("UPDATE jobs SET objects_removed_at = completed_at - interval '1 hour'")
    age(world, job, 1.5)
    world.pretend("UPDATE jobs SET objects_removed_at = completed_at - interval '1 hour'")
    names = keys(world, job)
    assert there(world, names)

    assert prune.run_once(daemon)["objects"] == 1

    assert [] == there(world, names)
