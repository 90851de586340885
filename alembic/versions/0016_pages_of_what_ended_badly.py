"""Find a page of failed or cancelled jobs, and of runs, however many there are of the others.

Built without keeping anybody from writing. One that a crash left half-built is dropped first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_jobs_ended_badly": ("jobs", ["status", "created_at", "id"], "status IN ('failed', 'cancelled')"),
    "ix_camber_runs_created_at": ("camber_runs", ["created_at", "id"], None),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, columns, where) in INDEXES.items():
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(
                name, table, columns, postgresql_where=where and sa.text(where), postgresql_concurrently=True
            )


def downgrade() -> None:
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
