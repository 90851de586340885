"""What a run carries, what it costs, and what a day may cost."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from reconciler.loop import collect, dispatch, requests, watch
from reconciler.loop.breakers import show_settings
from reconciler.store import pace as paces
from tests.fake_camber import FIRST_ID
from tests.world import World

BUDGET = "SELECT state FROM breakers WHERE dependency = 'budget'"
WHY = "SELECT string_agg(DISTINCT code, ' ') FROM why_waiting WHERE status = 'pending'"
MINUTE = ("2026-11-22T10:00:00Z", "2026-11-22T10:01:00Z")
"""On an xxsmall node: 0.16 / 60 credits."""
COST = Decimal("0.002667")


def run_to_its_end(world: World, number: int = FIRST_ID, status: str = "COMPLETED") -> None:
    world.camber_times(*MINUTE, number=number)
    world.work(number, status)


def _column(world: World, sql: str) -> list[object]:
    with world.engine.connect() as connection:
        return list(connection.scalars(text(sql)))


def test_without_a_free_slot_no_document_is_looked_at(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="1", BATCH_MAX="1")
    for _ in range(3):
        world.submit()
    world.step(daemon, dispatch.run_once)
    heads: list[str] = []
    daemon.objects.head = heads.append  # type: ignore[method-assign,assignment] # to see that nobody asks

    world.step(daemon, dispatch.run_once, dispatch.run_once)

    assert heads == []
    assert world.one("SELECT count(*) FROM camber_runs") == 1


def test_a_slot_that_comes_free_while_inputs_are_looked_at_does_not_thin_the_batch(world: World) -> None:
    """In a burst runs end together: what was taken for one slot was dealt out over all that were free by then."""
    daemon = world.daemon(RUN_SLOTS="2", BATCH_MAX="2")
    for _ in range(8):
        world.submit()
    world.step(daemon, dispatch.run_once)
    over = "UPDATE camber_runs SET state = 'finished', finished_at = now(), next_poll_at = NULL WHERE id = ANY(:ids)"
    first, second = _column(world, "SELECT id FROM camber_runs ORDER BY id")
    world.pretend(over, ids=[first])
    look = daemon.objects.head

    def head(key: str) -> object:
        world.pretend(over, ids=[second])
        return look(key)

    daemon.objects.head = head  # type: ignore[method-assign,assignment] # to act between the claim and the plan

    world.step(daemon, dispatch.run_once)

    assert _column(world, "SELECT attempts_total FROM camber_runs WHERE state = 'submitted'") == [2]


def test_a_run_carries_no_more_bytes_than_it_may(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="1", BATCH_BYTES_MAX="25")
    for _ in range(4):
        world.submit(data=b"0123456789")

    world.step(daemon, dispatch.run_once)

    assert world.one("SELECT attempts_total FROM camber_runs") == 2
    assert world.one("SELECT count(*) FROM jobs WHERE status = 'pending'") == 2


def test_recent_runs_tell_how_much_a_run_may_carry(world: World) -> None:
    """The fake's documents take 12 ms each; made to have taken a minute, only one fits into the target."""
    daemon = world.daemon(RUN_SLOTS="1", WORKER_PROCESSES="1", RUN_TARGET_SECONDS="60")
    world.submit()
    world.step(daemon, dispatch.run_once)
    run_to_its_end(world)
    world.step(daemon, watch.run_once, collect.run_once)
    world.pretend('UPDATE job_attempts SET timings = \'{"DECODE": 10000, "OCR": 30000}\'')
    world.pretend("UPDATE camber_runs SET camber_created_at = camber_created_at - interval '5 seconds'")
    with daemon.engine.connect() as connection:
        pace = paces.learn(connection, daemon.backend, 1)
    assert (pace.learnt, pace.startup_seconds, pace.document_seconds) == (True, 20, 40)
    assert list(pace.by_schema.values()) == [40]

    later = world.daemon(RUN_SLOTS="1", WORKER_PROCESSES="1", RUN_TARGET_SECONDS="60")
    for _ in range(3):
        world.submit()
    world.step(later, dispatch.run_once)

    assert world.one("SELECT attempts_total FROM camber_runs WHERE state = 'submitted'") == 1


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_a_run_that_is_over_has_its_cost_and_all_views_agree_on_it(world: World, status: str) -> None:
    daemon = world.daemon(RUN_SLOTS="1")
    for _ in range(3):
        world.submit()
    world.step(daemon, dispatch.run_once)
    run_to_its_end(world, status=status)

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.one("SELECT credits FROM camber_runs") == COST
    assert world.one("SELECT total_credits FROM cost_daily") == COST
    assert round(world.one("SELECT sum(credits) FROM cost_daily_by_user"), 6) == COST
    assert round(world.one("SELECT credits_per_document * 3 FROM run_overview"), 6) == COST


def test_a_fenced_run_is_costed_when_camber_is_done_with_it(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute("UPDATE camber_runs SET queue_deadline = now()")
    world.step(daemon, watch.run_once)
    assert world.one("SELECT state || coalesce(credits::text, '') FROM camber_runs") == "abandoned"
    run_to_its_end(world)

    world.step(daemon, watch.run_once)

    assert world.one("SELECT credits FROM camber_runs WHERE state = 'finished'") == COST


def test_a_launch_that_was_never_sent_has_cost_nothing(world: World) -> None:
    daemon = world.daemon()
    world.submit()
    world.fault(stash_cp="lost")

    world.step(daemon, dispatch.run_once)

    assert world.one("SELECT credits FROM camber_runs WHERE state = 'finished'") == 0


def test_what_is_under_way_counts_until_the_day_allows_no_more(world: World) -> None:
    """By the prior a run of one document takes 16 s: 0.0007 credits. The limit is worth two of them."""
    daemon = world.daemon(RUN_SLOTS="8", BATCH_MAX="1", DAILY_CREDITS_MAX="0.0015")
    for _ in range(4):
        world.submit()

    world.step(daemon, dispatch.run_once)

    assert len(world.camber_jobs()) == 2
    world.execute(
        "INSERT INTO daemons (id, host, pid, version, heartbeat_at) SELECT gen_random_uuid(), 'h', 1, '1', now()"
    )
    assert (world.one(BUDGET), world.one(WHY)) == ("open", "budget")
    assert "DAILY_CREDITS_MAX is 0.0015" in world.one("SELECT reason FROM why_waiting WHERE code = 'budget' LIMIT 1")
    assert world.one(
        "SELECT bool_and(until = date_trunc('day', now(), 'UTC') + interval '1 day') FROM why_waiting"
        " WHERE code = 'budget'"
    )
    world.step(daemon, dispatch.run_once)
    assert len(world.camber_jobs()) == 2


def test_the_next_utc_day_it_goes_on_by_itself(world: World) -> None:
    daemon = world.daemon(BATCH_MAX="1", DAILY_CREDITS_MAX="0.0015")
    world.submit()
    world.step(daemon, dispatch.run_once)
    run_to_its_end(world)
    world.step(daemon, watch.run_once, collect.run_once)
    world.submit()
    world.step(daemon, dispatch.run_once)
    assert (world.one(BUDGET), len(world.camber_jobs())) == ("open", 1)

    world.pretend("UPDATE camber_runs SET finished_at = finished_at - interval '1 day'")
    world.step(daemon, dispatch.run_once)

    assert (world.one(BUDGET), len(world.camber_jobs())) == ("closed", 2)


def test_a_limit_that_was_lifted_lets_the_next_daemon_launch(world: World) -> None:
    world.submit()
    world.step(world.daemon(DAILY_CREDITS_MAX="0"), dispatch.run_once)
    assert (world.one(BUDGET), world.camber_jobs()) == ("open", [])
    unlimited = world.daemon()

    show_settings(unlimited.breakers, recipients=True)
    assert world.one(BUDGET) == "closed"
    world.step(unlimited, dispatch.run_once)

    assert len(world.camber_jobs()) == 1


def test_flags_that_were_set_by_the_thousand_are_carried_out_in_one_pass(world: World) -> None:
    daemon, first = world.daemon(), world.submit()
    copied = "user_id, portal_schema_id, mime_type, original_filename"
    world.execute(
        f"INSERT INTO jobs (id, raw_path, {copied}) SELECT gen_random_uuid(), 'blobs/' || n, {copied}"  # noqa: S608
        " FROM jobs, generate_series(1, 1200) AS n WHERE id = :id",
        id=first,
    )
    world.execute("UPDATE jobs SET cancel_requested = true")

    counts = requests.run_once(daemon)

    assert counts["cancelled"] == 1201
    assert world.one("SELECT count(*) FROM jobs WHERE status = 'cancelled' AND NOT cancel_requested") == 1201
