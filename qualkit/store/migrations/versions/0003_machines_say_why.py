"""Suggestions say what speaks for them, machine coders are ruled on, and segments are drawn and ordered to be coded."""

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
    op.create_table(
        "worth",
        sa.Column("segment_id", sa.String(length=36), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_worth_segment_id_segment")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_worth")),
    )
    op.create_table(
        "sample",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("segment_ids", sa.JSON(), nullable=False),
        sa.Column("drawn_at", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
    )
    op.create_index(op.f("ix_event_verb_actor_id"), "event", ["verb", "actor_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_event_verb_actor_id"), table_name="event")
    op.drop_table("sample")
    op.drop_table("worth")
    op.drop_table("verdict")
    op.drop_column("assignment", "is_sure")
    op.drop_column("assignment", "neighbours")
    op.drop_column("assignment", "lines")
