"""Rows for tests of the schema, made as the daemon makes them or, where it says so, past all triggers."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

USER = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")


def run_sql(connection: Connection, sql: str, **values: Any) -> Any:
    """The first column of the first row, if the statement gives rows."""
    done = connection.execute(text(sql), values)
    return done.scalar() if done.returns_rows else None


def add_schema(connection: Connection) -> UUID:
    """The one portal schema of the test."""
    sql = "INSERT INTO portal_schemas (name, version, definition, active) VALUES ('test', 1, '{}', true)"
    run_sql(connection, f"{sql} ON CONFLICT DO NOTHING")
    return UUID(str(run_sql(connection, "SELECT id FROM portal_schemas")))


def add_job(connection: Connection, user: UUID = USER, **columns: Any) -> UUID:
    """A new pending job."""
    row = {"id": uuid4(), "user_id": user, "portal_schema_id": add_schema(connection), "raw_path": f"blobs/{uuid4()}"}
    row |= {"mime_type": "image/png", "original_filename": "card.png"} | columns
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    run_sql(connection, f"INSERT INTO jobs ({names}) VALUES ({places})", **row)  # noqa: S608 - nothing from outside
    return UUID(str(row["id"]))


def add_run(connection: Connection, attempts_total: int = 1) -> UUID:
    """A new planned run."""
    run_id = uuid4()
    sql = (
        "INSERT INTO camber_runs (id, marker, backend, account, state, bundle_hash, stash_path, node_size, command,"
        " attempts_total, next_poll_at) VALUES (:id, CAST(:id AS text), 'camber', 'tester', 'planned', 'x', 'x', 'x',"
        " 'x', :attempts_total, now())"
    )
    run_sql(connection, sql, id=run_id, attempts_total=attempts_total)
    return run_id


def assign(connection: Connection, job: UUID, run: UUID, number: int = 1) -> UUID:
    """The job's next attempt, live in that run."""
    attempt = uuid4()
    run_sql(
        connection,
        "INSERT INTO job_attempts (id, job_id, number, run_id, nonce) VALUES (:id, :job, :number, :run, 'n')",
        id=attempt,
        job=job,
        number=number,
        run=run,
    )
    run_sql(
        connection,
        "UPDATE jobs SET status = 'processing', current_attempt_id = :attempt, started_at = now() WHERE id = :job",
        attempt=attempt,
        job=job,
    )
    return attempt


def add_document(connection: Connection, job: UUID, attempt: UUID) -> None:
    """What the attempt made of the job."""
    sql = (
        "INSERT INTO documents (job_id, attempt_id, canonical_output, portal_outputs, artifacts, quality_score,"
        " ocr_confidence) VALUES (:job, :attempt, '{}', '{}', '{}', 1, 1)"
    )
    run_sql(connection, sql, job=job, attempt=attempt)


def complete(connection: Connection, job: UUID, attempt: UUID) -> None:
    """End the job with a document of that attempt."""
    run_sql(
        connection,
        "UPDATE job_attempts SET state = 'succeeded', result = '{}', finished_at = now() WHERE id = :id",
        id=attempt,
    )
    run_sql(connection, "UPDATE jobs SET status = 'completed', completed_at = now() WHERE id = :id", id=job)
    add_document(connection, job, attempt)


def pretend(connection: Connection, sql: str, **values: Any) -> None:
    """Write where no legal move leads, as a superuser who leaves the triggers out."""
    run_sql(connection, "SET LOCAL session_replication_role = replica")
    run_sql(connection, sql, **values)
    run_sql(connection, "SET LOCAL session_replication_role = origin")


RUN_TIMES = (
    "submit_deadline = now(), launch_started_at = now(), submitted_at = now(), queue_deadline = now(),"
    " started_at = now(), run_deadline = now(), collect_deadline = now(), reason_text = 'because',"
    " camber_job_id = abs(hashtext(marker))"
)


def put_run(connection: Connection, run: UUID, state: str) -> None:
    """Put a run into a state with all the times that may belong to it."""
    pretend(
        connection,
        f"UPDATE camber_runs SET state = :state, {RUN_TIMES},"  # noqa: S608 - nothing from outside
        " finished_at = CASE WHEN :state = 'finished' THEN now() END,"
        " next_poll_at = CASE WHEN :state NOT IN ('finished', 'held') THEN now() END WHERE id = :id",
        state=state,
        id=run,
    )


def put_job(connection: Connection, job: UUID, status: str) -> None:
    """Put a job into a status with what belongs to it."""
    pretend(
        connection,
        "UPDATE jobs SET status = :status, error_details = '{}', started_at = now(),"
        " completed_at = CASE WHEN :status IN ('completed', 'failed', 'cancelled') THEN now() END,"
        " current_attempt_id = CASE WHEN :status <> 'pending' THEN gen_random_uuid() END WHERE id = :id",
        status=status,
        id=job,
    )
