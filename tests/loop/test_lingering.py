"""Runs that linger: given more, watched, left, cancelled, taken over; nothing lost and nothing counted twice."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from reconciler.domain.pace import Pace
from reconciler.loop import collect, dispatch, prune, requests, watch
from reconciler.loop.context import Context
from reconciler.objects.errors import ObjectsUnavailable
from reconciler.store import browsing, reading, runs, spending
from reconciler.store import pace as paces
from tests.fake_camber import FIRST_ID
from tests.invariants import ALWAYS, broken, nothing_fell
from tests.world import World
from worker.contract import encode_frame, encode_leaving

TWIN = """INSERT INTO camber_sightings (backend, account, camber_job_id, run_id, role)
    SELECT backend, account, 999999, id, 'duplicate' FROM camber_runs"""
LINGER = {"RUN_LINGER_SECONDS": "120", "RUN_SLOTS": "2"}


def lingering(world: World, **settings: str) -> tuple[Context, UUID]:
    """A daemon with a run that has done its one document and waits for more."""
    daemon, first = world.daemon(**LINGER | settings), world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says("RUNNING")
    world.say(FIRST_ID, encode_frame(world.finish()))
    world.step(daemon, watch.run_once, watch.run_once)
    assert world.status(first) == "completed"
    return daemon, first


def signal(world: World) -> dict[str, Any]:
    """What the worker is told."""
    marker = world.one("SELECT marker FROM camber_runs")
    return dict(json.loads(world.objects.get(f"control/{marker}.json", bytes_max=1000)))


def unsound(world: World) -> list[str]:
    """What does not make sense in the tables, whatever happened."""
    with world.engine.connect() as connection:
        return broken(connection, [one for one in ALWAYS if one is not nothing_fell])


def leave(world: World, taken: int, status: str = "COMPLETED") -> None:
    world.say(FIRST_ID, encode_leaving(world.run_file().run_id, taken))
    world.camber_says(status)


def test_off_by_default_and_said_in_the_run_file_where_it_is_on(world: World) -> None:
    plain, job = world.daemon(RUN_SLOTS="2"), world.submit()
    world.step(plain, dispatch.run_once)
    world.submit()
    world.step(world.daemon(**LINGER), dispatch.run_once)

    assert world.status(job) == "processing"
    assert world.run_file().linger is None
    linger = world.run_file(FIRST_ID + 1).linger
    assert linger is not None
    assert (linger.idle_seconds, linger.take_seconds) == (120, 1680)
    assert "/inbox/rq-test-" in linger.inbox_url


def test_a_second_document_goes_to_the_run_that_waits_and_no_other_is_launched(world: World) -> None:
    daemon, _ = lingering(world)
    second = world.submit()

    counts = world.step(daemon, dispatch.run_once)
    assert (counts["given"], counts["planned"]) == (1, 0)
    assert world.status(second) == "processing"
    world.say(FIRST_ID, encode_frame(world.finish_given(1)))
    world.step(daemon, watch.run_once)

    assert world.status(second) == "completed"
    assert world.camber_jobs() == [FIRST_ID]
    assert world.one("SELECT attempts_total FROM camber_runs") == 2
    assert world.one("SELECT inbox_number FROM job_attempts WHERE job_id = :id", id=second) == 1
    leave(world, 1)
    world.step(daemon, watch.run_once, collect.run_once)
    assert world.one("SELECT state FROM camber_runs") == "finished"
    assert unsound(world) == []


def test_what_it_never_took_goes_back_unburnt_at_once_and_into_a_run_of_its_own(world: World) -> None:
    daemon, _ = lingering(world)
    second = world.submit()
    world.step(daemon, dispatch.run_once)
    leave(world, 0)

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(second) == "pending"
    assert world.one("SELECT error_details ->> 'code' FROM jobs WHERE id = :id", id=second) == "RUN_LEFT"
    spent = "SELECT attempt_count + platform_faults + own_faults + unknown_launches FROM jobs WHERE id = :id"
    assert world.one(spent, id=second) == 0
    assert world.one("SELECT state FROM camber_runs") == "finished"

    world.step(daemon, dispatch.run_once)
    assert [one.payload.job_id for one in world.run_file(FIRST_ID + 1).documents] == [str(second)]


def test_one_that_was_left_behind_is_not_given_to_another_that_lingers(world: World) -> None:
    """Where no inbox can be read, every run would leave without it."""
    daemon, _ = lingering(world)
    job = world.submit()
    world.pretend('UPDATE jobs SET error_details = \'{"code": "RUN_LEFT"}\' WHERE id = :id', id=job)

    counts = world.step(daemon, dispatch.run_once)

    assert (counts["given"], counts["planned"]) == (0, 1)


def test_a_run_that_took_it_and_says_nothing_of_it_is_a_fault_of_the_platform_at_once(world: World) -> None:
    """Its last word stands behind all its frames: no late log is waited for."""
    daemon, _ = lingering(world)
    second = world.submit()
    world.step(daemon, dispatch.run_once)
    leave(world, 1, "FAILED")

    world.step(daemon, watch.run_once, collect.run_once)

    assert world.status(second) == "pending"
    assert world.one("SELECT error_details ->> 'code' FROM jobs WHERE id = :id", id=second) == "CAMBER_FAILED"
    assert world.one("SELECT platform_faults FROM jobs WHERE id = :id", id=second) == 1


def test_a_run_that_died_without_a_word_gets_the_grace_for_late_logs(world: World) -> None:
    daemon, _ = lingering(world)
    second = world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says("FAILED")
    world.step(daemon, watch.run_once, collect.run_once)
    assert world.status(second) == "processing"

    world.say(FIRST_ID, encode_frame(world.finish_given(1)))
    world.step(daemon, collect.run_once)

    assert world.status(second) == "completed"


def test_what_was_committed_and_not_put_is_put_by_the_next_look(world: World) -> None:
    """The giver dies in between, which is as if its store had failed and its lease run out."""
    daemon, _ = lingering(world)
    second, put = world.submit(), daemon.objects.put

    def fail(key: str, *_: object) -> None:
        raise ObjectsUnavailable("away")

    daemon.objects.put = fail  # type: ignore[method-assign,assignment] # the store's own fault, at this very call
    counts = world.step(daemon, dispatch.run_once)
    assert counts["undelivered"] == 1
    assert world.one("SELECT inbox_given - inbox_put FROM camber_runs") == 1
    world.submit()
    assert world.step(daemon, dispatch.run_once)["given"] == 0
    daemon.objects.put = put  # type: ignore[method-assign] # it is back

    world.step(world.daemon(**LINGER), watch.run_once)

    assert world.one("SELECT inbox_given - inbox_put FROM camber_runs") == 0
    assert [one.payload.job_id for one in world.inbox(1).documents] == [str(second)]


def test_a_cancelled_document_is_left_out_and_the_run_goes_on(world: World) -> None:
    daemon, _ = lingering(world)
    second = world.submit()
    world.step(daemon, dispatch.run_once)
    attempt = world.one("SELECT id FROM job_attempts WHERE job_id = :id", id=second)
    world.execute("UPDATE jobs SET cancel_requested = true, request_reason = 'test' WHERE id = :id", id=second)

    world.step(daemon, requests.run_once)

    assert world.status(second) == "cancelled"
    said = signal(world)
    assert said["signal"] == "continue"
    assert str(attempt) in said["skip"]
    third = world.submit()
    assert world.step(daemon, dispatch.run_once)["given"] == 1
    world.say(FIRST_ID, encode_frame(world.finish_given(2)))
    world.step(daemon, watch.run_once)
    assert world.status(third) == "completed"


def test_a_run_of_which_everything_was_cancelled_is_told_to_leave_and_given_nothing(world: World) -> None:
    daemon, only = world.daemon(**LINGER), world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says("RUNNING")
    world.step(daemon, watch.run_once)
    world.execute("UPDATE jobs SET cancel_requested = true, request_reason = 'test' WHERE id = :id", id=only)

    world.step(daemon, requests.run_once)

    assert signal(world)["signal"] == "abandon"
    world.submit()
    assert world.step(daemon, dispatch.run_once)["given"] == 0


def test_a_rerun_of_what_it_was_given_is_another_attempt(world: World) -> None:
    daemon, _ = lingering(world)
    second = world.submit()
    world.step(daemon, dispatch.run_once)
    stale = world.finish_given(1)
    world.execute("UPDATE jobs SET rerun_requested = true, request_reason = 'test' WHERE id = :id", id=second)
    world.step(daemon, requests.run_once, dispatch.run_once)
    world.say(FIRST_ID, encode_frame(stale))
    world.step(daemon, watch.run_once)
    assert world.status(second) == "processing"

    world.say(FIRST_ID, encode_frame(world.finish_given(2)))
    world.step(daemon, watch.run_once)

    assert world.status(second) == "completed"
    assert unsound(world) == []


def test_while_somebody_looks_at_it_the_document_waits_and_is_not_launched(world: World) -> None:
    daemon, _ = lingering(world)
    second = world.submit()
    world.pretend("UPDATE camber_runs SET lease_owner = gen_random_uuid(), lease_until = now() + interval '1 minute'")

    world.step(daemon, dispatch.run_once)

    assert world.status(second) == "pending"
    assert world.camber_jobs() == [FIRST_ID]
    world.pretend("UPDATE camber_runs SET lease_owner = NULL, lease_until = NULL")
    assert world.step(daemon, dispatch.run_once)["given"] == 1


@pytest.mark.parametrize(
    "otherwise",
    [
        "UPDATE camber_runs SET bundle_hash = 'of an older worker'",
        "UPDATE camber_runs SET account = 'somebody-else'",
        "UPDATE camber_runs SET started_at = now() - interval '1 day'",
        "UPDATE job_attempts SET finished_at = now() - interval '116 seconds'",
        "UPDATE camber_runs SET linger_seconds = 0",
        TWIN,
    ],
)
def test_one_that_cannot_take_it_is_passed_over(world: World, otherwise: str) -> None:
    """Another worker's run, another account's, one whose time is over, one that leaves, one that has a twin."""
    daemon, _ = lingering(world)
    world.pretend(otherwise)
    second = world.submit()

    counts = world.step(daemon, dispatch.run_once)

    assert (counts["given"], counts["planned"]) == (0, 1)
    assert world.status(second) == "processing"


def test_with_all_slots_taken_by_one_that_waits_the_backlog_goes_to_it(world: World) -> None:
    daemon, _ = lingering(world, RUN_SLOTS="1", BATCH_MAX="3")
    backlog = [world.submit() for _ in range(5)]

    assert world.step(daemon, dispatch.run_once)["given"] == 1

    assert len(world.inbox(1).documents) == 3
    assert sorted(world.status(job) for job in backlog).count("pending") == 2


def test_two_daemons_give_one_document_once(world: World) -> None:
    first, _ = lingering(world)
    second = world.daemon(**LINGER)
    job = world.submit()

    counts = world.step(first, dispatch.run_once) + world.step(second, dispatch.run_once)

    assert counts["given"] == 1
    assert world.one("SELECT count(*) FROM job_attempts WHERE job_id = :id", id=job) == 1


def test_a_stopping_daemon_leaves_it_alone_and_the_next_one_feeds_it(world: World) -> None:
    daemon, _ = lingering(world)
    daemon.stopping.set()
    second = world.submit()

    assert world.step(world.daemon(**LINGER), dispatch.run_once)["given"] == 1

    assert world.status(second) == "processing"
    assert world.camber_jobs() == [FIRST_ID]


def test_it_is_looked_at_rarely_while_it_waits_and_soon_after_it_was_given_something(world: World) -> None:
    daemon, _ = lingering(world)
    due = "SELECT extract(epoch FROM next_poll_at - now())::float8 FROM camber_runs"
    world.step(daemon, watch.run_once)
    assert 20 < world.one(due) < 40

    world.submit()
    world.step(daemon, dispatch.run_once)

    assert world.one(due) < 3


def test_everybody_can_see_that_it_lingers(world: World) -> None:
    daemon, _ = lingering(world)
    world.execute("INSERT INTO daemons (id, host, pid, version) VALUES (gen_random_uuid(), 'here', 1, '1')")
    assert 100 < world.one("SELECT extract(epoch FROM lingers_until - now()) FROM run_overview") <= 120
    assert world.one("SELECT runs_lingering FROM queue_health") == 1

    second = world.submit()
    world.step(daemon, dispatch.run_once)

    assert world.one("SELECT lingers_until FROM run_overview") is None
    assert world.one("SELECT inbox_given FROM run_overview") == 1
    why = world.one("SELECT reason FROM why_waiting WHERE job_id = :id", id=second)
    assert why.endswith("1 of 2 documents are settled; it was given this one while it lingered")


def test_the_commands_and_the_console_say_that_it_lingers(world: World) -> None:
    lingering(world)
    with world.engine.connect() as connection:
        (row,) = reading.list_runs(connection, None, after=None, limit=5)
        (live,) = browsing.list_live_runs(connection, 5)
        told = reading.read_overview(connection)

    assert 100 < row["lingers_seconds"] <= 120
    assert 100 < live["lingers_seconds"] <= 120
    assert told["health"]["runs_lingering"] == 1


def test_its_stay_counts_against_the_days_credits(world: World) -> None:
    """A node of 0.16 credits an hour: the stay of 120 s alone is 0.0053."""
    daemon, _ = lingering(world)
    prices, pace = daemon.settings.node_prices, Pace(processes=2)
    with daemon.engine.connect() as connection:
        waiting = spending.read(connection, daemon.backend, Decimal(1), pace, prices).under_way
    world.pretend("UPDATE camber_runs SET linger_seconds = 0")
    with daemon.engine.connect() as connection:
        leaving = spending.read(connection, daemon.backend, Decimal(1), pace, prices).under_way

    assert float(waiting - leaving) == pytest.approx(120 * 0.16 / 3600, rel=0.01)
    world.pretend("UPDATE camber_runs SET linger_seconds = 120")
    dear = world.daemon(**LINGER, DAILY_CREDITS_MAX=str(waiting + Decimal("0.001")))
    world.submit()
    assert world.step(dear, dispatch.run_once)["given"] == 0
    assert world.one("SELECT state FROM breakers WHERE dependency = 'budget'") == "open"


def test_the_time_it_waited_is_not_taken_for_start_up(world: World) -> None:
    daemon, _ = lingering(world)
    leave(world, 0)
    world.camber_times("2026-11-22T10:00:00Z", "2026-11-22T10:10:00Z")
    world.step(daemon, watch.run_once, collect.run_once)
    world.pretend("UPDATE camber_runs SET camber_created_at = camber_created_at - interval '5 seconds'")
    world.pretend("UPDATE job_attempts SET finished_at = (SELECT started_at + interval '14 s' FROM camber_runs)")

    with daemon.engine.connect() as connection:
        pace = paces.learn(connection, daemon.backend, 2)

    assert pace.startup_seconds == pytest.approx(14, abs=0.1)


def test_its_cost_is_shared_by_all_that_it_did(world: World) -> None:
    daemon, _ = lingering(world)
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.say(FIRST_ID, encode_frame(world.finish_given(1)))
    world.camber_times("2026-11-22T10:00:00Z", "2026-11-22T10:05:00Z")
    leave(world, 1)
    world.step(daemon, watch.run_once, watch.run_once, collect.run_once)

    assert world.one("SELECT credits FROM camber_runs") == Decimal("0.013333")
    assert world.one("SELECT credits_per_document * 2 - credits FROM run_overview") == 0
    assert world.one("SELECT documents FROM cost_daily") == 2


def test_what_stood_in_its_inbox_is_removed_with_its_folder(world: World) -> None:
    """The objects hold signed links, as its run file does."""
    daemon, _ = lingering(world, STASH_RETENTION_SECONDS="0.001")
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.say(FIRST_ID, encode_frame(world.finish_given(1)))
    leave(world, 1)
    world.step(daemon, watch.run_once, watch.run_once, collect.run_once, prune.run_once)

    marker = world.one("SELECT marker FROM camber_runs")
    assert world.one("SELECT stash_pruned_at IS NOT NULL FROM camber_runs")
    assert world.objects.head(f"inbox/{marker}/1.json") is None


def test_giving_it_more_never_puts_off_a_look_that_is_due(world: World) -> None:
    """Else nobody would look at what it has done, as long as documents come faster than the looks."""
    daemon, _ = lingering(world)
    world.submit()
    world.step(daemon, dispatch.run_once)
    world.pretend("UPDATE camber_runs SET next_poll_at = now(), absent_count = 1, absent_since = now()")
    world.submit()

    assert dispatch.run_once(daemon)["given"] == 1

    assert world.one("SELECT next_poll_at <= now() FROM camber_runs")
    assert world.one("SELECT absent_count FROM camber_runs") == 1
    assert world.one("SELECT lease_owner FROM camber_runs") is None


def test_one_that_was_left_behind_does_not_wait_for_a_slot_that_others_keep(world: World) -> None:
    """A run that took from its inbox can be trusted with it; one that never did is not."""
    daemon, _ = lingering(world, RUN_SLOTS="1")
    job = world.submit()
    world.pretend('UPDATE jobs SET error_details = \'{"code": "RUN_LEFT"}\' WHERE id = :id', id=job)
    assert world.step(daemon, dispatch.run_once)["given"] == 0
    world.submit()
    assert world.step(daemon, dispatch.run_once)["given"] == 1
    world.say(FIRST_ID, encode_frame(world.finish_given(1)))
    world.step(daemon, watch.run_once)

    assert world.step(daemon, dispatch.run_once)["given"] == 1

    assert [one.payload.job_id for one in world.inbox(2).documents] == [str(job)]


def test_giving_waits_for_who_is_planning(world: World) -> None:
    """They write the same users' turns: side by side each would wait for the other."""
    daemon, _ = lingering(world)
    world.submit()
    event.listen(daemon.engine, "begin", lambda connection: connection.execute(text("SET LOCAL lock_timeout = '50ms'")))

    with world.engine.begin() as planner:
        runs.free_slots(planner, "camber", "tester", 2)
        with pytest.raises(OperationalError, match="lock timeout"):
            world.step(daemon, dispatch.run_once)

    assert world.step(daemon, dispatch.run_once)["given"] == 1


def test_without_a_slot_nobody_takes_the_one_try_of_a_troubled_create(world: World) -> None:
    daemon, _ = lingering(world, RUN_SLOTS="1")
    world.execute(
        "INSERT INTO breakers (dependency, state, failures, opened_at, retry_at, reason)"
        " VALUES ('create', 'open', 5, now() - interval '1 minute', now() - interval '1 s', 'away')"
    )
    world.submit()

    assert not world.step(daemon, dispatch.run_once)["given"]

    assert world.one("SELECT state FROM breakers WHERE dependency = 'create'") == "open"


def test_what_no_run_has_room_for_is_not_looked_at(world: World) -> None:
    daemon, _ = lingering(world, RUN_SLOTS="1", BATCH_MAX="3")
    for _ in range(5):
        world.submit()
    world.step(daemon, dispatch.run_once)
    heads = list[str]()

    def look(key: str) -> None:
        heads.append(key)

    daemon.objects.head = look  # type: ignore[method-assign] # nobody is to ask the store
    world.step(daemon, dispatch.run_once)

    assert heads == []
