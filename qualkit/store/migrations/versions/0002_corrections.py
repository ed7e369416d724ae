"""Transcripts get marks and may be unfinished, corrections of them are kept, and a run names what it could not use."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""
    op.add_column("transcript", sa.Column("marks", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("transcript", sa.Column("heard_s", sa.Float(), nullable=True))
    op.add_column("run", sa.Column("problems", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index(op.f("ix_segment_turn_id"), "segment", ["turn_id"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("transcript_id", sa.String(length=36), nullable=False),
        sa.Column("coder_id", sa.String(length=36), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("turns_before", sa.JSON(), nullable=False),
        sa.Column("turns_after", sa.JSON(), nullable=False),
        sa.Column("segments_before", sa.JSON(), nullable=False),
        sa.Column("segments_after", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f("fk_correction_coder_id_coder")),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_correction_transcript_id_transcript")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_correction_transcript_id_superseded_at"), ["transcript_id", "superseded_at"], unique=False
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_transcript_id_superseded_at"))

    op.drop_table("correction")
    op.drop_index(op.f("ix_segment_turn_id"), table_name="segment")
    op.drop_column("run", "problems")
    op.drop_column("transcript", "heard_s")
    op.drop_column("transcript", "marks")
