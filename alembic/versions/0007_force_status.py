"""force_status: the one way past the table of transitions, for operators, audited.

SECURITY DEFINER and not column grants: it fences attempts and writes columns that no operator may write otherwise.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FORCE = """
CREATE FUNCTION force_status(job uuid, status text, reason text) RETURNS text LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
#variable_conflict use_column
DECLARE
    was text;
    counted uuid;
    reason_before text := current_setting('app.reason', true);
    why text := left(btrim(coalesce(force_status.reason, '')), 500);
    target text := force_status.status;
BEGIN
    IF why = '' THEN
        RAISE EXCEPTION 'force_status: a reason is needed' USING ERRCODE = 'RQ003',
            HINT = 'SELECT force_status(job, status, ''why this must be''); it stands in job_events for good.';
    END IF;
    IF target IS NULL OR target NOT IN ('pending', 'completed', 'failed', 'cancelled') THEN
        RAISE EXCEPTION 'force_status: a job cannot be forced to %', coalesce(target, 'NULL') USING ERRCODE = 'RQ003',
            HINT = 'It can be forced to pending, completed, failed or cancelled. Only the daemon plans an attempt.';
    END IF;
    -- Lock order everywhere: slots, jobs by id, attempts, runs.
    SELECT j.status, d.attempt_id INTO was, counted
    FROM jobs j LEFT JOIN documents d ON d.job_id = j.id
    WHERE j.id = force_status.job FOR NO KEY UPDATE OF j;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'force_status: there is no job %', coalesce(force_status.job::text, 'NULL')
            USING ERRCODE = 'RQ003', HINT = 'SELECT id, status FROM jobs ORDER BY created_at DESC LIMIT 20.';
    END IF;
    IF was = target THEN
        RAISE EXCEPTION 'force_status: job % is % already', force_status.job, was USING ERRCODE = 'RQ003',
            HINT = 'To start it afresh: UPDATE jobs SET rerun_requested = true, request_reason = ''...''.';
    END IF;
    IF target = 'completed' AND counted IS NULL THEN
        RAISE EXCEPTION 'force_status: job % has no document, so it cannot be completed', force_status.job
            USING ERRCODE = 'RQ003', HINT = 'Ask for a rerun: UPDATE jobs SET rerun_requested = true.';
    END IF;
    UPDATE job_attempts a SET state = 'superseded', finished_at = now()
    WHERE a.job_id = force_status.job AND a.state = 'assigned';
    UPDATE documents d SET stale = (target = 'failed')
    WHERE d.job_id = force_status.job AND target IN ('completed', 'failed');
    PERFORM set_config('app.forced_job', force_status.job::text, true), set_config('app.reason', why, true);
    UPDATE jobs j
    SET status = target,
        current_attempt_id = CASE target WHEN 'pending' THEN NULL WHEN 'completed' THEN counted
                                         ELSE j.current_attempt_id END,
        completed_at = CASE WHEN target <> 'pending' THEN now() END,
        error_details = CASE target
            WHEN 'failed' THEN jsonb_build_object('code', 'FORCED', 'stage', 'operator', 'message', why,
                                                  'retryable', false, 'at', now())
            WHEN 'cancelled' THEN j.error_details END,
        attempt_count = CASE WHEN target = 'pending' THEN 0 ELSE j.attempt_count END,
        platform_faults = CASE WHEN target = 'pending' THEN 0 ELSE j.platform_faults END,
        own_faults = CASE WHEN target = 'pending' THEN 0 ELSE j.own_faults END,
        unknown_launches = CASE WHEN target = 'pending' THEN 0 ELSE j.unknown_launches END,
        available_at = CASE WHEN target = 'pending' THEN now() ELSE j.available_at END,
        started_at = CASE WHEN target <> 'pending' THEN j.started_at END,
        rerun_requested = false, cancel_requested = false, request_reason = NULL, held_reason = NULL,
        waiting_reason = NULL, updated_at = now()
    WHERE j.id = force_status.job;
    PERFORM set_config('app.forced_job', '', true), set_config('app.reason', coalesce(reason_before, ''), true);
    RETURN was;
END $$
"""

FUNCTION_COMMENTS = (
    (
        "force_status(uuid, text, text)",
        "For operators: put a job into another status past the table of transitions, with a reason; its live attempt is fenced",
    ),
)


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(FORCE.replace("{schema}", schema))
    for function, meaning in FUNCTION_COMMENTS:
        op.execute(f"COMMENT ON FUNCTION {function} IS '{meaning}'")
    op.execute("REVOKE EXECUTE ON FUNCTION force_status(uuid, text, text) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION force_status(uuid, text, text)")
