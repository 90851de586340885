"""History by trigger, and a wake-up for the daemon.

Code alone would miss what is done with psql; the trigger alone would miss why. So the trigger writes, and the reason and
the actor travel in transaction-local settings (app.reason, app.actor).
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RECORD = """
CREATE FUNCTION record_job_event() RETURNS trigger LANGUAGE plpgsql AS $$
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

RECORDED = """
CREATE TRIGGER job_events_on_insert AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION record_job_event();
CREATE TRIGGER job_events_on_update AFTER UPDATE OF status, rerun_requested, cancel_requested, held_reason ON jobs
FOR EACH ROW WHEN (
    NEW.status IS DISTINCT FROM OLD.status OR NEW.rerun_requested <> OLD.rerun_requested
    OR NEW.cancel_requested <> OLD.cancel_requested OR NEW.held_reason IS DISTINCT FROM OLD.held_reason)
EXECUTE FUNCTION record_job_event()
"""

# One NOTIFY a statement and only where there is something to do: NOTIFY takes a database-wide lock at commit.
WAKE = """
CREATE FUNCTION wake_reconciler() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('reconciler_wake', '');
    RETURN NULL;
END $$
"""

WOKEN = """
CREATE TRIGGER wake_on_insert AFTER INSERT ON jobs FOR EACH STATEMENT EXECUTE FUNCTION wake_reconciler();
CREATE TRIGGER wake_on_request AFTER UPDATE OF rerun_requested, cancel_requested ON jobs
FOR EACH ROW WHEN (
    (NEW.rerun_requested AND NOT OLD.rerun_requested) OR (NEW.cancel_requested AND NOT OLD.cancel_requested))
EXECUTE FUNCTION wake_reconciler()
"""


def upgrade() -> None:
    for sql in (RECORD, RECORDED, WAKE, WOKEN):
        op.execute(sql)


def downgrade() -> None:
    for trigger in ("wake_on_request", "wake_on_insert", "job_events_on_update", "job_events_on_insert"):
        op.execute(f"DROP TRIGGER {trigger} ON jobs")
    op.execute("DROP FUNCTION wake_reconciler()")
    op.execute("DROP FUNCTION record_job_event()")
