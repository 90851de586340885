"""The indexes by which the claim skips from user to user, and by which the views find what is under way.

ix_jobs_due goes: the claim no longer asks for it, and beside ix_jobs_turn it would only mislead the planner.
Built without keeping anybody from writing. One that a crash left half-built is dropped first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_jobs_turn": (
        ["priority", "user_id", "available_at", "id"],
        "status = 'pending' AND held_reason IS NULL AND NOT rerun_requested AND NOT cancel_requested",
    ),
    "ix_jobs_in_flight": (["user_id"], "status = 'processing'"),
    "ix_jobs_open": (["created_at"], "status IN ('pending', 'processing')"),
    "ix_jobs_created_at": (["created_at"], None),
    "ix_jobs_completed_at": (["completed_at"], "completed_at IS NOT NULL"),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (columns, where) in INDEXES.items():
            op.drop_index(name, "jobs", postgresql_concurrently=True, if_exists=True)
            op.create_index(
                name, "jobs", columns, postgresql_where=where and sa.text(where), postgresql_concurrently=True
            )
        op.drop_index("ix_jobs_due", "jobs", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.create_index(
        "ix_jobs_due",
        "jobs",
        [sa.literal_column("priority DESC"), "available_at", "id"],
        postgresql_where=sa.text("status = 'pending' AND held_reason IS NULL"),
    )
    for name in INDEXES:
        op.drop_index(name, "jobs")
