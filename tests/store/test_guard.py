"""The schema as a guard: no illegal move, no changed history, one audited way past the table."""

from uuid import UUID, uuid4

import pytest
from psycopg import Error
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from reconciler.domain.states import AttemptState, JobStatus, RunState
from reconciler.domain.transitions import ATTEMPT_TRANSITIONS, JOB_TRANSITIONS, RUN_TRANSITIONS
from reconciler.store.tables import metadata
from tests.store.builders import USER, add_job, add_run, assign, complete, pretend, put_job, put_run, run_sql


def refused(connection: Connection, sql: str, **values: object) -> Error:
    """The error of a statement that must fail; the transaction goes on."""
    with pytest.raises(DBAPIError) as caught, connection.begin_nested():
        run_sql(connection, sql, **values)
    assert isinstance(caught.value.orig, Error)
    return caught.value.orig


def test_the_table_in_the_database_is_that_of_the_code(connection: Connection) -> None:
    tables = {"job": JOB_TRANSITIONS, "run": RUN_TRANSITIONS, "attempt": ATTEMPT_TRANSITIONS}

    rows = connection.execute(text("SELECT subject, old_state, event, new_state FROM legal_transitions")).all()

    expected = {
        (subject, str(state), str(event), str(target))
        for subject, table in tables.items()
        for (state, event), target in table.items()  # type: ignore[attr-defined] # mypy joins the three key types
    }
    assert expected == {tuple(row) for row in rows}


@pytest.mark.parametrize("old", JobStatus)
def test_a_job_moves_only_as_the_table_says(connection: Connection, old: JobStatus) -> None:
    legal = {target for (state, _), target in JOB_TRANSITIONS.items() if state is old} | {old}
    job = add_job(connection)
    put_job(connection, job, old)

    for new in JobStatus:
        sql = (
            f"UPDATE jobs SET status = '{new}', started_at = now(), error_details = '{{}}',"  # noqa: S608 - an enum
            f" completed_at = CASE WHEN '{new}' IN ('completed', 'failed', 'cancelled') THEN now() END,"
            f" current_attempt_id = CASE WHEN '{new}' <> 'pending' THEN gen_random_uuid() END"
        )
        if new in legal:
            with connection.begin_nested() as moved:
                run_sql(connection, sql)
                moved.rollback()
        else:
            error = refused(connection, sql)
            assert error.sqlstate == "RQ001"
            assert error.diag.message_primary == f"illegal transition: job {job} cannot go from {old} to {new}"
            assert "rerun_requested = true" in (error.diag.message_hint or "")


@pytest.mark.parametrize("old", RunState)
def test_a_run_moves_only_as_the_table_says(connection: Connection, old: RunState) -> None:
    legal = {target for (state, _), target in RUN_TRANSITIONS.items() if state is old} | {old}
    run = add_run(connection)
    put_run(connection, run, old)

    for new in RunState:
        sql = (
            f"UPDATE camber_runs SET state = '{new}',"  # noqa: S608 - an enum
            f" finished_at = CASE WHEN '{new}' = 'finished' THEN now() END,"
            f" next_poll_at = CASE WHEN '{new}' NOT IN ('finished', 'held') THEN now() END"
        )
        if new in legal:
            with connection.begin_nested() as moved:
                run_sql(connection, sql)
                moved.rollback()
        else:
            assert refused(connection, sql).sqlstate == "RQ001"


@pytest.mark.parametrize("settled", [state for state in AttemptState if state is not AttemptState.ASSIGNED])
def test_an_attempt_is_settled_once(connection: Connection, settled: AttemptState) -> None:
    job, run = add_job(connection), add_run(connection)
    attempt = assign(connection, job, run)
    settle = f"UPDATE job_attempts SET state = '{settled}', result = '{{}}', error = '{{}}', finished_at = now()"  # noqa: S608
    run_sql(connection, settle)

    for other in set(AttemptState) - {settled}:
        ended = "NULL" if other is AttemptState.ASSIGNED else "now()"
        error = refused(connection, f"UPDATE job_attempts SET state = '{other}', finished_at = {ended}")  # noqa: S608
        assert error.sqlstate == "RQ001"
        assert str(attempt) in (error.diag.message_primary or "")


def test_nothing_is_born_in_the_middle_of_its_life(connection: Connection) -> None:
    add_job(connection)
    copy = "INSERT INTO jobs (user_id, portal_schema_id, raw_path, mime_type, original_filename, status, completed_at)"

    error = refused(
        connection,
        f"{copy} SELECT user_id, portal_schema_id, 'x', 'x', 'x', 'cancelled', now() FROM jobs",  # noqa: S608
    )

    assert error.sqlstate == "RQ001"
    assert error.diag.message_primary == "illegal transition: a new job must be pending"


def test_the_checks_in_the_database_are_those_in_the_code(connection: Connection) -> None:
    named = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if str(constraint.name).startswith("ck_")
    }

    found = connection.execute(
        text("SELECT conname, convalidated FROM pg_constraint WHERE contype = 'c' AND conname LIKE 'ck\\_%'")
    ).all()

    assert {(name, True) for name in named} == {tuple(row) for row in found}


@pytest.mark.parametrize(
    "nonsense",
    [
        "current_attempt_id = gen_random_uuid()",
        "status = 'processing', current_attempt_id = gen_random_uuid()",
        "completed_at = now()",
        "attempt_count = -1",
        "max_attempts = 0",
    ],
)
def test_times_and_findings_belong_to_states(connection: Connection, nonsense: str) -> None:
    add_job(connection)

    with pytest.raises(IntegrityError):
        run_sql(connection, f"UPDATE jobs SET {nonsense}")  # noqa: S608 - nothing from outside


@pytest.mark.parametrize(
    "change", ["UPDATE job_events SET reason = 'x'", "DELETE FROM job_events", "TRUNCATE job_events"]
)
def test_history_is_append_only_for_everyone(connection: Connection, change: str) -> None:
    add_job(connection)
    run_sql(connection, "SELECT set_config('app.pruning_events', 'off', true)")

    error = refused(connection, change)

    assert error.sqlstate == "RQ002"
    assert "prune_events" in (error.diag.message_hint or "")
    assert run_sql(connection, "SELECT count(*) FROM job_events") == 1


def test_pruning_takes_old_events_of_jobs_that_are_over_and_no_others(connection: Connection) -> None:
    alive, over, young = add_job(connection), add_job(connection), add_job(connection)
    for job in (over, young):
        run_sql(connection, "UPDATE jobs SET status = 'cancelled', completed_at = now() WHERE id = :id", id=job)
    pretend(connection, "UPDATE job_events SET at = now() - interval '9 days' WHERE job_id <> :id", id=young)

    assert run_sql(connection, "SELECT prune_events(8 * 86400, 1)") == 1
    assert run_sql(connection, "SELECT prune_events(8 * 86400, 100)") == 1
    left = connection.execute(text("SELECT job_id, count(*) FROM job_events GROUP BY job_id")).all()
    assert {(alive, 1), (young, 2)} == {tuple(row) for row in left}
    assert refused(connection, "SELECT prune_events(3600, 10)").sqlstate == "RQ002"
    assert refused(connection, "DELETE FROM job_events").sqlstate == "RQ002"


def force(connection: Connection, job: UUID | None, status: str | None, reason: str | None) -> str:
    sql = "SELECT force_status(CAST(:job AS uuid), :status, :reason)"
    return str(run_sql(connection, sql, job=job, status=status, reason=reason))


def test_a_forced_job_is_fenced_and_audited(connection: Connection) -> None:
    job, run = add_job(connection), add_run(connection)
    assign(connection, job, run)
    run_sql(connection, "SELECT set_config('app.actor', 'ops: maria', true)")

    assert force(connection, job, "failed", "the portal closed") == "processing"
    row = connection.execute(text("SELECT status, error_details ->> 'message', completed_at FROM jobs")).one()
    assert ("failed", "the portal closed") == tuple(row)[:2]
    assert run_sql(connection, "SELECT state FROM job_attempts") == "superseded"
    event = connection.execute(text("SELECT * FROM job_events ORDER BY id DESC LIMIT 1")).mappings().one()
    assert ("forced", "processing", "failed") == (event["kind"], event["old_status"], event["new_status"])
    assert ("the portal closed", "ops: maria") == (event["reason"], event["actor"])


def test_force_goes_where_the_table_does_not_and_leaves_the_guard_standing(connection: Connection) -> None:
    job = add_job(connection)
    run_sql(connection, "UPDATE jobs SET status = 'cancelled', completed_at = now()")

    force(connection, job, "failed", "it was no cancel")

    assert run_sql(connection, "SELECT status FROM jobs") == "failed"
    assert refused(connection, "UPDATE jobs SET status = 'cancelled'").sqlstate == "RQ001"


def test_a_job_forced_to_be_pending_starts_afresh_and_one_forced_to_be_complete_has_its_document(
    connection: Connection,
) -> None:
    job, run = add_job(connection), add_run(connection)
    attempt = assign(connection, job, run)
    complete(connection, job, attempt)

    force(connection, job, "pending", "again")
    fresh = connection.execute(text("SELECT completed_at, current_attempt_id, attempt_count FROM jobs")).one()
    assert (None, None, 0) == tuple(fresh)

    force(connection, job, "completed", "the document was right")
    assert run_sql(connection, "SELECT current_attempt_id FROM jobs") == attempt


@pytest.mark.parametrize(
    ("status", "reason", "says"),
    [
        ("failed", "", "a reason is needed"),
        ("failed", "  ", "a reason is needed"),
        ("failed", None, "a reason is needed"),
        ("done", "why", "cannot be forced to done"),
        ("processing", "why", "cannot be forced to processing"),
        (None, "why", "cannot be forced to NULL"),
        ("pending", "why", "is pending already"),
        ("completed", "why", "has no document"),
    ],
    ids=["empty", "blank", "null", "unknown", "processing", "no-status", "same", "no-document"],
)
def test_force_refuses_with_one_clear_error(
    connection: Connection, status: str | None, reason: str | None, says: str
) -> None:
    job = add_job(connection)

    error = refused(
        connection, "SELECT force_status(:job, :status, CAST(:reason AS text))", job=job, status=status, reason=reason
    )

    assert error.sqlstate == "RQ003"
    assert says in (error.diag.message_primary or "")
    assert error.diag.message_hint
    assert run_sql(connection, "SELECT status FROM jobs") == "pending"


def test_force_names_a_job_that_is_not_there(connection: Connection) -> None:
    missing = uuid4()

    error = refused(connection, "SELECT force_status(:job, 'failed', 'why')", job=missing)

    assert f"there is no job {missing}" in (error.diag.message_primary or "")


def test_the_history_names_who_acted_for_whom_with_what_and_why(connection: Connection) -> None:
    add_job(connection)
    run_sql(connection, "SELECT set_config('request.jwt.claims', :claims, true)", claims=f'{{"sub": "{USER}"}}')
    run_sql(
        connection, "SELECT set_config('app.actor', 'ops: maria', true), set_config('application_name', 'psql', true)"
    )
    run_sql(connection, "SET LOCAL ROLE reconciler_operator")
    run_sql(connection, "UPDATE jobs SET rerun_requested = true, request_reason = 'looked wrong'")
    run_sql(connection, "RESET ROLE")
    run_sql(connection, "UPDATE jobs SET rerun_requested = false, request_reason = NULL")

    asked, cleared = (
        connection.execute(text("SELECT * FROM job_events ORDER BY id DESC LIMIT 2")).mappings().all()[::-1]
    )

    login = run_sql(connection, "SELECT session_user")
    assert ("rerun_requested", "looked wrong", "ops: maria") == (asked["kind"], asked["reason"], asked["actor"])
    assert (login, "reconciler_operator") == (asked["session_user_name"], asked["current_user_name"])
    assert (str(USER), "psql") == (asked["jwt_subject"], asked["application_name"])
    assert ("flags_cleared", "looked wrong", login) == (
        cleared["kind"],
        cleared["reason"],
        cleared["current_user_name"],
    )
