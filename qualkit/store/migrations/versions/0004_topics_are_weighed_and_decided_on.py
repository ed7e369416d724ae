"""Topics are weighed and decided on, codes tied to constructs, and the talk has a map."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

JUDGEMENTS = ("topic_decision", "construct_link", "intrusion_answer")
"""Tables of what people judged, which nothing can make again."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "construct_link",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code_key", sa.String(length=200), nullable=False),
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("construct_key", sa.String(length=200), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("coder_id", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f("fk_construct_link_coder_id_coder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_construct_link")),
    )
    op.create_table(
        "intrusion_answer",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("coder_id", sa.String(length=36), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("intruder", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f("fk_intrusion_answer_coder_id_coder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intrusion_answer")),
    )
    op.create_index(op.f("ix_intrusion_answer_topic_id_coder_id"), "intrusion_answer", ["topic_id", "coder_id"], unique=False)

    op.create_table(
        "landscape",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("n_segments", sa.Integer(), nullable=False),
        sa.Column("n_outliers", sa.Integer(), nullable=False),
        sa.Column("n_placed", sa.Integer(), nullable=False),
        sa.Column("n_draws", sa.Integer(), nullable=False),
        sa.Column("n_group_draws", sa.Integer(), nullable=False),
        sa.Column("draw_ari", sa.Float(), nullable=True),
        sa.Column("draw_nmi", sa.Float(), nullable=True),
        sa.Column("kept_ari", sa.Float(), nullable=True),
        sa.Column("group_ari", sa.Float(), nullable=True),
        sa.Column("diversity", sa.Float(), nullable=False),
        sa.Column("likeness", sa.JSON(), nullable=False),
        sa.Column("merges", sa.JSON(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_landscape_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_landscape")),
    )
    op.create_table(
        "topic_decision",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("coder_id", sa.String(length=36), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code_key", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f("fk_topic_decision_coder_id_coder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_decision")),
    )
    op.create_index(op.f("ix_topic_decision_topic_id"), "topic_decision", ["topic_id"], unique=False)

    op.create_table(
        "place",
        sa.Column("segment_id", sa.String(length=36), nullable=False),
        sa.Column("x", sa.Float(), nullable=False),
        sa.Column("y", sa.Float(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_place_segment_id_segment")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_place")),
    )
    for name, empty in (("phrases", "[]"), ("placed_segment_ids", "[]"), ("likeness", "{}")):
        op.add_column("topic", sa.Column(name, sa.JSON(), nullable=False, server_default=empty))
    op.add_column("topic", sa.Column("returns", sa.Float(), nullable=True))
    op.add_column("topic", sa.Column("returns_without", sa.Float(), nullable=True))
    op.drop_column("topic", "nearest_code_keys")


def downgrade() -> None:
    """Take back. Raises `RuntimeError` while people's judgements would be lost."""
    connection = op.get_bind()
    for name in JUDGEMENTS:
        if n := connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar():
            raise RuntimeError(
                f"The database cannot go back to schema {down_revision}: its table {name} holds {n} of people's judgements, "
                "which would be lost; open it with this qualkit, or go back to the copy that was made before it was migrated."
            )
    op.add_column("topic", sa.Column("nearest_code_keys", sa.JSON(), nullable=False, server_default="[]"))
    for name in ("returns_without", "returns", "likeness", "placed_segment_ids", "phrases"):
        op.drop_column("topic", name)
    op.drop_table("place")
    op.drop_index(op.f("ix_topic_decision_topic_id"), table_name="topic_decision")

    op.drop_table("topic_decision")
    op.drop_table("landscape")
    op.drop_index(op.f("ix_intrusion_answer_topic_id_coder_id"), table_name="intrusion_answer")

    op.drop_table("intrusion_answer")
    op.drop_table("construct_link")
