"""Sessions that end at once: a number that the user's tokens bear."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "3b8f27c5d914"
down_revision: str | None = "5d2b80c6e1f4"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("app_user", sa.Column("session_number", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("app_user") as table:
        table.drop_column("session_number")
