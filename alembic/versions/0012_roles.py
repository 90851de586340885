"""Four roles that may do what they need, and row level security that holds for everyone, the owner too.

Roles belong to the whole server, and not every migrator may create them. So all of it stands in one function that can be
called again: apply_access() creates the roles that are missing where it may, and gives those that are there their rights.
`reconciler migrate` calls it each time, and prints what an administrator must run where roles are still missing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    "portal_schemas",
    "jobs",
    "camber_runs",
    "job_attempts",
    "documents",
    "camber_sightings",
    "job_events",
    "daemons",
    "breakers",
    "outbox",
    "cli_calls",
    "legal_transitions",
    "user_turns",
)
ROLES = ("reconciler_daemon", "reconciler_operator", "reconciler_reader", "reconciler_api")

# A token is believed before a setting: who brings one, even one that names nobody, cannot name a user with the other.
ACTING_USER = """
CREATE FUNCTION acting_user() RETURNS uuid LANGUAGE sql STABLE SET search_path = {schema}, pg_temp AS $$
    SELECT nullif(CASE WHEN coalesce(current_setting('request.jwt.claims', true), '') <> ''
                       THEN current_setting('request.jwt.claims', true)::jsonb ->> 'sub'
                       ELSE current_setting('app.user_id', true) END, '')::uuid
$$
"""

# A policy sees the row as it was or as it becomes, never both: which move an operator may make needs a trigger.
CHECK_DECISION = """
CREATE FUNCTION check_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF to_regrole('reconciler_daemon') IS NULL OR pg_has_role(current_user, 'reconciler_daemon', 'USAGE')
       OR current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'run % is %: only a held run is decided by hand', OLD.id, OLD.state
        USING ERRCODE = 'RQ001', HINT = 'Hold it first: reconciler hold, or SET state = ''held''.';
END $$
"""
DECIDED = """
CREATE TRIGGER check_decision BEFORE UPDATE OF state ON camber_runs FOR EACH ROW
WHEN (OLD.state <> 'held' AND NEW.state NOT IN ('held', OLD.state)) EXECUTE FUNCTION check_decision()
"""

# Policies: (table, name, kind, command, role, USING, WITH CHECK). A policy that refuses a row is named in the error.
APPLY = """
CREATE FUNCTION apply_access() RETURNS SETOF text LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    name text;
    given record;
    schema_owner text := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'jobs'::regclass);
    all_tables text[] := '{tables}';
    all_views text[] := '{job_overview,why_waiting,stuck_jobs,run_overview,queue_health,cost_daily,cost_daily_by_user}';
BEGIN
    FOREACH name IN ARRAY '{roles}'::text[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN insufficient_privilege THEN RETURN NEXT name;
                      WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server was faster
            END;
        END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = name)
           AND NOT has_schema_privilege(name, current_schema(), 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), name);
        END IF;
    END LOOP;

    FOR given IN
        SELECT * FROM (VALUES
            ('reconciler_daemon', 'SELECT', all_tables || all_views || '{alembic_version}'::text[]),
            ('reconciler_daemon', 'INSERT, UPDATE', '{camber_runs,job_attempts,documents,camber_sightings,daemons,breakers,outbox,user_turns}'),
            ('reconciler_daemon', 'INSERT', '{cli_calls}'),
            ('reconciler_daemon', 'DELETE', '{cli_calls,outbox}'),
            ('reconciler_daemon', 'UPDATE (' || (
                -- What the product said of the document stays as it was said.
                SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'jobs'::regclass AND attnum > 0 AND NOT attisdropped
                  AND attname NOT IN ('id', 'user_id', 'portal_schema_id', 'raw_path', 'mime_type', 'original_filename',
                                      'options', 'priority', 'idempotency_key', 'max_attempts', 'created_at')) || ')',
             '{jobs}'),
            ('reconciler_operator', 'SELECT', all_tables || all_views || '{alembic_version}'::text[]),
            -- The flags; and what a release of a held job sets back.
            ('reconciler_operator', 'UPDATE (rerun_requested, cancel_requested, request_reason, held_reason, waiting_reason, platform_faults, own_faults, unknown_launches, available_at, updated_at)', '{jobs}'),
            ('reconciler_operator', 'UPDATE (state, next_poll_at, submit_deadline, own_faults, absent_count, absent_since, lease_owner, lease_until, epoch, reason_code, reason_text, updated_at)', '{camber_runs}'),
            -- No file name, no text of a document and nothing that a CLI or a worker printed.
            ('reconciler_reader', 'SELECT', all_views || '{alembic_version,portal_schemas,camber_sightings,job_events,daemons,breakers,legal_transitions,user_turns}'::text[]),
            ('reconciler_reader', 'SELECT (' || (
                SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'jobs'::regclass AND attnum > 0 AND NOT attisdropped
                  AND attname NOT IN ('raw_path', 'original_filename', 'options', 'output_metadata')) || ')', '{jobs}'),
            ('reconciler_reader', 'SELECT (' || (
                SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'camber_runs'::regclass AND attnum > 0 AND NOT attisdropped
                  AND attname NOT IN ('command', 'log_tail')) || ')', '{camber_runs}'),
            ('reconciler_reader', 'SELECT (id, job_id, number, run_id, state, error, timings, created_at, finished_at)', '{job_attempts}'),
            ('reconciler_reader', 'SELECT (job_id, attempt_id, quality_score, ocr_confidence, stale, created_at, updated_at)', '{documents}'),
            ('reconciler_reader', 'SELECT (id, at, daemon_id, run_id, kind, exit_code, duration_ms, cli_version, outcome, decided)', '{cli_calls}'),
            ('reconciler_api', 'SELECT', '{portal_schemas,jobs,documents,job_events}'),
            ('reconciler_api', 'INSERT (id, user_id, portal_schema_id, raw_path, mime_type, original_filename, options, priority, idempotency_key, input_bytes)', '{jobs}')
        ) AS spec (role, privileges, relations)
        JOIN pg_roles ON rolname = spec.role
    LOOP
        EXECUTE format('GRANT %s ON %s TO %I', given.privileges,
            (SELECT string_agg(quote_ident(r), ', ') FROM unnest(given.relations::text[]) AS r
             WHERE to_regclass(quote_ident(r)) IS NOT NULL), given.role);
    END LOOP;

    FOR given IN
        SELECT * FROM (VALUES
            ('reconciler_operator', 'force_status(uuid, text, text)'),
            ('reconciler_daemon', 'prune_events(double precision, integer)')
        ) AS spec (role, function)
        JOIN pg_roles ON rolname = spec.role
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', given.function, given.role);
    END LOOP;

    FOR given IN
        SELECT t AS relation, 'owner' AS policy, 'PERMISSIVE' AS kind, 'ALL' AS command, schema_owner AS role,
               'true' AS visible, 'true' AS allowed
        FROM unnest(all_tables) AS t WHERE t NOT IN ('job_events', 'legal_transitions')
        UNION ALL
        -- History is added to and pruned, never changed; the table of transitions belongs to migrations.
        SELECT 'job_events', 'owner reads', 'PERMISSIVE', 'SELECT', schema_owner, 'true', NULL UNION ALL
        SELECT 'job_events', 'owner adds', 'PERMISSIVE', 'INSERT', schema_owner, NULL, 'true' UNION ALL
        SELECT 'job_events', 'owner prunes', 'PERMISSIVE', 'DELETE', schema_owner, 'true', NULL UNION ALL
        SELECT 'legal_transitions', 'everybody reads', 'PERMISSIVE', 'SELECT', 'public', 'true', NULL
        UNION ALL
        SELECT t, r || ' reads', 'PERMISSIVE', 'SELECT', 'reconciler_' || r, 'true', NULL
        FROM unnest(all_tables) AS t, unnest('{daemon,operator,reader}'::text[]) AS r WHERE t <> 'legal_transitions'
        UNION ALL
        SELECT t, 'daemon adds', 'PERMISSIVE', 'INSERT', 'reconciler_daemon', NULL, 'true'
        FROM unnest('{camber_runs,job_attempts,documents,camber_sightings,daemons,breakers,outbox,user_turns,cli_calls}'::text[]) AS t
        UNION ALL
        SELECT t, 'daemon changes', 'PERMISSIVE', 'UPDATE', 'reconciler_daemon', 'true', 'true'
        FROM unnest('{jobs,camber_runs,job_attempts,documents,camber_sightings,daemons,breakers,outbox,user_turns}'::text[]) AS t
        UNION ALL
        SELECT t, 'daemon prunes', 'PERMISSIVE', 'DELETE', 'reconciler_daemon', 'true', NULL
        FROM unnest('{cli_calls,outbox}'::text[]) AS t
        UNION ALL
        SELECT 'jobs', 'operator sets flags', 'PERMISSIVE', 'UPDATE', 'reconciler_operator', 'true', 'true'
        UNION ALL
        -- Which of these leads where is left to the guard of moves; a create that may be under way is nobody's to touch.
        SELECT 'camber_runs', 'operator holds and decides', 'PERMISSIVE', 'UPDATE', 'reconciler_operator',
               'state NOT IN (''finished'', ''launching'')', 'state IN (''held'', ''unknown'', ''abandoned'')'
        UNION ALL
        SELECT 'portal_schemas', 'api reads', 'PERMISSIVE', 'SELECT', 'reconciler_api', 'true', NULL
        UNION ALL
        SELECT 'jobs', 'api reads its user', 'PERMISSIVE', 'SELECT', 'reconciler_api',
               'user_id = (SELECT acting_user())', NULL
        UNION ALL
        SELECT t, 'api reads its user', 'PERMISSIVE', 'SELECT', 'reconciler_api',
               'EXISTS (SELECT FROM jobs j WHERE j.id = ' || t || '.job_id AND j.user_id = (SELECT acting_user()))', NULL
        FROM unnest('{documents,job_events}'::text[]) AS t
        UNION ALL
        SELECT 'jobs', 'api adds', 'PERMISSIVE', 'INSERT', 'reconciler_api', NULL, 'true'
        UNION ALL
        SELECT 'jobs', 'user_id is the acting user', 'RESTRICTIVE', 'INSERT', 'reconciler_api', NULL,
               'user_id = (SELECT acting_user())'
        UNION ALL
        SELECT 'jobs', 'priority is at most 10', 'RESTRICTIVE', 'INSERT', 'reconciler_api', NULL, 'priority <= 10'
    LOOP
        CONTINUE WHEN given.role <> 'public' AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = given.role);
        IF NOT EXISTS (SELECT FROM pg_policy
                       WHERE polrelid = given.relation::regclass AND polname = given.policy) THEN
            EXECUTE format('CREATE POLICY %I ON %I AS %s FOR %s TO %s', given.policy, given.relation, given.kind,
                           given.command, CASE given.role WHEN 'public' THEN 'public' ELSE quote_ident(given.role) END)
                || coalesce(' USING (' || given.visible || ')', '')
                || coalesce(' WITH CHECK (' || given.allowed || ')', '');
        ELSIF given.role = schema_owner THEN
            -- The tables may have got another owner since.
            EXECUTE format('ALTER POLICY %I ON %I TO %I', given.policy, given.relation, given.role);
        END IF;
    END LOOP;
END $$
"""

FUNCTION_COMMENTS = (
    (
        "acting_user()",
        "Whose rows reconciler_api sees: sub of request.jwt.claims, or app.user_id where there are no claims",
    ),
    ("check_decision()", "trigger: refuses a move of a run by hand other than holding it and deciding a held one"),
    (
        "apply_access()",
        "Create the roles where that is allowed, and give them their rights; returns the roles that are missing",
    ),
    (
        "prune_events(double precision, integer)",
        "The one way to remove old events: of jobs that are over, older than a day",
    ),
    ("record_job_event()", "Trigger: writes job_events for every change of a status, a flag or a hold, by anyone"),
    ("wake_reconciler()", "Trigger: sends NOTIFY reconciler_wake for new rows and requests"),
    ("check_move(text, uuid, text, text, text)", "Raises RQ001 where legal_transitions has no such move"),
    ("check_job_move()", "Trigger: refuses a move of a job that the table of transitions does not hold"),
    ("check_run_move()", "Trigger: refuses a move of a run that the table of transitions does not hold"),
    ("check_attempt_move()", "Trigger: refuses a move of an attempt that the table of transitions does not hold"),
    ("check_birth()", "Trigger: refuses a new row in any state but the first"),
    ("check_epoch()", "Trigger: refuses to let the epoch of a run fall"),
    ("record_run_hold()", "Trigger: writes job_events for each live attempt of a run that is held or let go"),
    ("stamp_request()", "Trigger: lets a flag or a hold count from when it was set, whoever set it"),
    ("keep_history()", "Trigger: refuses to change or remove events, with RQ002"),
)


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    lists = {"{tables}": "{" + ",".join(TABLES) + "}", "{roles}": "{" + ",".join(ROLES) + "}", "{schema}": schema}
    for function in (ACTING_USER, CHECK_DECISION, DECIDED, APPLY):
        filled = function
        for mark, value in lists.items():
            filled = filled.replace(mark, value)
        op.execute(filled)
    for function in ("apply_access()", "prune_events(double precision, integer)"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    for function, meaning in FUNCTION_COMMENTS:
        op.execute(f"COMMENT ON FUNCTION {function} IS '{meaning}'")
    op.execute("GRANT SELECT ON legal_transitions TO PUBLIC")
    op.execute("SELECT apply_access()")


def downgrade() -> None:
    """The roles themselves stay: other databases of the server may use them."""
    op.execute(
        "DO $$ DECLARE p record; BEGIN"  # noqa: S608 - nothing from outside
        " FOR p IN SELECT polname, polrelid::regclass AS relation FROM pg_policy WHERE polrelid IN ("
        "   SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace) LOOP"
        "   EXECUTE format('DROP POLICY %I ON %s', p.polname, p.relation); END LOOP;"
        " FOR p IN SELECT rolname FROM pg_roles WHERE rolname IN ('" + "', '".join(ROLES) + "') LOOP"
        "   EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', current_schema(), p.rolname);"
        "   EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM %I', current_schema(), p.rolname);"
        " END LOOP; END $$"
    )
    op.execute("DROP TRIGGER check_decision ON camber_runs")
    op.execute("DROP FUNCTION check_decision()")
    op.execute("REVOKE SELECT ON legal_transitions FROM PUBLIC")
    op.execute("DROP FUNCTION apply_access()")
    op.execute("DROP FUNCTION acting_user()")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
