"""What each role may do, and what not: as logins that are members of one role, and as an owner who is no superuser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from psycopg import Error
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from reconciler.local.postgres import UNSAFE_BUT_FAST, running_cluster
from reconciler.store import migrate, standing
from reconciler.store.tables import metadata
from tests.database import Databases
from tests.store.builders import OTHER, USER, add_job, add_run, add_schema, assign, complete, put_run, run_sql


@contextmanager
def logged_in(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def operator(databases: Databases, database_url: str) -> Iterator[Connection]:
    with logged_in(databases.login(database_url, "reconciler_operator")) as connection:
        yield connection


@pytest.fixture
def reader(databases: Databases, database_url: str) -> Iterator[Connection]:
    with logged_in(databases.login(database_url, "reconciler_reader")) as connection:
        yield connection


@pytest.fixture
def daemon(databases: Databases, database_url: str) -> Iterator[Connection]:
    with logged_in(databases.login(database_url, "reconciler_daemon")) as connection:
        yield connection


@pytest.fixture
def api(databases: Databases, database_url: str) -> Iterator[Connection]:
    with logged_in(databases.login(database_url, "reconciler_api")) as connection:
        act_as(connection, USER)
        yield connection


def act_as(connection: Connection, user: UUID) -> None:
    run_sql(connection, "SELECT set_config('request.jwt.claims', :claims, true)", claims=f'{{"sub": "{user}"}}')


def refusal(connection: Connection, sql: str, **values: object) -> str:
    """The message of a statement that must fail; the transaction goes on."""
    with pytest.raises(DBAPIError) as caught, connection.begin_nested():
        run_sql(connection, sql, **values)
    assert isinstance(caught.value.orig, Error)
    return str(caught.value.orig.diag.message_primary)


def finished_job(engine: Engine, user: UUID = USER) -> UUID:
    with engine.begin() as connection:
        job, run = add_job(connection, user), add_run(connection)
        complete(connection, job, assign(connection, job, run))
    return job


INSERT = (
    "INSERT INTO jobs (id, user_id, portal_schema_id, raw_path, mime_type, original_filename, priority)"
    " SELECT :id, :user, id, 'blobs/x', 'image/png', 'card.png', :priority FROM portal_schemas"
)


def test_no_role_logs_in_or_steps_around_row_security(engine: Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT rolname, rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS mighty"
                " FROM pg_roles WHERE rolname LIKE 'reconciler\\_%'"
            )
        ).all()
        unforced = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
                " AND NOT (relrowsecurity AND relforcerowsecurity)"
            )
        ).all()
        loose = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'"
                " AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)"
            )
        ).all()

    assert {(name, False) for name in migrate.ROLES} == {tuple(row) for row in rows}
    assert ["alembic_version"] == unforced
    assert [] == loose


def test_functions_with_their_owners_rights_have_a_pinned_search_path(connection: Connection) -> None:
    rows = connection.execute(
        text(
            "SELECT proname, array_to_string(proconfig, ' ') FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        )
    ).all()

    functions = {"force_status", "prune_events", "record_job_event", "wake_reconciler"}
    functions |= {"record_run_hold", "tell_product", "remove_jobs", "finish_erasures"}
    assert functions == {name for name, _ in rows}
    assert {"search_path=public, pg_temp"} == {config for _, config in rows}


def test_the_api_inserts_for_its_user_and_wakes_the_daemon(api: Connection, engine: Engine) -> None:
    with engine.begin() as connection:
        add_schema(connection)
    job = uuid4()

    run_sql(api, INSERT, id=job, user=USER, priority=10)
    api.commit()

    with engine.connect() as connection:
        event = connection.execute(text("SELECT kind, jwt_subject, session_user_name FROM job_events")).one()
        assert ("created", str(USER)) == tuple(event)[:2]
        assert event[2].endswith("_api")


def test_the_api_can_name_its_user_by_a_setting_but_not_against_its_token(
    api: Connection, engine: Engine, databases: Databases, database_url: str
) -> None:
    mine, others = finished_job(engine), finished_job(engine, OTHER)
    run_sql(api, "SELECT set_config('app.user_id', :user, true)", user=str(OTHER))
    assert [mine] == list(api.scalars(text("SELECT id FROM jobs")))

    with logged_in(databases.login(database_url, "reconciler_api")) as bare:
        run_sql(bare, "SELECT set_config('app.user_id', :user, true)", user=str(OTHER))
        assert [others] == list(bare.scalars(text("SELECT id FROM jobs")))


@pytest.mark.parametrize("told", ["not-a-uuid", "{}"])
def test_a_user_that_cannot_be_read_is_no_user(api: Connection, engine: Engine, told: str) -> None:
    finished_job(engine)
    run_sql(api, "SELECT set_config('request.jwt.claims', :claims, true)", claims=told)

    if told == "{}":
        assert run_sql(api, "SELECT count(*) FROM jobs") == 0
    else:
        assert "invalid input syntax" in refusal(api, "SELECT count(*) FROM jobs")


def test_the_api_sees_no_rows_of_others_and_none_of_the_machinery(api: Connection, engine: Engine) -> None:
    mine, _ = finished_job(engine), finished_job(engine, OTHER)

    for table, column in (("jobs", "id"), ("documents", "job_id"), ("job_events", "job_id")):
        seen = set(api.scalars(text(f"SELECT {column} FROM {table}")))  # noqa: S608 - nothing from outside
        assert {mine} == seen
    for hidden in (
        "camber_runs",
        "job_attempts",
        "cli_calls",
        "daemons",
        "job_overview",
        "why_waiting",
        "queue_health",
    ):
        assert "permission denied" in refusal(api, f"SELECT * FROM {hidden}")  # noqa: S608 - nothing from outside


def test_without_a_user_the_api_sees_nothing(databases: Databases, database_url: str, engine: Engine) -> None:
    finished_job(engine)

    with logged_in(databases.login(database_url, "reconciler_api")) as nobody:
        assert run_sql(nobody, "SELECT count(*) FROM jobs") == 0


def test_the_api_can_neither_write_a_status_nor_act_for_others(api: Connection, engine: Engine) -> None:
    job = finished_job(engine)

    assert "user_id is the acting user" in refusal(api, INSERT, id=uuid4(), user=OTHER, priority=0)
    assert "priority is at most 10" in refusal(api, INSERT, id=uuid4(), user=USER, priority=11)
    for change in (
        "UPDATE jobs SET status = 'pending'",
        "UPDATE jobs SET rerun_requested = true",
        "DELETE FROM jobs",
        "INSERT INTO jobs (user_id, status) SELECT user_id, 'completed' FROM jobs",
        "INSERT INTO jobs (user_id, max_attempts) SELECT user_id, 99 FROM jobs",
        "INSERT INTO job_events (job_id, kind) SELECT id, 'created' FROM jobs",
        "UPDATE documents SET stale = true",
        "SELECT prune_events(864000, 10)",
        "SELECT apply_access()",
    ):
        assert "permission denied" in refusal(api, change)
    assert "permission denied" in refusal(api, "SELECT force_status(:job, 'failed', 'why')", job=job)


def test_an_operator_sets_flags_forces_and_reads(operator: Connection, engine: Engine) -> None:
    job = finished_job(engine)

    run_sql(operator, "UPDATE jobs SET rerun_requested = true, request_reason = 'looked wrong'")
    assert run_sql(operator, "SELECT force_status(:job, 'cancelled', 'no longer wanted')", job=job) == "completed"
    for view in ("job_overview", "why_waiting", "stuck_jobs", "run_overview", "queue_health", "cost_daily"):
        operator.execute(text(f"SELECT * FROM {view}")).all()  # noqa: S608 - nothing from outside
    run_sql(operator, "SELECT set_config('app.forced_job', :job, true)", job=str(job))
    run_sql(operator, "SELECT count(*) FROM owed_signals")
    for change in (
        "SELECT original_filename FROM jobs",
        "SELECT raw_path FROM jobs",
        "SELECT options FROM jobs",
        "SELECT canonical_output FROM documents",
        "SELECT result FROM job_attempts",
        "SELECT log_tail FROM camber_runs",
        "SELECT stdout FROM cli_calls",
        "SELECT stderr FROM cli_calls",
        "SELECT payload FROM outbox",
        "DELETE FROM owed_signals",
        "UPDATE camber_runs SET released_at = NULL",
        "UPDATE jobs SET status = 'failed'",
        "UPDATE jobs SET user_id = gen_random_uuid()",
        "UPDATE jobs SET priority = 100",
        "DELETE FROM jobs",
        "INSERT INTO camber_runs DEFAULT VALUES",
        "UPDATE job_attempts SET state = 'failed'",
        "UPDATE documents SET stale = true",
        "DELETE FROM job_events",
        "SELECT prune_events(864000, 10)",
    ):
        assert "permission denied" in refusal(operator, change)


def test_an_operator_who_could_read_everything_can_no_longer_do_so_after_the_migration(
    empty_database_url: str, databases: Databases
) -> None:
    """Rights to whole tables that an older version gave must be taken back, not only no longer given."""
    migrate.upgrade(empty_database_url, "0014")
    with logged_in(databases.login(empty_database_url, "reconciler_operator")) as operator:
        assert run_sql(operator, "SELECT count(stdout) FROM cli_calls") == 0
    migrate.upgrade(empty_database_url)

    with logged_in(databases.login(empty_database_url, "reconciler_operator")) as operator:
        assert "permission denied" in refusal(operator, "SELECT count(stdout) FROM cli_calls")
        assert run_sql(operator, "SELECT count(outcome) FROM cli_calls") == 0


def test_an_operator_holds_runs_and_decides_held_ones_and_makes_no_other_move(
    operator: Connection, engine: Engine
) -> None:
    with engine.begin() as connection:
        held, running, launching, over = (add_run(connection) for _ in range(4))
        for run, state in ((held, "held"), (running, "running"), (launching, "launching"), (over, "finished")):
            put_run(connection, run, state)
    move = "UPDATE camber_runs SET state = :state, next_poll_at = :at, reason_text = 'y' WHERE id = :id"
    now = datetime.now(UTC)

    assert "only a held run is decided by hand" in refusal(operator, move, state="abandoned", at=now, id=running)
    assert "illegal transition" in refusal(operator, move, state="running", at=now, id=held)
    assert operator.execute(text(move), {"state": "held", "at": None, "id": launching}).rowcount == 0
    assert operator.execute(text(move), {"state": "held", "at": None, "id": over}).rowcount == 0
    assert operator.execute(text(move), {"state": "held", "at": None, "id": running}).rowcount == 1
    assert operator.execute(text(move), {"state": "unknown", "at": now, "id": held}).rowcount == 1


def test_a_reader_reads_the_views_and_neither_names_nor_texts(reader: Connection, engine: Engine) -> None:
    finished_job(engine)

    for view in ("job_overview", "why_waiting", "stuck_jobs", "run_overview", "queue_health", "cost_daily"):
        reader.execute(text(f"SELECT * FROM {view}")).all()  # noqa: S608 - nothing from outside
    assert run_sql(reader, "SELECT count(*) FROM job_overview") == 1
    for hidden in (
        "SELECT original_filename FROM jobs",
        "SELECT canonical_output FROM documents",
        "SELECT stdout FROM cli_calls",
        "SELECT result FROM job_attempts",
        "SELECT log_tail FROM camber_runs",
        "UPDATE jobs SET rerun_requested = true",
        "SELECT force_status(gen_random_uuid(), 'failed', 'why')",
    ):
        assert "permission denied" in refusal(reader, hidden)


def test_the_daemon_may_not_do_what_it_never_needs(daemon: Connection, engine: Engine) -> None:
    """That it may do what it needs is shown by every test of the loop: their daemons log in like this."""
    finished_job(engine)

    for change in (
        "UPDATE jobs SET user_id = gen_random_uuid()",
        "UPDATE jobs SET raw_path = 'elsewhere'",
        "INSERT INTO jobs (user_id) VALUES (gen_random_uuid())",
        "DELETE FROM jobs",
        "DELETE FROM documents",
        "DELETE FROM job_attempts",
        "INSERT INTO job_events (job_id, kind) VALUES (gen_random_uuid(), 'created')",
        "DELETE FROM job_events",
        "INSERT INTO portal_schemas (name, version, definition) VALUES ('x', 1, '{}')",
        "UPDATE legal_transitions SET new_state = 'completed'",
        "SELECT force_status(gen_random_uuid(), 'failed', 'why')",
    ):
        assert "permission denied" in refusal(daemon, change)
    assert run_sql(daemon, "SELECT prune_events(864000, 10)") == 0


@pytest.mark.parametrize("may_create_roles", [True, False])
def test_an_owner_who_is_no_superuser_migrates_and_is_held_to_the_policies(
    databases: Databases,
    may_create_roles: bool,  # noqa: FBT001 - given by parametrize
) -> None:
    with databases.owned(may_create_roles=may_create_roles) as url:
        migrate.upgrade(url)
        assert migrate.apply_access(url) == []
        migrate.check(url)
        with logged_in(url) as owner:
            job = add_job(owner)
            assert run_sql(owner, "SELECT count(*) FROM jobs") == 1
            assert "append-only" in refusal(owner, "DELETE FROM job_events")
            assert "row-level security" in refusal(
                owner, "INSERT INTO legal_transitions VALUES ('job', 'completed', 'x', 'failed')"
            )
            run_sql(owner, "SELECT force_status(:job, 'cancelled', 'no longer wanted')", job=job)
            assert "illegal transition" in refusal(owner, "UPDATE jobs SET status = 'failed', error_details = '{}'")
            for table in set(metadata.tables) - {"job_events", "legal_transitions"}:
                policies = run_sql(
                    owner, "SELECT count(*) FROM pg_policies WHERE tablename = :t AND policyname = 'owner'", t=table
                )
                assert policies == 1
            owner.commit()
        assert migrate.downgrade(url, "0010")[1] == "0010"
        assert migrate.upgrade(url)[1] == standing.newest()


def test_a_migrator_that_may_not_create_roles_goes_on_and_says_what_to_run(tmp_path: Path) -> None:
    """On a server of its own: roles belong to a server, and the one of the other tests has them."""
    with running_cluster(tmp_path, settings=UNSAFE_BUT_FAST) as cluster, logged_in(cluster.url()) as admin:
        admin.execution_options(isolation_level="AUTOCOMMIT")
        run_sql(admin, "CREATE ROLE plain LOGIN PASSWORD 'plain'")
        run_sql(admin, "CREATE DATABASE plain OWNER plain")
        plain = make_url(cluster.url("plain")).set(username="plain", password="plain")
        url = plain.render_as_string(hide_password=False)

        assert migrate.upgrade(url) == (None, standing.newest())
        assert migrate.apply_access(url) == list(migrate.ROLES)
        for line in migrate.roles_script().splitlines():
            run_sql(admin, line.partition("--")[0] or "SELECT 1")
        assert migrate.apply_access(url) == []
        with logged_in(url) as owner:
            assert run_sql(owner, "SELECT has_table_privilege('reconciler_reader', 'why_waiting', 'SELECT')")
            assert run_sql(owner, "SELECT count(*) FROM pg_policies WHERE policyname = 'daemon changes'") > 0
