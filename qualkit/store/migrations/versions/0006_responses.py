"""People say which segment answers which."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "response",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("segment_id", sa.String(length=36), nullable=False),
        sa.Column("to_segment_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("coder_id", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_response_segment_id_segment")),
        sa.ForeignKeyConstraint(["to_segment_id"], ["segment.id"], name=op.f("fk_response_to_segment_id_segment")),
        sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f("fk_response_coder_id_coder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
    )
    op.create_index(op.f("ix_response_segment_id"), "response", ["segment_id"], unique=False)


def downgrade() -> None:
    """Take back. Raises `RuntimeError` while responses that people recorded would be lost."""
    if n := op.get_bind().execute(sa.text("select count(*) from response")).scalar():
        raise RuntimeError(
            f"The database cannot go back to schema {down_revision}: it holds {n} responses that people recorded, which would "
            "be lost; open it with this qualkit, or go back to the copy that was made before it was migrated."
        )
    op.drop_index(op.f("ix_response_segment_id"), table_name="response")
    op.drop_table("response")
