"""Suggestions say which codebook lines and coded segments speak for them, and machine coders are ruled on, code by code."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    op.add_column("assignment", sa.Column("lines", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("assignment", sa.Column("neighbours", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("assignment", sa.Column("is_sure", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "verdict",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("code_key", sa.String(length=200), nullable=False),
        sa.Column("ruling", sa.Text(), nullable=False),
        sa.Column("n_segments", sa.Integer(), nullable=False),
        sa.Column("n_positive", sa.Integer(), nullable=False),
        sa.Column("n_transcripts", sa.Integer(), nullable=False),
        sa.Column("kappa", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("human_kappa", sa.Float(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("verdict")
    op.drop_column("assignment", "is_sure")
    op.drop_column("assignment", "neighbours")
    op.drop_column("assignment", "lines")
