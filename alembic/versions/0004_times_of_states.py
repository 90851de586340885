"""Which times and findings belong to which state.

Not valid at first: new writes are held to the rules at once and no table is read under a lock; 0005 looks at the old rows.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RULES = (
    ("jobs", "pending_has_no_attempt", "status <> 'pending' OR current_attempt_id IS NULL"),
    ("jobs", "processing_has_start", "status <> 'processing' OR started_at IS NOT NULL"),
    ("jobs", "completed_has_attempt", "status <> 'completed' OR current_attempt_id IS NOT NULL"),
    (
        "jobs",
        "counts_not_negative",
        "attempt_count >= 0 AND platform_faults >= 0 AND own_faults >= 0 AND unknown_launches >= 0",
    ),
    ("jobs", "max_attempts_positive", "max_attempts > 0"),
    ("camber_runs", "over_has_no_next_look", "state NOT IN ('finished', 'held') OR next_poll_at IS NULL"),
    (
        "camber_runs",
        "submitted_has_times",
        "state NOT IN ('submitted', 'queued', 'running', 'collecting') OR (submitted_at IS NOT NULL AND queue_deadline IS NOT NULL)",
    ),
    (
        "camber_runs",
        "running_has_times",
        "state <> 'running' OR (started_at IS NOT NULL AND run_deadline IS NOT NULL)",
    ),
    ("camber_runs", "collecting_has_deadline", "state <> 'collecting' OR collect_deadline IS NOT NULL"),
    ("job_attempts", "succeeded_has_result", "state <> 'succeeded' OR result IS NOT NULL"),
    ("job_attempts", "failed_has_error", "state <> 'failed' OR error IS NOT NULL"),
    ("breakers", "open_has_retry", "state <> 'open' OR (opened_at IS NOT NULL AND retry_at IS NOT NULL)"),
)


def upgrade() -> None:
    for table, name, rule in RULES:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule, postgresql_not_valid=True)


def downgrade() -> None:
    for table, name, _ in reversed(RULES):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
