"""Ways in: one-time links, and the log-ins that failed."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from checklists.tables.columns import id_field, instant, reference


class PasswordLink(SQLModel, table=True):
    """A link by which a user sets a password once. Only the hash of its secret is kept."""

    __tablename__ = "password_link"

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    user_id: str = reference("app_user.id")
    token_hash: str = Field(unique=True, max_length=64)
    made_by: str | None = reference("app_user.id", nullable=True, index=False)
    made_at: datetime = instant()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class LoginFailure(SQLModel, table=True):
    """A log-in that failed, or is not decided yet. ``id``: of the attempt, and what ``key`` is of.

    ``key``: SHA-256 of the account, or of the address it came from: neither is readable.
    """

    __tablename__ = "login_failure"
    __table_args__ = (Index("ix_login_failure_key_at", "key", "at"),)

    id: str = Field(primary_key=True, max_length=48)
    key: str = Field(max_length=64)
    at: datetime = instant(index=True)
