"""What a run is owed and what of it is undecided: stop signals that survive a daemon, held launches, releases that count.

`owed_signals`: whoever fences an attempt owes its worker a word. That debt is committed with the fence, so it is paid
though the daemon that fenced it died, and after force_status too, which no daemon sees.

`released_at`: an operator who has a held run looked for again gives its jobs their launches anew.

An operator sees what an operator needs: no file name, no text of a document, nothing that a CLI or a worker printed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

RELEASED = "when an operator last had it looked for again: launches of its jobs count anew from there"

# In the order of the runs' ids, as all who lock several do. The clock's time, not the transaction's: two debts never look
# the same, so paying one does not strike out the other.
OWE = """
CREATE FUNCTION owe_signal() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    INSERT INTO owed_signals AS o (run_id, due_at)
    SELECT run_id, clock_timestamp()
    FROM (SELECT DISTINCT run_id FROM fenced WHERE state = 'superseded' ORDER BY run_id) AS one
    ON CONFLICT (run_id) DO UPDATE SET due_at = excluded.due_at;
    RETURN NULL;
END $$
"""
OWED = """
CREATE TRIGGER owe_signal AFTER UPDATE ON job_attempts REFERENCING NEW TABLE AS fenced
FOR EACH STATEMENT EXECUTE FUNCTION owe_signal()
"""

STAMP = """
CREATE FUNCTION stamp_release() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    NEW.released_at := now();
    RETURN NEW;
END $$
"""
STAMPED = """
CREATE TRIGGER stamp_release BEFORE UPDATE OF state ON camber_runs FOR EACH ROW
WHEN (OLD.state = 'held' AND NEW.state = 'unknown') EXECUTE FUNCTION stamp_release()
"""

FUNCTION_COMMENTS = (
    ("owe_signal()", "Trigger: notes that the worker of a run is owed a word, when anyone fences attempts of it"),
    ("stamp_release()", "Trigger: notes when a held run was released, whoever released it"),
)

WAITING_JOBS = """
SELECT id, user_id, priority, available_at FROM jobs
WHERE status = 'pending' AND held_reason IS NULL AND NOT rerun_requested AND NOT cancel_requested
"""

# A held run whose create was allowed and never answered may have made a Camber job, as an unknown one may.
UNDECIDED_LAUNCHES = """
SELECT a.job_id, r.id AS run_id, r.state
FROM job_attempts a JOIN camber_runs r ON r.id = a.run_id
WHERE r.state IN ('planned', 'launching', 'unknown')
   OR (r.state = 'held' AND r.camber_job_id IS NULL AND r.launch_started_at IS NOT NULL)
"""

# The first WHEN that fits is the reason: the most specific stands first. What is the same for all rows is asked once.
# What is said of each reason stands in one line of the table behind it.
WHY_WAITING = """
WITH common AS (
    SELECT (SELECT max(heartbeat_at) FROM daemons WHERE stopped_at IS NULL) AS heartbeat_at,
           failing.names AS failing, failing.until AS failing_until,
           (SELECT reason FROM breakers WHERE dependency = 'budget' AND state = 'open' AND retry_at > now()) AS budget,
           EXISTS (SELECT FROM breakers WHERE dependency = 'recipients' AND state <> 'closed') AS no_recipients,
           (SELECT count(*) FROM camber_runs
            WHERE state IN ('planned', 'launching', 'unknown', 'submitted', 'queued', 'running', 'abandoned')
              AND (state <> 'abandoned' OR camber_job_id IS NOT NULL)) AS slots_taken,
           (SELECT count(*) FROM (SELECT FROM waiting_jobs LIMIT 10000) AS due) AS jobs_due
    FROM (
        -- Half open: one daemon tries it, and all others wait for what comes of that. Open, its pause over: as good.
        SELECT string_agg(dependency || CASE state WHEN 'half_open' THEN ', which is being tried' ELSE '' END
                          || ' (' || coalesce(reason, 'no reason given') || ')', ', ' ORDER BY dependency) AS names,
               max(retry_at) FILTER (WHERE retry_at > now()) AS until
        FROM breakers WHERE state <> 'closed' AND dependency NOT IN ('recipients', 'budget')
    ) AS failing
), open_jobs AS (
    SELECT j.id, j.user_id, j.status, j.held_reason, j.waiting_reason, j.available_at, j.error_details, j.updated_at,
           j.created_at, j.rerun_requested, j.cancel_requested, r.id AS run_id, r.state AS run_state,
           r.camber_job_id, r.absent_count, r.reason_text, r.attempts_settled, r.attempts_total, r.created_at AS planned_at,
           r.launch_started_at, r.submit_deadline, r.submitted_at, r.queue_deadline, r.started_at AS run_started_at,
           r.run_deadline, r.collect_deadline, r.updated_at AS run_moved_at,
           coalesce(c.heartbeat_at < now() - interval '5 minutes', true) AS no_daemon, c.*
    FROM jobs j
    CROSS JOIN common c
    LEFT JOIN job_attempts a ON a.id = j.current_attempt_id AND j.status = 'processing'
    LEFT JOIN camber_runs r ON r.id = a.run_id
    WHERE j.status IN ('pending', 'processing')
), named AS (
    SELECT o.*, CASE
        WHEN status = 'pending' AND held_reason IS NOT NULL THEN 'held'
        WHEN run_state = 'held' THEN 'run_held'
        WHEN no_daemon AND (status = 'processing' OR available_at <= now()) THEN 'no_daemon'
        WHEN rerun_requested OR cancel_requested THEN 'requested'
        WHEN status = 'processing' THEN CASE run_state
            WHEN 'planned' THEN 'launching' WHEN 'launching' THEN 'launching' WHEN 'unknown' THEN 'launch_unknown'
            WHEN 'submitted' THEN 'queued' WHEN 'queued' THEN 'queued' WHEN 'running' THEN 'running'
            WHEN 'collecting' THEN 'collecting' ELSE 'run_over' END
        WHEN available_at > now() AND waiting_reason = 'waiting for upload' THEN 'upload'
        WHEN available_at > now() AND error_details IS NOT NULL THEN 'backing_off'
        WHEN available_at > now() THEN 'not_before'
        WHEN EXISTS (SELECT FROM undecided_launches u WHERE u.job_id = o.id) THEN 'older_launch'
        WHEN no_recipients THEN 'no_recipients'
        WHEN failing IS NOT NULL THEN 'breaker_open'
        WHEN budget IS NOT NULL THEN 'budget'
        ELSE 'turn' END AS code
    FROM open_jobs o
)
SELECT n.id AS job_id, n.user_id, n.status, n.code, told.reason, told.since, told.until, n.run_id
FROM named n CROSS JOIN LATERAL (
    SELECT 'held: ' || n.held_reason || coalesce((
               SELECT ' (by ' || coalesce(e.actor, e.session_user_name) || ', ' || to_char(e.at, 'YYYY-MM-DD HH24:MI') || ')'
               FROM job_events e WHERE e.job_id = n.id AND e.detail ? 'held_reason' ORDER BY e.id DESC LIMIT 1), ''),
           n.updated_at, NULL::timestamptz WHERE n.code = 'held'
    UNION ALL SELECT 'its run is held for an operator: ' || n.reason_text, n.run_moved_at, NULL WHERE n.code = 'run_held'
    UNION ALL SELECT coalesce('no daemon is alive: the last sign of one came at '
                              || to_char(n.heartbeat_at, 'YYYY-MM-DD HH24:MI:SS'), 'no daemon is running'),
                     coalesce(n.heartbeat_at, n.created_at), NULL WHERE n.code = 'no_daemon'
    UNION ALL SELECT CASE WHEN n.rerun_requested THEN 'a rerun' ELSE 'a cancel' END
                     || ' was requested; the daemon carries it out at its next pass',
                     n.updated_at, NULL WHERE n.code = 'requested'
    UNION ALL SELECT 'its run is being launched', n.planned_at, n.submit_deadline WHERE n.code = 'launching'
    UNION ALL SELECT 'the reply to its launch was lost: the job list is searched for it ('
                     || n.absent_count || ' complete looks missed it)',
                     coalesce(n.launch_started_at, n.planned_at), NULL WHERE n.code = 'launch_unknown'
    UNION ALL SELECT 'Camber job ' || n.camber_job_id || ' waits in Camber''s queue',
                     n.submitted_at, n.queue_deadline WHERE n.code = 'queued'
    UNION ALL SELECT 'Camber job ' || n.camber_job_id || ' is running: ' || n.attempts_settled || ' of '
                     || n.attempts_total || ' documents are settled',
                     n.run_started_at, n.run_deadline WHERE n.code = 'running'
    UNION ALL SELECT 'Camber job ' || n.camber_job_id || ' is over: its results or a late log are awaited',
                     n.run_moved_at, n.collect_deadline WHERE n.code = 'collecting'
    UNION ALL SELECT 'its run is ' || coalesce(n.run_state, 'gone') || ' and carries it no more: ask for a rerun',
                     n.run_moved_at, NULL WHERE n.code = 'run_over'
    UNION ALL SELECT 'waiting for upload', n.updated_at, n.available_at WHERE n.code = 'upload'
    UNION ALL SELECT 'backing off after ' || coalesce(n.error_details ->> 'code', 'a fault'),
                     n.updated_at, n.available_at WHERE n.code = 'backing_off'
    UNION ALL SELECT coalesce(n.waiting_reason, 'not to be tried yet'), n.updated_at, n.available_at
              WHERE n.code = 'not_before'
    UNION ALL SELECT 'an earlier launch of it is not decided yet: that comes first'
                     || CASE WHEN EXISTS (SELECT FROM undecided_launches u WHERE u.job_id = n.id AND u.state = 'held')
                             THEN '; its run is held for an operator' ELSE '' END,
                     n.updated_at, NULL WHERE n.code = 'older_launch'
    UNION ALL SELECT 'AGE_RECIPIENTS is not set: a master is never stored unencrypted', n.updated_at, NULL
              WHERE n.code = 'no_recipients'
    UNION ALL SELECT 'left alone while it fails: ' || n.failing, n.updated_at, n.failing_until
              WHERE n.code = 'breaker_open'
    UNION ALL SELECT n.budget, n.updated_at, date_trunc('day', now(), 'UTC') + interval '1 day' WHERE n.code = 'budget'
    UNION ALL SELECT 'waiting for its turn: ' || n.slots_taken || ' runs hold slots, '
                     || CASE WHEN n.jobs_due >= 10000 THEN '10000 or more' ELSE n.jobs_due::text END
                     || ' jobs are waiting',
                     greatest(n.available_at, n.created_at), NULL WHERE n.code = 'turn'
) AS told (reason, since, until)
"""

VIEW_COMMENTS: dict[str, tuple[str, dict[str, str]]] = {
    "waiting_jobs": (
        "Pending jobs that only time and turn keep from being planned: nothing holds them and nothing is asked of them",
        {
            "id": "the job",
            "user_id": "the person whose document it is",
            "priority": "higher goes first",
            "available_at": "not before this time is the job tried",
        },
    ),
    "undecided_launches": (
        "Runs that may still become, or have become, a Camber job that nobody knows of: their jobs are not launched again",
        {"job_id": "a job that the run carries, or carried", "run_id": "the run", "state": "its state"},
    ),
}

# What stands in apply_access() before and after. It is changed in place: whatever else it has come to hold stays.
ALL_VIEWS = ("cost_daily_by_user}'", "cost_daily_by_user,waiting_jobs,undecided_launches}'")
OPERATOR_READS = (
    "            ('reconciler_operator', 'SELECT', all_tables || all_views || '{alembic_version}'::text[]),\n",
    """\
            -- No file name, no text of a document and nothing that a CLI or a worker printed.
            ('reconciler_operator', 'SELECT', all_views || '{alembic_version,portal_schemas,camber_sightings,job_events,daemons,breakers,legal_transitions,user_turns,owed_signals}'::text[]),
            ('reconciler_operator', 'SELECT (' || (
                SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'jobs'::regclass AND attnum > 0 AND NOT attisdropped
                  AND attname NOT IN ('raw_path', 'original_filename', 'options', 'output_metadata')) || ')', '{jobs}'),
            ('reconciler_operator', 'SELECT (' || (
                SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'camber_runs'::regclass AND attnum > 0 AND NOT attisdropped
                  AND attname <> 'log_tail') || ')', '{camber_runs}'),
            ('reconciler_operator', 'SELECT (id, job_id, number, run_id, nonce, state, error, timings, created_at, finished_at)', '{job_attempts}'),
            ('reconciler_operator', 'SELECT (job_id, attempt_id, portal_outputs, artifacts, quality_score, ocr_confidence, stale, created_at, updated_at)', '{documents}'),
            ('reconciler_operator', 'SELECT (id, at, daemon_id, run_id, kind, argv, exit_code, duration_ms, cli_version, outcome, decided, cut, stdout_sha256, stderr_sha256)', '{cli_calls}'),
            ('reconciler_operator', 'SELECT (id, job_id, event, attempts, last_error, created_at, available_at, delivered_at)', '{outbox}'),
""",
)
FIRST_GRANTS = "    FOR given IN\n        SELECT * FROM (VALUES\n            ('reconciler_daemon', 'SELECT',"
TAKEN_BACK = (
    FIRST_GRANTS,
    """\
    -- Rights to whole tables that an older version gave are taken back before those to columns are given.
    IF to_regrole('reconciler_operator') IS NOT NULL THEN
        REVOKE SELECT ON jobs, camber_runs, job_attempts, documents, cli_calls, outbox FROM reconciler_operator;
    END IF;

"""  # noqa: S608 - nothing from outside
    + FIRST_GRANTS,
)
ALL_TABLES = ("user_turns}';", "user_turns,owed_signals}';")
EVIDENCE = "            ('reconciler_daemon', 'INSERT', '{cli_calls}'),\n"
DAEMON_GRANTS = (
    EVIDENCE,
    EVIDENCE + EVIDENCE.replace("INSERT", "INSERT, UPDATE, DELETE").replace("cli_calls", "owed_signals"),
)
FLAGS = "        SELECT 'jobs', 'operator sets flags',"
DAEMON_OWES = (
    FLAGS,
    """\
        SELECT 'owed_signals', 'daemon owes and pays', 'PERMISSIVE', 'ALL', 'reconciler_daemon', 'true', 'true'
        UNION ALL
"""
    + FLAGS,
)
CHANGES = (ALL_VIEWS, ALL_TABLES, OPERATOR_READS, TAKEN_BACK, DAEMON_GRANTS, DAEMON_OWES)


def upgrade() -> None:
    op.add_column("camber_runs", sa.Column("released_at", sa.DateTime(timezone=True), comment=RELEASED))
    _create_debts()
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for sql in (OWE, OWED, STAMP, STAMPED):
        op.execute(sql.replace("{schema}", schema))
    for function, meaning in FUNCTION_COMMENTS:
        op.execute(f"COMMENT ON FUNCTION {function} IS {_quoted(meaning)}")
    _create_views()
    _change_access(list(CHANGES))


def _create_debts() -> None:
    op.create_table(
        "owed_signals",
        sa.Column("run_id", sa.Uuid(), primary_key=True, comment="the run"),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="not before this time is the worker told; also what tells one debt of a run from a later one",
        ),
        comment="Runs whose worker is still to be told what to leave out. No foreign key: who fences an attempt must not"
        " wait for whoever holds the run's row",
    )
    op.create_index("ix_owed_signals_due_at", "owed_signals", ["due_at"])
    op.execute("ALTER TABLE owed_signals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def _create_views() -> None:
    for name, query in (("waiting_jobs", WAITING_JOBS), ("undecided_launches", UNDECIDED_LAUNCHES)):
        op.execute(f"CREATE VIEW {name} WITH (security_invoker = true) AS {query}")
        comment, columns = VIEW_COMMENTS[name]
        op.execute(f"COMMENT ON VIEW {name} IS {_quoted(comment)}")
        for column, meaning in columns.items():
            op.execute(f"COMMENT ON COLUMN {name}.{column} IS {_quoted(meaning)}")
    op.execute(f"CREATE OR REPLACE VIEW why_waiting WITH (security_invoker = true) AS {WHY_WAITING}")


def _change_access(changes: list[tuple[str, str]]) -> None:
    """Change apply_access() and give everybody their rights again."""
    text = str(op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('apply_access()'::regprocedure)")))
    for before, after in changes:
        if text.count(before) != 1:
            raise RuntimeError(f"apply_access() does not hold, once, what is to be changed: {before[:60]!r}")
        text = text.replace(before, after)
    op.execute(text)
    op.execute("SELECT apply_access()")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def downgrade() -> None:
    environment = op.get_context().environment_context
    older = environment.script.get_revision("0010").module.WHY_WAITING
    op.execute(f"CREATE OR REPLACE VIEW why_waiting WITH (security_invoker = true) AS {older}")
    for name in ("undecided_launches", "waiting_jobs"):
        op.execute(f"DROP VIEW {name}")
    _change_access([(after, before) for before, after in CHANGES])
    op.execute("DROP TRIGGER stamp_release ON camber_runs")
    op.execute("DROP FUNCTION stamp_release()")
    op.execute("DROP TRIGGER owe_signal ON job_attempts")
    op.execute("DROP FUNCTION owe_signal()")
    op.drop_table("owed_signals")
    op.drop_column("camber_runs", "released_at")
