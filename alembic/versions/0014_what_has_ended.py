"""Find what has ended lately: for the pace of recent runs, the day's credits, and the scrape that shows them.

Built without keeping anybody from writing. One that a crash left half-built is dropped first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME = "ix_camber_runs_finished_at"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(NAME, "camber_runs", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            NAME,
            "camber_runs",
            ["finished_at"],
            postgresql_where=sa.text("finished_at IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(NAME, "camber_runs")
