"""What the views say."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from reconciler.store import jobs
from tests.store.builders import OTHER, USER, add_job, add_run, assign, complete, put_run, run_sql

VIEWS = (
    "lingering_runs",
    "job_overview",
    "why_waiting",
    "stuck_jobs",
    "run_overview",
    "queue_health",
    "cost_daily",
    "cost_daily_by_user",
    "waiting_jobs",
    "undecided_launches",
)


def beat(connection: Connection, age: str = "0 s") -> None:
    """A daemon that gave a sign so long ago."""
    sql = (
        "INSERT INTO daemons (id, host, pid, version, heartbeat_at)"
        " VALUES (gen_random_uuid(), 'h', 1, '1', now() - CAST(:age AS interval))"
    )
    run_sql(connection, sql, age=age)


def trip(connection: Connection, dependency: str) -> None:
    sql = (
        "INSERT INTO breakers (dependency, state, reason, opened_at, retry_at)"
        " VALUES (:dependency, 'open', 'no answer', now(), now() + interval '1 minute')"
    )
    run_sql(connection, sql, dependency=dependency)


def in_run(state: str) -> Callable[[Connection, UUID], None]:
    """Puts the job into a run in that state."""

    def act(connection: Connection, job: UUID) -> None:
        run = add_run(connection)
        assign(connection, job, run)
        put_run(connection, run, state)

    return act


def set_to(columns: str) -> Callable[[Connection, UUID], None]:
    """Writes columns of the job."""

    def act(connection: Connection, job: UUID) -> None:
        run_sql(connection, f"UPDATE jobs SET {columns} WHERE id = :id", id=job)  # noqa: S608 - nothing from outside

    return act


def after_an_undecided_launch(connection: Connection, job: UUID) -> None:
    in_run("unknown")(connection, job)
    run_sql(connection, "UPDATE job_attempts SET state = 'superseded', finished_at = now()")
    run_sql(connection, "UPDATE jobs SET status = 'pending', current_attempt_id = NULL")


LATER = "available_at = now() + interval '1 minute'"
REASONS: dict[str, tuple[Callable[[Connection, UUID], None], str]] = {
    "held": (set_to("held_reason = 'too many faults'"), "held: too many faults (by ops: maria, "),
    "run_held": (in_run("held"), "its run is held for an operator: because"),
    "requested": (set_to("rerun_requested = true"), "a rerun was requested"),
    "launching": (in_run("launching"), "its run is being launched"),
    "launch_unknown": (in_run("unknown"), "the reply to its launch was lost"),
    "queued": (in_run("queued"), "waits in Camber's queue"),
    "running": (in_run("running"), "is running: 0 of 1 documents are settled"),
    "collecting": (in_run("collecting"), "is over: its results or a late log are awaited"),
    "run_over": (in_run("finished"), "its run is finished and carries it no more"),
    "upload": (set_to(f"waiting_reason = 'waiting for upload', {LATER}"), "waiting for upload"),
    "backing_off": (
        set_to(f'error_details = \'{{"code": "FETCH_FAILED"}}\', {LATER}'),
        "backing off after FETCH_FAILED",
    ),
    "not_before": (set_to(f"waiting_reason = 'the store refuses', {LATER}"), "the store refuses"),
    "older_launch": (after_an_undecided_launch, "an earlier launch of it is not decided yet"),
    "no_recipients": (lambda connection, _: trip(connection, "recipients"), "AGE_RECIPIENTS is not set"),
    "breaker_open": (lambda connection, _: trip(connection, "camber"), "left alone while it fails: camber (no answer)"),
    "budget": (lambda connection, _: trip(connection, "budget"), "no answer"),
    "turn": (lambda _, __: None, "waiting for its turn: 0 runs hold slots, 1 jobs are waiting"),
}


@pytest.mark.parametrize("code", REASONS)
def test_a_job_that_does_not_move_has_one_reason(connection: Connection, code: str) -> None:
    act, says = REASONS[code]
    beat(connection)
    run_sql(connection, "SELECT set_config('app.actor', 'ops: maria', true)")
    job = add_job(connection)
    act(connection, job)

    (row,) = connection.execute(text("SELECT * FROM why_waiting")).mappings().all()

    assert (job, code) == (row["job_id"], row["code"])
    assert says in row["reason"]
    assert row["since"] is not None


def test_a_job_whose_earlier_launch_is_held_undecided_is_told_that_an_operator_comes_first(
    connection: Connection,
) -> None:
    beat(connection)
    job = add_job(connection)
    after_an_undecided_launch(connection, job)
    run_sql(connection, "UPDATE camber_runs SET camber_job_id = NULL")
    run_sql(connection, "UPDATE camber_runs SET state = 'held', next_poll_at = NULL, reason_text = 'why'")

    code, reason = connection.execute(text("SELECT code, reason FROM why_waiting")).one()

    assert code == "older_launch"
    assert "its run is held for an operator" in reason


def test_a_dependency_that_is_being_tried_is_still_the_reason(connection: Connection) -> None:
    beat(connection)
    add_job(connection)
    trip(connection, "login")
    run_sql(connection, "UPDATE breakers SET state = 'half_open'")

    code, reason = connection.execute(text("SELECT code, reason FROM why_waiting")).one()
    assert code == "breaker_open"
    assert "login, which is being tried (no answer)" in reason

    run_sql(connection, "UPDATE breakers SET state = 'open', retry_at = now() - interval '1 minute'")
    assert run_sql(connection, "SELECT code FROM why_waiting") == "breaker_open"
    assert run_sql(connection, "SELECT until FROM why_waiting") is None


@pytest.mark.parametrize("age", [None, "6 minutes"])
def test_without_a_daemon_that_is_the_reason_for_whatever_is_due(connection: Connection, age: str | None) -> None:
    if age:
        beat(connection, age)
    add_job(connection)
    in_run("running")(connection, add_job(connection))
    upload = add_job(connection)
    set_to(f"waiting_reason = 'waiting for upload', {LATER}")(connection, upload)

    codes = connection.execute(text("SELECT job_id = :upload, code FROM why_waiting"), {"upload": upload}).all()

    assert sorted([(False, "no_daemon"), (False, "no_daemon"), (True, "upload")]) == sorted(map(tuple, codes))


def test_a_job_that_is_over_waits_for_nothing(connection: Connection) -> None:
    job = add_job(connection)
    complete(connection, job, assign(connection, job, add_run(connection)))

    assert run_sql(connection, "SELECT count(*) FROM why_waiting") == 0
    assert run_sql(connection, "SELECT has_document FROM job_overview")


def test_stuck_are_those_that_need_a_person_or_are_overdue(connection: Connection) -> None:
    beat(connection)
    add_job(connection)
    held, late = add_job(connection), add_job(connection)
    set_to("held_reason = 'x'")(connection, held)
    in_run("running")(connection, late)
    run_sql(connection, "UPDATE camber_runs SET run_deadline = now() - interval '11 minutes'")

    stuck = connection.execute(text("SELECT job_id, advice FROM stuck_jobs")).all()

    assert {held, late} == {job for job, _ in stuck}
    assert all(advice for _, advice in stuck)


def test_queue_health_counts_what_there_is(connection: Connection) -> None:
    beat(connection)
    trip(connection, "camber")
    add_job(connection)
    set_to(LATER)(connection, add_job(connection))
    set_to("held_reason = 'x'")(connection, add_job(connection))
    in_run("unknown")(connection, add_job(connection))
    job = add_job(connection)
    complete(connection, job, assign(connection, job, add_run(connection)))

    row = connection.execute(text("SELECT * FROM queue_health")).mappings().one()

    expected: dict[str, Any] = {"pending_due": 1, "pending_later": 1, "held": 1, "processing": 1, "runs_unknown": 1}
    expected |= {"completed_last_hour": 1, "failed_last_hour": 0, "breakers_open": 1, "daemons_alive": 1}
    assert expected == {name: row[name] for name in expected}


def test_cost_by_day_counts_runs_documents_and_duplicates_and_says_what_is_not_known(connection: Connection) -> None:
    costed, unknown = add_run(connection, 2), add_run(connection)
    for number, user in enumerate((USER, OTHER)):
        job = add_job(connection, user)
        attempt = assign(connection, job, costed)
        if number == 0:
            complete(connection, job, attempt)
    run_sql(
        connection, "UPDATE camber_runs SET credits = 0.5, created_at = '2026-03-01 23:59+00' WHERE id = :id", id=costed
    )
    run_sql(connection, "UPDATE camber_runs SET created_at = '2026-03-02 00:01+00' WHERE id = :id", id=unknown)
    sighting = "INSERT INTO camber_sightings (backend, account, camber_job_id, run_id, role, credits)"
    run_sql(connection, f"{sighting} VALUES ('camber', 'tester', 9, :id, 'duplicate', 0.25)", id=costed)

    days = connection.execute(text("SELECT * FROM cost_daily ORDER BY day")).mappings().all()
    users = connection.execute(text("SELECT user_id, credits, documents FROM cost_daily_by_user")).all()

    first, second = days
    assert ["2026-03-01", "2026-03-02"] == [str(day["day"]) for day in days]
    assert (1, 1, 2, 1) == (first["runs"], first["documents"], first["attempts"], first["duplicates"])
    assert Decimal("0.75") == first["total_credits"]
    assert (None, 1, 0) == (second["credits"], second["runs_without_cost"], second["total_credits"])
    assert {(USER, Decimal("0.25"), 1), (OTHER, Decimal("0.25"), 0)} == {tuple(row) for row in users}


def test_every_view_and_function_says_what_it_is_for(connection: Connection) -> None:
    silent = connection.execute(
        text(
            "SELECT c.relname, a.attname FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace"
            " AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)"
            " UNION ALL SELECT proname, '' FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL"
        )
    ).all()
    views = connection.scalars(text("SELECT viewname FROM pg_views WHERE schemaname = 'public'")).all()

    assert [] == silent
    assert set(VIEWS) == set(views)


def test_ten_thousand_reruns_and_cancels_are_one_update_each_and_audited(connection: Connection) -> None:
    """In every state, from plain SQL, in the daemon's batches; setting a flag twice is setting it once."""
    job = add_job(connection)
    copy = (
        "INSERT INTO jobs (id, user_id, portal_schema_id, raw_path, mime_type, original_filename)"
        " SELECT gen_random_uuid(), user_id, portal_schema_id, raw_path, mime_type, original_filename"
        " FROM jobs, generate_series(1, 9998) WHERE id = :id"
    )
    run_sql(connection, copy, id=job)
    run_sql(
        connection,
        "UPDATE jobs SET status = 'failed', error_details = '{}', attempt_count = 3, completed_at = now()"
        " WHERE id IN (SELECT id FROM jobs WHERE id <> :id LIMIT 5000)",
        id=job,
    )
    live = add_job(connection)
    run = add_run(connection)
    assign(connection, live, run)

    for _ in range(2):
        run_sql(connection, "UPDATE jobs SET rerun_requested = true, request_reason = 'new limits'")
    done = [jobs.carry_out_requests(connection, "rerun_jobs", 4000) for _ in range(4)]

    assert [4000, 4000, 2000, 0] == [len(batch) for batch in done]
    assert run_sql(connection, "SELECT count(*) FROM jobs WHERE status = 'pending' AND NOT rerun_requested") == 10_000
    assert run_sql(connection, "SELECT sum(attempt_count) FROM jobs") == 0
    assert [run] == [one.run_id for batch in done for one in batch if one.run_id]
    assert run_sql(connection, "SELECT state FROM job_attempts") == "superseded"
    asked = "SELECT count(*) FROM job_events WHERE kind = 'rerun_requested' AND reason = 'new limits'"
    assert run_sql(connection, f"{asked} AND session_user_name = session_user") == 10_000
    carried = (
        "SELECT count(*) FROM job_events WHERE kind = 'status' AND new_status = 'pending' AND reason = 'new limits'"
    )
    assert run_sql(connection, carried) == 5001

    run_sql(connection, "UPDATE jobs SET cancel_requested = true")
    done = [jobs.carry_out_requests(connection, "cancel_jobs", 6000) for _ in range(2)]
    assert [6000, 4000] == [len(batch) for batch in done]
    assert (
        run_sql(connection, "SELECT count(*) FROM jobs WHERE status = 'cancelled' AND NOT cancel_requested") == 10_000
    )
