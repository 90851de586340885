"""A database with a past: so many finished jobs, with what lives now beside them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from reconciler.store.database import connect
from reconciler.store.migrate import upgrade

PENDING, RUNNING, BATCH, USERS = 1000, 4, 25, 1000
APART_SECONDS = 8.64
"""Between two jobs of the past: ten thousand a day, whatever the size, so that a day is as long at all of them."""
_SCHEMA = "INSERT INTO portal_schemas (name, version, definition, active) VALUES ('bench', 1, '{}', true) RETURNING id"
_JOBS = """
INSERT INTO jobs (id, user_id, portal_schema_id, raw_path, mime_type, original_filename, status, created_at, started_at,
                  completed_at, current_attempt_id)
SELECT md5('job' || :label || i)::uuid, md5((i % :users)::text)::uuid, :schema, 'blobs/' || i, 'image/png', 'card.png',
       :status, now() - make_interval(secs => i * :apart), CASE WHEN :status <> 'pending' THEN now() END,
       CASE WHEN :status = 'completed' THEN now() - make_interval(secs => i * :apart) END,
       CASE WHEN :status <> 'pending' THEN md5('attempt' || :label || i)::uuid END
FROM generate_series(0, :count - 1) AS i
"""
_RUNS = """
INSERT INTO camber_runs (id, marker, backend, account, state, bundle_hash, stash_path, node_size, command,
                         attempts_total, attempts_settled, camber_job_id, created_at, launch_started_at,
                         submit_deadline, submitted_at, queue_deadline, started_at, run_deadline, collect_deadline,
                         camber_started_at, camber_finished_at, finished_at, credits, reason_text, next_poll_at)
SELECT md5('run' || :label || i)::uuid, 'rq-bench-' || :label || i, 'camber', 'tester', :state, 'x', 'x', 'xxsmall',
       'x', :batch, CASE WHEN :state = 'finished' THEN :batch ELSE 0 END, :first_id + i, at, at, at, at, at, at, at, at,
       at, CASE WHEN :state = 'finished' THEN at END, CASE WHEN :state = 'finished' THEN at END,
       CASE WHEN :state = 'finished' THEN 0.0014 END, 'bench', CASE WHEN :state <> 'finished' THEN now() END
FROM (SELECT i, now() - make_interval(secs => i * :batch * :apart) AS at
      FROM generate_series(0, :count / :batch - 1) AS i) AS s
"""
_ATTEMPTS = """
INSERT INTO job_attempts (id, job_id, number, run_id, nonce, state, result, timings, finished_at)
SELECT md5('attempt' || :label || i)::uuid, md5('job' || :label || i)::uuid, 1,
       md5('run' || :label || i / :batch)::uuid, 'n', :state,
       CASE WHEN :state = 'succeeded' THEN '{}'::jsonb END, '{"ocr": 900}',
       CASE WHEN :state = 'succeeded' THEN now() - make_interval(secs => i * :apart) END
FROM generate_series(0, :count - 1) AS i
"""


@contextmanager
def with_history(url: str, finished: int, pending: int = PENDING) -> Iterator[Engine]:
    """That database, migrated, with so many finished and pending jobs and four running runs, all analysed."""
    upgrade(url)
    engine = connect(url, application_name="bench")
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        schema = connection.scalar(text(_SCHEMA))
        connection.execute(
            text(_JOBS),
            {
                "label": "p",
                "users": USERS,
                "schema": schema,
                "status": "pending",
                "count": pending,
                "apart": APART_SECONDS,
            },
        )
        _carried(connection, str(schema), "f", finished, ("completed", "succeeded", "finished"), 0)
        _carried(connection, str(schema), "r", RUNNING * BATCH, ("processing", "assigned", "running"), finished)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
    try:
        yield engine
    finally:
        engine.dispose()


def _carried(
    connection: Connection, schema: str, label: str, count: int, states: tuple[str, str, str], first_id: int
) -> None:
    """Jobs with an attempt each, and the runs that carry them."""
    status, attempt_state, run_state = states
    common = {"label": label, "count": count, "batch": BATCH, "apart": APART_SECONDS}
    connection.execute(text(_JOBS), common | {"users": USERS, "schema": schema, "status": status})
    connection.execute(text(_RUNS), common | {"state": run_state, "first_id": first_id})
    connection.execute(text(_ATTEMPTS), common | {"state": attempt_state})
