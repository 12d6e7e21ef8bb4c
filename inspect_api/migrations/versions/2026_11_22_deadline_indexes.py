"""What the clock looks for among disputes and corrective actions is found without reading those that are done."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5d2b80c6e1f4"
down_revision: str | None = "9c1e7d40ab35"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_LATE = sa.text("state = 'open' AND escalated_at IS NULL")
_FIXED = sa.text("state = 'fixed'")


def upgrade() -> None:
    for name, table, column, where in _INDEXES:
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table_name=table)


_INDEXES = (
    ("ix_dispute_to_escalate", "dispute", "due_at", _LATE),
    ("ix_corrective_action_to_escalate", "corrective_action", "due_at", _LATE),
    ("ix_corrective_action_fixed", "corrective_action", "fixed_at", _FIXED),
)
