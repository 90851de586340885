"""Let what is over go: the objects of jobs, then their rows; and all that is known of one person.

Rows go through functions of the owner, which look once more themselves: no role may delete a job by hand. The objects of a
job go first, and only then is it marked, so that what a crash interrupts is done again and no object is left without a row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OVER = "completed_at IS NOT NULL AND (objects_removed_at IS NULL OR objects_removed_at < completed_at)"
INDEXES = (
    ("ix_jobs_with_objects", "jobs", ["completed_at"], {"postgresql_where": sa.text(OVER)}),
    # One upload may be named by several jobs: it goes with the last of them.
    ("ix_jobs_raw_path", "jobs", ["raw_path"], {"postgresql_using": "hash"}),
)

# A hold keeps a job from being removed too. A duplicate that still runs may still write objects.
AT_REST = """
CREATE FUNCTION is_at_rest(job uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = {schema}, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM jobs j WHERE j.id = job AND j.status IN ('completed', 'failed', 'cancelled')
          AND NOT j.rerun_requested AND j.held_reason IS NULL
          AND NOT EXISTS (
              SELECT FROM job_attempts a LEFT JOIN camber_runs r ON r.id = a.run_id
              WHERE a.job_id = j.id AND (
                  a.state = 'assigned' OR r.state <> 'finished'
                  OR EXISTS (
                      SELECT FROM camber_sightings s
                      WHERE s.run_id = r.id AND s.role = 'duplicate' AND s.credits IS NULL
                        AND upper(coalesce(s.camber_status, ''))
                            NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CANCELED', 'VANISHED')))))
$$
"""

# Nobody hides what was done today by removing the job, unless a person's erasure is on record.
REMOVE = """
CREATE FUNCTION remove_jobs(ids uuid[]) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    gone uuid[];
    erased uuid[];
    removed bigint;
BEGIN
    -- Locked by one statement and judged by the next, which sees what whoever held the lock has done.
    PERFORM FROM jobs WHERE id = ANY(ids) ORDER BY id FOR UPDATE;
    SELECT array_agg(j.id), array_agg(j.id) FILTER (WHERE e.id IS NOT NULL) INTO gone, erased
    FROM jobs j
    LEFT JOIN erasures e ON e.user_id = j.user_id AND e.finished_at IS NULL AND j.created_at <= e.asked_at
    WHERE j.id = ANY(ids) AND j.objects_removed_at >= j.completed_at AND is_at_rest(j.id)
      AND (e.id IS NOT NULL OR j.completed_at < now() - interval '1 day');
    UPDATE erasures e SET jobs_removed = jobs_removed + n.total
    FROM (SELECT user_id, count(*) AS total FROM jobs WHERE id = ANY(erased) GROUP BY user_id) AS n
    WHERE e.user_id = n.user_id AND e.finished_at IS NULL;
    DELETE FROM documents WHERE job_id = ANY(gone);
    DELETE FROM job_attempts WHERE job_id = ANY(gone);
    DELETE FROM jobs WHERE id = ANY(gone);
    GET DIAGNOSTICS removed = ROW_COUNT;
    -- The history of a job outlives it for its own time; that of a person who is erased does not.
    PERFORM set_config('app.pruning_events', 'on', true);
    DELETE FROM job_events WHERE job_id = ANY(erased);
    PERFORM set_config('app.pruning_events', '', true);
    RETURN removed;
END $$
"""

FINISH = """
CREATE FUNCTION finish_erasures() RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    finished uuid[];
BEGIN
    SELECT array_agg(e.user_id) INTO finished FROM (
        SELECT o.user_id FROM erasures o
        WHERE o.finished_at IS NULL AND NOT EXISTS (
            SELECT FROM jobs j WHERE j.user_id = o.user_id AND j.created_at <= o.asked_at)
        ORDER BY o.id FOR UPDATE) AS e;
    IF finished IS NULL THEN
        RETURN 0;
    END IF;
    DELETE FROM user_turns t WHERE t.user_id = ANY(finished)
        AND NOT EXISTS (SELECT FROM jobs j WHERE j.user_id = t.user_id);
    -- What is left of jobs that went earlier, by their age.
    PERFORM set_config('app.pruning_events', 'on', true);
    DELETE FROM job_events e WHERE e.jwt_subject = ANY(finished::text[])
        AND NOT EXISTS (SELECT FROM jobs j WHERE j.id = e.job_id);
    PERFORM set_config('app.pruning_events', '', true);
    UPDATE erasures SET finished_at = now() WHERE user_id = ANY(finished) AND finished_at IS NULL;
    RETURN cardinality(finished);
END $$
"""

# Who else has something to add adds to what there is: the rights of before stay as they were given.
BEFORE = "apply_access_before_0017"
APPLY = """
CREATE FUNCTION apply_access() RETURNS SETOF text LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    given record;
    schema_owner text := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'jobs'::regclass);
BEGIN
    RETURN QUERY SELECT * FROM {before}();
    FOR given IN
        SELECT * FROM (VALUES
            ('reconciler_daemon', 'SELECT ON erasures'),
            ('reconciler_daemon', 'EXECUTE ON FUNCTION remove_jobs(uuid[])'),
            ('reconciler_daemon', 'EXECUTE ON FUNCTION finish_erasures()'),
            ('reconciler_operator', 'SELECT ON erasures'),
            ('reconciler_operator', 'INSERT (user_id, reason, actor) ON erasures'),
            ('reconciler_reader', 'SELECT ON erasures')
        ) AS spec (role, privilege)
        JOIN pg_roles ON rolname = spec.role
    LOOP
        EXECUTE format('GRANT %s TO %I', given.privilege, given.role);
    END LOOP;
    FOR given IN
        SELECT 'owner' AS policy, 'ALL' AS command, schema_owner AS role, 'true' AS visible, 'true' AS allowed
        UNION ALL
        SELECT r || ' reads', 'SELECT', 'reconciler_' || r, 'true', NULL
        FROM unnest('{daemon,operator,reader}'::text[]) AS r
        UNION ALL
        SELECT 'operator asks', 'INSERT', 'reconciler_operator', NULL, 'finished_at IS NULL'
    LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = given.role);
        IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = 'erasures'::regclass AND polname = given.policy) THEN
            EXECUTE format('CREATE POLICY %I ON erasures FOR %s TO %I', given.policy, given.command, given.role)
                || coalesce(' USING (' || given.visible || ')', '')
                || coalesce(' WITH CHECK (' || given.allowed || ')', '');
        ELSIF given.role = schema_owner THEN
            EXECUTE format('ALTER POLICY %I ON erasures TO %I', given.policy, given.role);
        END IF;
    END LOOP;
END $$
"""

COMMENTS = (
    ("is_at_rest(uuid)", "Whether a job is over and nothing remote can still write for it; a hold keeps it too"),
    ("remove_jobs(uuid[])", "The one way to remove jobs: those at rest whose objects are gone; returns how many went"),
    ("finish_erasures()", "Close the erasures of whom nothing is left; returns how many"),
    (
        "apply_access()",
        "Create the roles where that is allowed, and give them their rights; returns the roles that are missing",
    ),
)
DEFINERS = ("remove_jobs(uuid[])", "finish_erasures()", "apply_access()")


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.add_column(
        "jobs",
        sa.Column(
            "objects_removed_at", sa.DateTime(timezone=True), comment="when its objects were removed from the store"
        ),
    )
    _make_erasures()
    op.execute(f"ALTER FUNCTION apply_access() RENAME TO {BEFORE}")
    for function in (AT_REST, REMOVE, FINISH, APPLY):
        op.execute(function.replace("{schema}", schema).replace("{before}", BEFORE))
    for function in DEFINERS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    for function, meaning in COMMENTS:
        op.execute(f"COMMENT ON FUNCTION {function} IS '{meaning}'")
    op.execute("SELECT apply_access()")
    with op.get_context().autocommit_block():
        for name, table, columns, options in INDEXES:
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def _make_erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True, comment="primary key"),
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="the person"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, as the actor said"),
        sa.Column("actor", sa.Text(), comment="who, as the actor said"),
        sa.Column(
            "asked_by", sa.Text(), server_default=sa.text("session_user"), nullable=False, comment="who logged in"
        ),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when; jobs that were inserted later stay",
        ),
        sa.Column(
            "jobs_removed",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="how many jobs went so far",
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), comment="when nothing of the person was left"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name=op.f("ck_erasures_reason_told")),
        comment="Whose data is to be removed, and whose was: the proof that stays",
    )
    op.create_index(
        "ux_erasures_open", "erasures", ["user_id"], unique=True, postgresql_where=sa.text("finished_at IS NULL")
    )
    op.execute("ALTER TABLE erasures ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("DROP FUNCTION apply_access()")
    op.execute(f"ALTER FUNCTION {BEFORE}() RENAME TO apply_access")
    for function in ("finish_erasures()", "remove_jobs(uuid[])", "is_at_rest(uuid)"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("erasures")
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_column("jobs", "objects_removed_at")
