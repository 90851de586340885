"""Our own exceptions: counted, a few forgiven, then visibly held; and never anybody else's trouble."""

from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from reconciler.domain.runs import Assigned
from reconciler.loop import collect, dispatch, watch
from reconciler.loop import launch as launching
from reconciler.loop.crashpoints import observe
from reconciler.loop.verify import Proven, Unproven, verify
from reconciler.objects.store import ObjectStore
from tests.fake_camber import FIRST_ID
from tests.world import World
from worker.contract import Succeeded


def break_writes(world: World, table: str, condition: str, event: str = "UPDATE OF state") -> None:
    """Let the database refuse rows, which is a fault that nobody foresaw."""
    world.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;"
        f"CREATE TRIGGER refuse BEFORE {event} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION refuse()"
    )


def mend(world: World, table: str) -> None:
    world.execute(f"DROP TRIGGER refuse ON {table}")


def test_a_run_on_which_we_fail_again_and_again_is_held_with_its_reason(world: World) -> None:
    daemon = world.daemon(OWN_FAULTS_MAX="3")
    world.submit()
    world.step(daemon, dispatch.run_once)
    break_writes(world, "camber_runs", "NEW.state = 'queued'")

    counts = [world.step(daemon, watch.run_once) for _ in range(3)]

    assert [dict(one) for one in counts] == [{"error": 1}, {"error": 1}, {"held": 1}]
    assert world.one("SELECT state FROM camber_runs") == "held"
    assert "ProgrammingError" in world.one("SELECT reason_text FROM camber_runs")
    assert world.one("SELECT count(*) FROM camber_runs WHERE lease_owner IS NOT NULL") == 0
    assert world.one("SELECT reason FROM job_events WHERE kind = 'run_held'") is not None
    assert not world.step(daemon, watch.run_once)


def test_a_run_that_failed_us_is_left_alone_for_longer_each_time(world: World) -> None:
    daemon = world.daemon(OWN_FAULTS_MAX="9", BACKOFF_BASE_SECONDS="100", BACKOFF_MAX_SECONDS="100")
    world.submit()
    world.step(daemon, dispatch.run_once)
    break_writes(world, "camber_runs", "NEW.state = 'queued'")

    for _ in range(3):
        world.step(daemon, watch.run_once)

    # At least a tenth of the base, doubled twice: never a busy loop.
    assert world.one("SELECT extract(epoch FROM next_poll_at - now()) FROM camber_runs") > 35
    assert world.one("SELECT lease_owner FROM camber_runs") is None


def test_one_run_that_fails_us_stops_no_other(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="4", BATCH_MAX="1")
    jobs = [world.submit() for _ in range(3)]
    world.step(daemon, dispatch.run_once)
    break_writes(world, "camber_runs", f"NEW.camber_job_id = {FIRST_ID}")
    for number in world.camber_jobs():
        world.work(number)

    for _ in range(4):
        world.step(daemon, watch.run_once, collect.run_once)

    assert sorted(world.status(job) for job in jobs) == ["completed", "completed", "processing"]


def test_one_run_that_cannot_move_on_stops_none_that_the_list_shows_with_it(world: World) -> None:
    """What one list shows is written in one transaction: a run that breaks it must not keep the others back."""
    daemon = world.daemon(RUN_SLOTS="3", BATCH_MAX="1", OWN_FAULTS_MAX="1")
    for _ in range(3):
        world.submit()
    world.step(daemon, dispatch.run_once)
    break_writes(world, "camber_runs", f"NEW.camber_job_id = {FIRST_ID} AND NEW.state <> 'held'")

    counts = world.step(daemon, watch.run_once)

    assert dict(counts) == {"seen_queued": 2, "held": 1}
    assert world.one("SELECT string_agg(state, ' ' ORDER BY camber_job_id) FROM camber_runs") == "held queued queued"


def test_a_held_run_that_was_released_is_adopted_again_and_finished(world: World) -> None:
    daemon, job = world.daemon(OWN_FAULTS_MAX="1"), world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    break_writes(world, "camber_runs", "NEW.state = 'collecting'")
    world.step(daemon, watch.run_once)
    assert world.one("SELECT state FROM camber_runs") == "held"
    mend(world, "camber_runs")

    world.release_run()
    for _ in range(3):
        world.step(daemon)

    assert world.status(job) == "completed"
    assert world.camber_jobs() == [FIRST_ID]


def test_a_document_on_which_we_fail_is_held_and_its_neighbours_are_finished(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = world.daemon(RUN_SLOTS="1", OWN_FAULTS_MAX="2")
    jobs = [world.submit() for _ in range(3)]
    world.step(daemon, dispatch.run_once)
    world.work()

    def failing(objects: ObjectStore, attempt: Assigned, outcome: Succeeded) -> Proven | Unproven:
        if attempt.job_id == jobs[1]:
            raise KeyError("a bug")
        return verify(objects, attempt, outcome)

    monkeypatch.setattr("reconciler.loop.settle.verify", failing)
    for _ in range(3):
        world.step(daemon, watch.run_once, collect.run_once)

    assert [world.status(job) for job in jobs] == ["completed", "pending", "completed"]
    assert "KeyError" in world.one("SELECT held_reason FROM jobs WHERE id = :id", id=jobs[1])
    assert world.one("SELECT platform_faults + attempt_count FROM jobs WHERE id = :id", id=jobs[1]) == 0
    assert world.one("SELECT state FROM camber_runs") == "finished"


def test_a_verdict_that_cannot_be_written_is_held_and_its_neighbours_are_finished(world: World) -> None:
    """All verdicts of a log are written in one transaction: one that breaks it must not take the others along."""
    daemon = world.daemon(RUN_SLOTS="1", OWN_FAULTS_MAX="2")
    jobs = [world.submit() for _ in range(3)]
    world.step(daemon, dispatch.run_once)
    break_writes(world, "documents", f"NEW.job_id = '{jobs[1]}'", "INSERT")
    world.work()

    for _ in range(3):
        world.step(daemon, watch.run_once, collect.run_once)

    assert [world.status(job) for job in jobs] == ["completed", "pending", "completed"]
    assert "ProgrammingError" in world.one("SELECT held_reason FROM jobs WHERE id = :id", id=jobs[1])
    assert world.one("SELECT state FROM camber_runs") == "finished"
    assert world.one("SELECT attempts_settled FROM camber_runs") == 3


def test_a_row_that_cannot_be_planned_is_held_and_the_rest_of_its_batch_goes(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="1", OWN_FAULTS_MAX="2")
    jobs = [world.submit() for _ in range(5)]
    break_writes(world, "job_attempts", f"NEW.job_id = '{jobs[2]}'", "INSERT")

    for _ in range(7):
        world.step(daemon, dispatch.run_once)
        for number in world.camber_jobs():
            if not (world.camber_job(number) / "log").exists():
                world.work(number)
        world.step(daemon, watch.run_once, collect.run_once)

    assert {world.status(job) for job in jobs if job != jobs[2]} == {"completed"}
    assert world.status(jobs[2]) == "pending"
    assert "ProgrammingError" in world.one("SELECT held_reason FROM jobs WHERE id = :id", id=jobs[2])


def test_a_database_that_is_away_spends_no_budget(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = world.daemon(OWN_FAULTS_MAX="1")
    world.submit()
    world.step(daemon, dispatch.run_once)

    def dying(_: object) -> dict[str, object]:
        """The pool looks before it lends, so the connection must die within the transaction."""
        world.execute(_KILL)
        return _NOTHING

    monkeypatch.setattr("reconciler.store.runs._sighted", dying)
    counts = world.step(daemon, watch.run_once)

    assert counts["database_away"] == 1
    assert world.one("SELECT own_faults FROM camber_runs") == 0
    assert world.one("SELECT state FROM camber_runs") == "submitted"


_KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'reconciler daemon' AND datname = current_database()"
)
_NOTHING: dict[str, object] = dict.fromkeys(
    ("camber_status", "camber_created_at", "camber_started_at", "camber_finished_at")
) | {"seen": False}


def test_a_fault_while_launching_leaves_no_twin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own exception right after create is as good as a lost reply."""
    daemon, job = world.daemon(), world.submit()
    with monkeypatch.context() as patched:
        patched.setattr(launching, "_submitted", _explode)
        assert world.step(daemon, dispatch.run_once)["error"] == 1
    assert world.one("SELECT state FROM camber_runs") == "launching"

    world.step(daemon)
    world.step(daemon)
    world.work()
    world.step(daemon)

    assert world.status(job) == "completed"
    assert world.camber_jobs() == [FIRST_ID]


def _explode(*_: object) -> str:
    raise ZeroDivisionError


def test_a_rerun_gives_a_held_job_a_fresh_budget(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon, job = world.daemon(OWN_FAULTS_MAX="1"), world.submit()
    with monkeypatch.context() as patched:
        patched.setattr("reconciler.loop.inputs.payload_of", _explode)
        world.step(daemon, dispatch.run_once)
    held: UUID = world.one("SELECT id FROM jobs WHERE held_reason LIKE '%ZeroDivisionError%'")
    assert held == job

    world.execute("UPDATE jobs SET rerun_requested = true")
    world.step(daemon)

    assert world.status(job) == "processing"
    assert world.one("SELECT own_faults FROM jobs") == 0


def test_a_pass_that_breaks_off_holds_on_to_no_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is renewed: nobody would look at these runs again until the daemon ends."""
    daemon = world.daemon(RUN_SLOTS="2", BATCH_MAX="1")
    world.submit(), world.submit()
    world.step(daemon, dispatch.run_once)

    def be_away(*_: object) -> None:
        raise OperationalError("UPDATE", None, Exception())

    monkeypatch.setattr("reconciler.loop.glance.notice", be_away)
    with pytest.raises(OperationalError):
        world.step(daemon, watch.run_once)

    assert daemon.leases.held() == set()


def test_a_verdict_that_cannot_be_written_meanwhile_keeps_its_run_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts are written while others are still judged: one that was not must not be forgotten with the run's end."""
    monkeypatch.setattr("reconciler.loop.harvest.TOGETHER_MAX", 1)
    daemon = world.daemon(RUN_SLOTS="1", OWN_FAULTS_MAX="2")
    jobs = [world.submit() for _ in range(3)]
    world.step(daemon, dispatch.run_once)
    break_writes(world, "documents", f"NEW.job_id = '{jobs[1]}'", "INSERT")
    world.work()

    world.step(daemon, watch.run_once, collect.run_once)
    assert [world.status(job) for job in jobs] == ["completed", "processing", "completed"]
    assert world.one("SELECT state FROM camber_runs") == "collecting"
    world.step(daemon, collect.run_once)

    assert "ProgrammingError" in world.one("SELECT held_reason FROM jobs WHERE id = :id", id=jobs[1])
    world.step(daemon, collect.run_once)
    assert world.one("SELECT state FROM camber_runs") == "finished"


def test_a_run_that_somebody_locks_keeps_no_other_from_being_written(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="2", BATCH_MAX="1")
    world.submit(), world.submit()
    world.step(daemon, dispatch.run_once)
    world.make_due()
    impatience = "SET LOCAL lock_timeout = '100ms'"
    event.listen(daemon.engine, "begin", lambda connection: connection.execute(text(impatience)))

    def lock(point: str) -> None:
        if point == "watch.list.after":
            locker.execute(text("SELECT id FROM camber_runs WHERE camber_job_id = :id FOR UPDATE"), {"id": FIRST_ID})

    with world.engine.begin() as locker:
        observe(lock)
        try:
            counts = watch.run_once(daemon)
        finally:
            observe(None)

    assert counts["seen_queued"] == 1
    assert world.one("SELECT string_agg(state, ' ' ORDER BY camber_job_id) FROM camber_runs") == "submitted queued"
