"""Raters say how strongly constructs helped or hindered in a case, and what they agree on afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

JUDGEMENTS = ("rating", "rating_consensus")


def upgrade() -> None:
    """Apply."""
    for name, rests_on in zip(JUDGEMENTS, ("concrete_segment_ids", "rating_ids"), strict=True):
        op.create_table(
            name,
            sa.Column("id", sa.String(length=64), nullable=False),
            sa.Column("construct_key", sa.String(length=200), nullable=False),
            sa.Column("case_id", sa.String(length=64), nullable=False),
            sa.Column("coder_id", sa.String(length=36), nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column(rests_on, sa.JSON(), nullable=False),
            sa.Column("made_at", sa.Text(), nullable=False),
            sa.Column("superseded_at", sa.Text(), nullable=True),
            sa.ForeignKeyConstraint(["coder_id"], ["coder.id"], name=op.f(f"fk_{name}_coder_id_coder")),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        )
        op.create_index(op.f(f"ix_{name}_construct_key_case_id"), name, ["construct_key", "case_id"], unique=False)


def downgrade() -> None:
    """Take back. Raises `RuntimeError` while people's ratings would be lost."""
    connection = op.get_bind()
    for name in JUDGEMENTS:
        if n := connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar():
            raise RuntimeError(
                f"The database cannot go back to schema {down_revision}: its table {name} holds {n} of people's judgements, "
                "which would be lost; open it with this qualkit, or go back to the copy that was made before it was migrated."
            )
    for name in JUDGEMENTS:
        op.drop_index(op.f(f"ix_{name}_construct_key_case_id"), table_name=name)

        op.drop_table(name)
