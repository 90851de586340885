"""One read of the job list looks at all runs that are due; what ends a run is confirmed by opening it."""

import shutil

import pytest
from sqlalchemy import event

from reconciler.loop import collect, dispatch, glance, watch
from reconciler.loop.accounts import claim_due
from reconciler.loop.context import Context
from reconciler.loop.ends import TRIES_MAX
from tests.fake_camber import FIRST_ID
from tests.world import World

RUNS = 3
IDS = range(FIRST_ID, FIRST_ID + RUNS)


@pytest.fixture
def daemon(world: World) -> Context:
    """A daemon with three runs that queue at Camber."""
    daemon = world.daemon(RUN_SLOTS=str(RUNS), BATCH_MAX="1")
    for _ in range(RUNS):
        world.submit()
    world.step(daemon, dispatch.run_once)
    assert world.camber_jobs() == list(IDS)
    return daemon


def looks(world: World) -> tuple[int, int]:
    return world.calls("job list"), world.calls("job get")


def states(world: World) -> list[str]:
    return str(world.one("SELECT string_agg(state, ' ' ORDER BY camber_job_id) FROM camber_runs")).split()


def test_one_list_looks_at_all_that_wait_or_run(world: World, daemon: Context) -> None:
    lists, _ = looks(world)
    world.camber_says("RUNNING", IDS[1])

    world.step(daemon, watch.run_once, watch.run_once)

    assert states(world) == ["queued", "running", "queued"]
    assert looks(world) == (lists + 2, 0)
    assert world.one("SELECT count(*) FROM camber_runs WHERE next_poll_at > now() AND lease_owner IS NULL") == RUNS


def test_a_poll_that_shows_nothing_new_writes_two_statements_however_many_runs_there_are(
    world: World, daemon: Context
) -> None:
    world.step(daemon, watch.run_once)
    kept = "SELECT string_agg((to_jsonb(r) - '{next_poll_at,epoch}'::text[])::text, ' ' ORDER BY id) FROM camber_runs r"
    before = world.one(kept)
    world.make_due()
    wrote: list[str] = []
    event.listen(
        daemon.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, sql, *_: wrote.append(sql) if "UPDATE camber_runs" in sql else None,
    )

    watch.run_once(daemon)

    assert len(wrote) == 2
    assert before == world.one(kept)
    assert world.one("SELECT count(*) FROM cli_calls WHERE NOT decided AND stdout IS NOT NULL") == 0


def test_what_looks_final_is_confirmed_by_opening_it(world: World, daemon: Context) -> None:
    world.work(IDS[0])

    world.step(daemon, watch.run_once, collect.run_once)

    assert looks(world)[1] == 1
    assert states(world) == ["finished", "queued", "queued"]
    assert world.one("SELECT count(*) FROM jobs WHERE status = 'completed'") == 1


def test_a_row_that_shows_neither_folder_nor_command_proves_nothing(world: World, daemon: Context) -> None:
    world.fault(job_list="bare")
    world.camber_says("RUNNING", IDS[1])

    world.step(daemon, watch.run_once)

    assert looks(world)[1] == RUNS
    assert states(world) == ["queued", "running", "queued"]


def test_a_row_that_carries_another_runs_marker_is_not_believed(world: World, daemon: Context) -> None:
    for name in ("mount_dir", "command"):
        (world.camber_job(IDS[0]) / name).write_text(f"somebody/else/{name}")

    world.step(daemon, watch.run_once)

    assert looks(world)[1] == 1


@pytest.mark.parametrize("fault", ["garbage", "lost"])
def test_a_list_that_cannot_be_read_is_no_reason_to_look_away(world: World, daemon: Context, fault: str) -> None:
    world.fault(job_list=fault)
    world.camber_says("RUNNING", IDS[2])

    world.step(daemon, watch.run_once)

    assert looks(world)[1] == RUNS
    assert states(world) == ["queued", "queued", "running"]


def test_pages_that_are_cut_short_are_read_to_the_oldest_run(world: World, daemon: Context) -> None:
    world.fault(job_list="capped")

    world.step(daemon, watch.run_once)

    assert states(world) == ["queued"] * RUNS
    assert looks(world)[1] == 0


def test_a_run_that_the_list_leaves_out_is_opened_before_anything_is_concluded(world: World, daemon: Context) -> None:
    shutil.move(world.camber_job(IDS[1]), world.home / "hidden")

    world.step(daemon, watch.run_once)

    assert states(world) == ["queued", "submitted", "queued"]
    assert world.calls("job get") == 1
    assert world.one("SELECT absent_count FROM camber_runs WHERE camber_job_id = :id", id=IDS[1]) == 1


def test_a_run_past_its_deadline_is_not_given_up_by_what_a_list_says(world: World, daemon: Context) -> None:
    world.execute("UPDATE camber_runs SET queue_deadline = now() WHERE camber_job_id = :id", id=IDS[0])

    world.step(daemon, watch.run_once)

    assert world.calls("job get") == 1
    assert states(world)[0] == "abandoned"


def test_the_frames_of_runs_that_go_on_are_gathered_though_the_list_showed_them(world: World, daemon: Context) -> None:
    for number in IDS:
        world.camber_says("RUNNING", number)
    world.step(daemon, watch.run_once)
    world.work(IDS[1], status="RUNNING")

    world.step(daemon, watch.run_once)

    assert world.one("SELECT count(*) FROM jobs WHERE status = 'completed'") == 1
    assert looks(world)[1] == 0


def test_a_lease_that_was_lost_meanwhile_writes_nothing(world: World, daemon: Context) -> None:
    world.step(daemon, watch.run_once)
    world.make_due()
    stolen = "UPDATE camber_runs SET epoch = epoch + 1, lease_owner = gen_random_uuid(), next_poll_at = '2000-01-01'"

    @event.listens_for(daemon.engine, "before_cursor_execute")
    def steal(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if "FROM camber_runs WHERE id = ANY" in sql:
            world.execute(f"{stolen} WHERE camber_job_id = :id", id=IDS[0])

    watch.run_once(daemon)

    assert world.one("SELECT count(*) FROM camber_runs WHERE next_poll_at = '2000-01-01'") == 1
    assert world.one("SELECT count(*) FROM camber_runs WHERE next_poll_at > now() AND lease_owner IS NULL") == RUNS - 1


def test_a_pass_reads_no_more_logs_than_it_can_and_opens_first_what_may_be_over(
    world: World, daemon: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance, "LOGS_MAX", 1)
    for number in IDS:
        world.camber_says("RUNNING", number)
    world.step(daemon, watch.run_once)
    world.camber_says("COMPLETED", IDS[2])
    world.make_due()

    counts, others, _ = glance.glance(daemon, claim_due(daemon, watch.WATCHED))

    assert counts["kept"] == 1
    assert [one.row is None for one in others] == [True, False]
    assert others[0].run.camber_job_id == IDS[2]
    assert world.one("SELECT count(*) FROM camber_runs WHERE next_poll_at > now() AND lease_owner IS NULL") == 1


def test_a_run_that_the_list_shows_to_be_over_need_not_wait_for_its_turn(world: World, daemon: Context) -> None:
    world.step(daemon, watch.run_once)
    world.execute("UPDATE camber_runs SET next_poll_at = now() WHERE camber_job_id < :id", id=IDS[2])
    world.execute("UPDATE camber_runs SET next_poll_at = now() + '1 hour' WHERE camber_job_id = :id", id=IDS[2])
    world.work(IDS[2])

    watch.run_once(daemon)

    assert states(world) == ["queued", "queued", "collecting"]
    assert world.calls("job get") == 1
    assert world.one("SELECT count(*) FROM camber_runs WHERE lease_owner IS NOT NULL") == 0


def test_the_end_of_a_run_that_another_daemon_looks_at_is_left_to_it(world: World, daemon: Context) -> None:
    world.step(daemon, watch.run_once)
    world.execute("UPDATE camber_runs SET next_poll_at = now() WHERE camber_job_id < :id", id=IDS[2])
    world.execute(
        "UPDATE camber_runs SET lease_owner = gen_random_uuid(), lease_until = now() + '1 minute', epoch = epoch + 1"
        " WHERE camber_job_id = :id",
        id=IDS[2],
    )
    world.work(IDS[2])

    watch.run_once(daemon)

    assert states(world) == ["queued", "queued", "queued"]
    assert world.calls("job get") == 0


def test_a_list_that_says_more_than_get_is_asked_about_a_few_times_and_then_waits_its_turn(
    world: World, daemon: Context
) -> None:
    world.step(daemon, watch.run_once)
    world.work(IDS[2])
    world.fault(job_get="lost")

    gets = []
    for _ in range(TRIES_MAX + 2):
        world.execute("UPDATE camber_runs SET next_poll_at = now() WHERE camber_job_id < :id", id=IDS[2])
        world.execute("UPDATE camber_runs SET next_poll_at = now() + '1 hour' WHERE camber_job_id = :id", id=IDS[2])
        watch.run_once(daemon)
        gets.append(world.calls("job get"))

    # One look tries a call that fails several times.
    assert gets[0] > 0
    assert gets[-1] == TRIES_MAX * gets[0]


def test_a_fault_of_our_own_keeps_its_pause_whatever_the_list_shows(world: World, daemon: Context) -> None:
    world.step(daemon, watch.run_once)
    world.execute("UPDATE camber_runs SET next_poll_at = now() WHERE camber_job_id < :id", id=IDS[2])
    world.execute(
        "UPDATE camber_runs SET next_poll_at = now() + '1 hour', own_faults = 1 WHERE camber_job_id = :id", id=IDS[2]
    )
    world.work(IDS[2])

    watch.run_once(daemon)

    assert states(world) == ["queued", "queued", "queued"]
    assert world.calls("job get") == 0


def test_what_falls_due_beside_an_end_is_left_to_a_list(world: World, daemon: Context) -> None:
    """Only the end is opened: whatever else is due by then is looked at by the next read."""
    world.step(daemon, watch.run_once)
    world.make_due()
    world.work(IDS[2])
    due = claim_due(daemon, watch.WATCHED)[:1]
    daemon.leases.drop(due[0].run.lease)
    world.execute("UPDATE camber_runs SET lease_owner = NULL, lease_until = NULL")

    ended = glance.take_ended(daemon, due, {IDS[2]}, watch.WATCHED)

    assert [one.run.camber_job_id for one in ended] == [IDS[2]]


def test_ends_that_cannot_be_taken_now_leave_the_others_to_be_looked_at(
    world: World, daemon: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.step(daemon, watch.run_once)
    world.execute("UPDATE camber_runs SET next_poll_at = now() WHERE camber_job_id < :id", id=IDS[2])
    world.work(IDS[2])
    world.camber_says("RUNNING", IDS[0])

    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(glance, "claim_ended", fail)

    watch.run_once(daemon)

    assert states(world) == ["running", "queued", "queued"]
    assert world.one("SELECT count(*) FROM camber_runs WHERE lease_owner IS NOT NULL") == 0
