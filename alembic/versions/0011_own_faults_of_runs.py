"""Exceptions of the reconciler itself are counted per run; whoever holds or releases a run is audited.

A run has no history of its own: what is done to it is told in the history of the jobs that it carries.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RECORD = """
CREATE FUNCTION record_run_hold() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
    INSERT INTO job_events
        (job_id, kind, old_status, new_status, attempt_id, detail, reason, actor, current_user_name, jwt_subject,
         application_name)
    SELECT a.job_id,
           CASE WHEN NEW.state = 'held' THEN 'run_held'
                WHEN NEW.state = 'unknown' THEN 'run_released' ELSE 'run_given_up' END,
           j.status, j.status, a.id,
           jsonb_build_object('run_id', NEW.id, 'run_state', NEW.state, 'camber_job_id', NEW.camber_job_id),
           coalesce(nullif(current_setting('app.reason', true), ''), NEW.reason_text),
           nullif(current_setting('app.actor', true), ''),
           coalesce(nullif(current_setting('role', true), 'none'), session_user),
           nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub',
           current_setting('application_name', true)
    FROM job_attempts a
    JOIN jobs j ON j.id = a.job_id
    WHERE a.run_id = NEW.id AND a.state = 'assigned';
    RETURN NULL;
END $$
"""

RECORDED = """
CREATE TRIGGER job_events_on_run_hold AFTER UPDATE OF state ON camber_runs
FOR EACH ROW WHEN ((NEW.state = 'held') <> (OLD.state = 'held'))
EXECUTE FUNCTION record_run_hold()
"""

# A run is held wherever our own code may fail around it.
HELD = """
SELECT 'run', old_state, 'held', 'held'
FROM unnest('{launching,submitted,queued,running,collecting,abandoned}'::text[]) AS old_state
"""


def upgrade() -> None:
    op.add_column(
        "camber_runs",
        sa.Column(
            "own_faults",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="faults of the reconciler itself around it",
        ),
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(RECORD.replace("{schema}", schema))
    op.execute(RECORDED)
    op.execute(f"INSERT INTO legal_transitions (subject, old_state, event, new_state) {HELD}")


def downgrade() -> None:
    op.execute("DELETE FROM legal_transitions WHERE event = 'held' AND old_state NOT IN ('planned', 'unknown')")
    op.execute("DROP TRIGGER job_events_on_run_hold ON camber_runs")
    op.execute("DROP FUNCTION record_run_hold()")
    op.drop_column("camber_runs", "own_faults")
