"""How far inspections were made anew after an upgrade that understands more of their changes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a41f6d0b72c8"
down_revision: str | None = "3b8f27c5d914"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    table = op.create_table(
        "projection_replay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reached", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    # Whatever is there was made by a server that understood as much as version 1.
    op.bulk_insert(table, [{"id": 1, "version": 1, "reached": None}])


def downgrade() -> None:
    op.drop_table("projection_replay")
