"""Tell the product of every job that ended: NOTIFY job_finished, and a row in the outbox.

By trigger, because a job also ends by an operator's hand. The trigger waits for the commit: what it tells of the document
was written by the same transaction, after the status. It runs with its owner's rights: who may end a job need not be
allowed to read documents or write the outbox.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TELL = """
CREATE FUNCTION tell_product() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    event text := 'job.' || NEW.status;
BEGIN
    PERFORM pg_notify('job_finished', jsonb_build_object('job_id', NEW.id, 'status', NEW.status)::text);
    INSERT INTO outbox (job_id, event, payload)
    SELECT NEW.id, event, jsonb_strip_nulls(jsonb_build_object(
        'event', event,
        'job_id', NEW.id,
        'status', NEW.status,
        'completed_at', to_jsonb(NEW.completed_at),
        'error', CASE WHEN NEW.status = 'failed'
            THEN jsonb_build_object(
                'code', NEW.error_details ->> 'code',
                'stage', NEW.error_details ->> 'stage',
                'advice', NEW.error_details ->> 'advice') END,
        'artifacts', document.artifacts,
        'metrics', CASE WHEN document.job_id IS NOT NULL THEN jsonb_build_object(
            'quality_score', document.quality_score,
            'ocr_confidence', document.ocr_confidence,
            'portal', document.portal_outputs) END))
      FROM (SELECT) AS always
      LEFT JOIN documents AS document
        ON document.job_id = NEW.id AND document.attempt_id = NEW.current_attempt_id AND NEW.status = 'completed';
    RETURN NULL;
END $$
"""

TOLD = """
CREATE CONSTRAINT TRIGGER tell_product_on_end AFTER UPDATE OF status ON jobs
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status AND NEW.status IN ('completed', 'failed', 'cancelled'))
EXECUTE FUNCTION tell_product()
"""

COMMENT = "COMMENT ON FUNCTION tell_product() IS 'Trigger: tells the product of a job that ended, at the commit'"

PRUNED = "CREATE INDEX ix_outbox_created_at ON outbox (created_at)"


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for sql in (TELL.replace("{schema}", schema), TOLD, PRUNED, COMMENT):
        op.execute(sql)


def downgrade() -> None:
    op.execute("DROP TRIGGER tell_product_on_end ON jobs")
    op.execute("DROP FUNCTION tell_product()")
    op.execute("DROP INDEX ix_outbox_created_at")
