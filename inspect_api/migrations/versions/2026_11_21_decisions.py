"""Decisions about inspections, receipts of scorecards, and an index for a site's published weeks."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b0d3c1a97e52"
down_revision: str | None = "62661d32f1b0"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "inspection_decision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("inspection_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"]),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"]),
        sa.ForeignKeyConstraint(["actor_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_inspection_decision_inspection_id", "inspection_decision", ["inspection_id"])
    op.create_table(
        "scorecard_receipt",
        sa.Column("employee_id", sa.String(length=36), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"]),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("employee_id", "week", "version"),
    )
    op.create_index("ix_scorecard_site_week", "scorecard", ["site_id", "week"])


def downgrade() -> None:
    op.drop_index("ix_scorecard_site_week", table_name="scorecard")
    op.drop_table("scorecard_receipt")
    op.drop_index("ix_inspection_decision_inspection_id", table_name="inspection_decision")
    op.drop_table("inspection_decision")
