"""History that nobody can change, written with the rights of its owner and the name of the writer.

The trigger functions run as the owner, so that who may insert a job needs no right on job_events, and nobody can write a
false entry. Inside them current_user is the owner: the role that acted is told by the setting `role`, else by the login.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RECORD = """
CREATE OR REPLACE FUNCTION record_job_event() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    asked text;
    what text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        what := 'created';
        asked := NEW.request_reason;
    ELSE
        what := CASE
            WHEN NEW.status <> OLD.status
                THEN CASE WHEN current_setting('app.forced_job', true) = NEW.id::text THEN 'forced' ELSE 'status' END
            WHEN NEW.rerun_requested AND NOT OLD.rerun_requested THEN 'rerun_requested'
            WHEN NEW.cancel_requested AND NOT OLD.cancel_requested THEN 'cancel_requested'
            WHEN NEW.held_reason IS DISTINCT FROM OLD.held_reason
                THEN CASE WHEN NEW.held_reason IS NULL THEN 'released' ELSE 'held' END
            ELSE 'flags_cleared' END;
        -- Who carries a request out clears its reason in the same statement.
        asked := coalesce(NEW.request_reason, CASE WHEN OLD.rerun_requested OR OLD.cancel_requested
                                                   THEN OLD.request_reason END);
    END IF;
    INSERT INTO job_events
        (job_id, kind, old_status, new_status, attempt_id, detail, reason, actor, current_user_name, jwt_subject,
         application_name)
    VALUES (
        NEW.id, what, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, NEW.current_attempt_id,
        jsonb_strip_nulls(jsonb_build_object(
            'error_code', NEW.error_details ->> 'code',
            'held_reason', NEW.held_reason,
            'rerun_requested', nullif(NEW.rerun_requested, false),
            'cancel_requested', nullif(NEW.cancel_requested, false))),
        coalesce(nullif(current_setting('app.reason', true), ''), asked),
        nullif(current_setting('app.actor', true), ''),
        coalesce(nullif(current_setting('role', true), 'none'), session_user),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub',
        current_setting('application_name', true));
    RETURN NULL;
END $$
"""

KEEP = """
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.pruning_events', true) = 'on'
       AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'job_events is append-only: % is refused', lower(TG_OP)
        USING ERRCODE = 'RQ002', HINT = 'Old entries go with: SELECT prune_events(age_seconds, row_limit).';
END $$
"""

# A job that is still under way keeps its whole history, and nobody can hide what was done today.
PRUNE = """
CREATE FUNCTION prune_events(age_seconds double precision, row_limit integer) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    pruned bigint;
BEGIN
    IF age_seconds IS NULL OR age_seconds < 86400 OR row_limit IS NULL OR row_limit < 1 THEN
        RAISE EXCEPTION 'events younger than a day stay, and at least one row must be asked for'
            USING ERRCODE = 'RQ002', HINT = 'SELECT prune_events(31536000, 5000) takes 5000 that are older than a year.';
    END IF;
    PERFORM set_config('app.pruning_events', 'on', true);
    DELETE FROM job_events WHERE id IN (
        SELECT e.id FROM job_events e LEFT JOIN jobs j ON j.id = e.job_id
        WHERE e.at < now() - make_interval(secs => age_seconds)
          AND (j.id IS NULL OR j.status IN ('completed', 'failed', 'cancelled'))
        ORDER BY e.at LIMIT row_limit);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM set_config('app.pruning_events', '', true);
    RETURN pruned;
END $$
"""

KEPT = """
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON job_events
FOR EACH STATEMENT EXECUTE FUNCTION keep_history()
"""

# A flag that is set with psql counts from then on: views and alarms go by updated_at.
STAMP = """
CREATE FUNCTION stamp_request() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$
"""
STAMPED = """
CREATE TRIGGER stamp_request BEFORE UPDATE OF rerun_requested, cancel_requested, held_reason ON jobs
FOR EACH ROW WHEN (
    NEW.rerun_requested <> OLD.rerun_requested OR NEW.cancel_requested <> OLD.cancel_requested
    OR NEW.held_reason IS DISTINCT FROM OLD.held_reason)
EXECUTE FUNCTION stamp_request()
"""

BEFORE = """
CREATE OR REPLACE FUNCTION record_job_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text;
BEGIN
    what := CASE
        WHEN TG_OP = 'INSERT' THEN 'created'
        WHEN NEW.status IS DISTINCT FROM OLD.status THEN 'status'
        WHEN NEW.rerun_requested AND NOT OLD.rerun_requested THEN 'rerun_requested'
        WHEN NEW.cancel_requested AND NOT OLD.cancel_requested THEN 'cancel_requested'
        WHEN NEW.held_reason IS DISTINCT FROM OLD.held_reason
            THEN CASE WHEN NEW.held_reason IS NULL THEN 'released' ELSE 'held' END
        ELSE 'flags_cleared' END;
    INSERT INTO job_events
        (job_id, kind, old_status, new_status, attempt_id, detail, reason, actor, jwt_subject, application_name)
    VALUES (
        NEW.id, what, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, NEW.current_attempt_id,
        jsonb_strip_nulls(jsonb_build_object(
            'error_code', NEW.error_details ->> 'code',
            'held_reason', NEW.held_reason,
            'rerun_requested', nullif(NEW.rerun_requested, false),
            'cancel_requested', nullif(NEW.cancel_requested, false))),
        coalesce(nullif(current_setting('app.reason', true), ''), NEW.request_reason),
        nullif(current_setting('app.actor', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub',
        current_setting('application_name', true));
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for sql in (RECORD, KEEP, PRUNE, KEPT, STAMP, STAMPED):
        op.execute(sql.replace("{schema}", schema))
    op.execute(f"ALTER FUNCTION wake_reconciler() SECURITY DEFINER SET search_path = {schema}, pg_temp")


def downgrade() -> None:
    op.execute("ALTER FUNCTION wake_reconciler() SECURITY INVOKER RESET search_path")
    op.execute("DROP TRIGGER stamp_request ON jobs")
    op.execute("DROP FUNCTION stamp_request()")
    op.execute("DROP TRIGGER keep_history ON job_events")
    op.execute("DROP FUNCTION prune_events(double precision, integer)")
    op.execute("DROP FUNCTION keep_history()")
    # Replacing a function takes its own properties as given here, but keeps what ALTER set.
    op.execute("ALTER FUNCTION record_job_event() RESET search_path")
    op.execute(BEFORE)
