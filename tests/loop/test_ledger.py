"""What the CLI said is committed with what it decided: no decision stands alone, and evidence costs nothing extra."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, text

from reconciler.loop import collect, dispatch, watch
from reconciler.loop.context import Context
from reconciler.loop.crashpoints import observe
from tests.fake_camber import FIRST_ID
from tests.world import World

JOBS = 10
KINDS = "SELECT array_agg(kind ORDER BY at) FROM cli_calls WHERE run_id IS NOT NULL"
CREATED = "SELECT count(*) FROM cli_calls WHERE kind = 'job create' AND outcome = 'created' AND stdout IS NOT NULL"


@pytest.fixture
def passed() -> Iterator[list[str]]:
    points: list[str] = []
    observe(points.append)
    yield points
    observe(None)


def commits_of(engine: Engine) -> list[object]:
    """A list that grows with every commit."""
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    return commits


def work_all(world: World) -> None:
    for number in world.camber_jobs():
        world.work(number)


def test_a_job_that_runs_alone_takes_five_transactions_and_its_share_of_each_pass(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS=str(JOBS), BATCH_MAX="1")
    for _ in range(JOBS):
        world.submit()
    commits = commits_of(daemon.engine)

    world.step(daemon, dispatch.run_once)
    work_all(world)
    world.step(daemon, watch.run_once, collect.run_once)

    assert world.one("SELECT count(*) FROM jobs WHERE status = 'completed'") == JOBS
    assert len(commits) <= 5 * JOBS


def test_calls_are_kept_in_their_order_though_they_are_written_together(world: World, passed: list[str]) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)

    assert world.one(KINDS) == ["stash cp", "job create", "job get", "job logs"]
    assert not {"watch.keep_evidence.before", "collect.keep_evidence.before"} & set(passed)


def test_what_create_said_is_kept_though_its_reply_comes_too_late_to_be_written(world: World) -> None:
    """The run belongs to somebody else by then: the reply decides nothing, and still shows what happened."""
    daemon = world.daemon()
    world.submit()

    def lose_lease(point: str) -> None:
        if point == "dispatch.create.after":
            world.execute("UPDATE camber_runs SET lease_until = now() - interval '1 s'")

    observe(lose_lease)
    try:
        counts = dispatch.run_once(daemon)
    finally:
        observe(None)

    assert counts["lease_lost"] == 1
    assert world.one("SELECT state FROM camber_runs") == "launching"
    assert world.one(CREATED) == 1


def test_evidence_that_cannot_be_kept_costs_no_reply(world: World) -> None:
    daemon = world.daemon()
    refuse_evidence(world, "job create")
    world.submit()

    dispatch.run_once(daemon)

    assert world.one("SELECT camber_job_id FROM camber_runs WHERE state = 'submitted'") == FIRST_ID
    assert world.one(CREATED) == 0
    assert world.one(KINDS) == ["stash cp"]


def test_a_list_that_shows_known_owners_asks_the_database_nothing(world: World, passed: list[str]) -> None:
    daemon = two_that_queue(world)
    passed.clear()

    world.step(daemon, watch.run_once)

    assert "watch.list.after" in passed
    assert "watch.notice.before" not in passed


def test_what_one_list_shows_of_several_runs_is_written_in_one_transaction(world: World, passed: list[str]) -> None:
    daemon = two_that_queue(world)
    world.camber_says("RUNNING", FIRST_ID)
    passed.clear()

    world.step(daemon, watch.run_once)

    assert world.one("SELECT string_agg(state, ' ' ORDER BY camber_job_id) FROM camber_runs") == "running queued"
    assert [point for point in passed if point.endswith(".after")] == [
        "watch.claim.after",
        "watch.learn_pace.after",
        "watch.list.after",
        "watch.keep_all.after",
    ]


def two_that_queue(world: World) -> Context:
    daemon = world.daemon(RUN_SLOTS="2", BATCH_MAX="1")
    world.submit(), world.submit()
    world.step(daemon, dispatch.run_once, watch.run_once)
    # What a process looks up once in half a minute is no part of a look.
    daemon.pacing._since = None
    return daemon


def refuse_evidence(world: World, kind: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;"
                " CREATE TRIGGER refuse BEFORE INSERT ON cli_calls FOR EACH ROW"
                f" WHEN (NEW.kind = '{kind}') EXECUTE FUNCTION refuse()"
            )
        )
