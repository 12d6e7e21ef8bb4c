"""Mail by choice, one-time links, failed log-ins, scoring rules with history, and what has to be deleted by rule."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "4f0a6d2b91c7"
down_revision: str | None = "b0d3c1a97e52"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# The key of a report run had no name of its own: PostgreSQL gave it one, SQLite is told one here.
_CONVENTION = {"uq": "report_run_key"}
_POSTGRES_KEY = "report_run_report_site_id_period_revision_recipient_id_key"
_KEY = ["report", "site_id", "period", "revision", "recipient_id"]

# Columns that refer to a user: written out, since SQLite adds such a column in one statement only.
_WHO = (("quarantine", "decided_by"), ("template_revision", "created_by"))


def upgrade() -> None:
    op.create_table(
        "login_failure",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deletion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation_id", "kind", "object_id"),
    )
    op.create_table(
        "mail_address",
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("last_answer", sa.String(), nullable=False),
        sa.Column("last_bounce_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("organisation_id", "address"),
    )
    op.create_table(
        "mail_choice",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("report", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attachment", sa.Boolean(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "report"),
    )
    op.create_table(
        "password_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["app_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "report_schedule",
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("attachment", sa.Boolean(), nullable=False),
        sa.Column("employees_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notices_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.String(length=36), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["app_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("organisation_id"),
    )
    op.create_table(
        "scoring_revision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(length=36), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["app_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation_id", "number"),
    )
    op.create_index("ix_login_failure_at", "login_failure", ["at"])
    op.create_index("ix_login_failure_key_at", "login_failure", ["key", "at"])
    op.create_index("ix_deletion_next_attempt_at", "deletion", ["next_attempt_at"])
    op.create_index("ix_deletion_state", "deletion", ["state"])
    op.create_index("ix_mail_choice_organisation_id", "mail_choice", ["organisation_id"])
    op.create_index("ix_password_link_user_id", "password_link", ["user_id"])
    op.create_index("ix_scoring_revision_organisation_id", "scoring_revision", ["organisation_id"])
    op.add_column("employee", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("quarantine", sa.Column("decision", sa.String(), nullable=True))
    op.add_column("quarantine", sa.Column("decision_note", sa.String(), nullable=True))
    op.add_column("quarantine", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("template_revision", sa.Column("note", sa.String(), nullable=True))
    op.add_column("template_revision", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    for table, column in _WHO:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(36) REFERENCES app_user (id)")
    with op.batch_alter_table("report_run", naming_convention=_CONVENTION) as batch_op:
        batch_op.drop_constraint(_key_name(), type_="unique")
        batch_op.add_column(sa.Column("about", sa.String(length=36), server_default="", nullable=False))
        batch_op.create_unique_constraint("report_run_key", [*_KEY, "about"])


def downgrade() -> None:
    op.execute("DELETE FROM report_run WHERE about <> ''")
    with op.batch_alter_table("report_run") as batch_op:
        batch_op.drop_constraint("report_run_key", type_="unique")
        batch_op.drop_column("about")
        batch_op.create_unique_constraint(_POSTGRES_KEY, _KEY)
    for table, columns in (
        ("template_revision", ("created_by", "approved_at", "note")),
        ("quarantine", ("decided_by", "decided_at", "decision_note", "decision")),
        ("employee", ("erased_at",)),
    ):
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
    for table in (
        "scoring_revision",
        "report_schedule",
        "password_link",
        "mail_choice",
        "mail_address",
        "deletion",
        "login_failure",
    ):
        op.drop_table(table)


def _key_name() -> str:
    return _POSTGRES_KEY if op.get_bind().dialect.name == "postgresql" else "report_run_key"
