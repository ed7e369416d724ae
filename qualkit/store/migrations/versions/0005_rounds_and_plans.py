"""Rounds are closed and have a purpose, plans say who codes what, a judgement can be taken back, a decision has evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "plan",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("seed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_plan_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_table(
        "round_note",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("coder_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("segment_id", sa.Text(), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f("fk_round_note_coder_id_coder")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_note_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_note")),
    )
    op.create_index(op.f("ix_round_note_round_id"), "round_note", ["round_id"], unique=False)
    op.create_table(
        "codebook_change",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code_keys", sa.JSON(), nullable=False),
        sa.Column("new_keys", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("coder_id", sa.String(length=36), nullable=False),
        sa.Column("before_sha256", sa.String(length=64), nullable=False),
        sa.Column("after_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f("fk_codebook_change_coder_id_coder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codebook_change")),
    )
    op.add_column("round", sa.Column("closed_at", sa.Text(), nullable=True))
    op.add_column("round", sa.Column("purpose", sa.Text(), nullable=False, server_default="independent"))
    op.add_column("round", sa.Column("segment_ids", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("visit", sa.Column("is_current", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(op.f("ix_visit_coder_id_round_id"), "visit", ["coder_id", "round_id"], unique=False)
    op.add_column("theme", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("decision", sa.Column("evidence", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("decision", sa.Column("votes", sa.JSON(), nullable=False, server_default="null"))


def downgrade() -> None:
    """Take back. Raises `RuntimeError` while a round but a plain first one, or anything people did since, would be lost."""
    connection = op.get_bind()
    kept = {
        "rounds after the first, closed, or with a purpose or scope of their own": (
            "select count(*) from round where number > 1 or closed_at is not null or purpose != 'independent' "
            "or cast(segment_ids as text) != '[]'"
        ),
        "plans of who codes what": "select count(*) from plan",
        "notes of discussions": "select count(*) from round_note",
        "changes of the codebook with their reasons": "select count(*) from codebook_change",
        "judgements taken back": "select count(*) from visit where not is_current",
        "decisions that rest on marked words": "select count(*) from decision where cast(evidence as text) != '[]'",
    }
    for what, query in kept.items():
        if n := connection.execute(sa.text(query)).scalar():
            raise RuntimeError(
                f"The database cannot go back to schema {down_revision}: it holds {n} {what}, which would be lost; open it "
                "with this qualkit, or go back to the copy that was made before it was migrated."
            )
    op.drop_column("decision", "votes")
    op.drop_column("decision", "evidence")
    op.drop_column("theme", "position")
    op.drop_index(op.f("ix_visit_coder_id_round_id"), table_name="visit")

    op.drop_column("visit", "is_current")
    for name in ("segment_ids", "purpose", "closed_at"):
        op.drop_column("round", name)
    op.drop_index(op.f("ix_round_note_round_id"), table_name="round_note")
    op.drop_table("round_note")
    op.drop_table("plan")
    op.drop_table("codebook_change")
