"""Users take turns: whose turn it was."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_turns",
        sa.Column(
            "priority",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="each priority has its own round",
        ),
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="the person"),
        sa.Column(
            "served_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when a job of theirs was last planned",
        ),
        sa.PrimaryKeyConstraint("priority", "user_id", name=op.f("pk_user_turns")),
        comment="Whose turn it was: the claim goes on behind the user who was served last",
    )
    op.create_index("ix_user_turns_served", "user_turns", ["priority", sa.text("served_at DESC")])


def downgrade() -> None:
    op.drop_table("user_turns")
