"""What has to be deleted by rule, as work that is claimed with a lease."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from checklists.tables.columns import id_field, instant, reference


class DeletionState(StrEnum):
    """``marked``: nobody sees it any more, its bytes are still there."""

    PLANNED = "planned"
    MARKED = "marked"


class Deletion(SQLModel, table=True):
    """Something whose time is over: ``kind`` photo, week or log; ``object_id``: its hash, site and week, or day.

    The row goes when it is done; the audit log says that it was.
    """

    __table_args__ = (UniqueConstraint("organisation_id", "kind", "object_id"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    kind: str
    object_id: str
    state: str = Field(default=DeletionState.PLANNED, index=True)
    next_attempt_at: datetime = instant(index=True)
    claimed_by: str | None = None
    lease_until: datetime | None = instant(nullable=True)
    last_error: str | None = None
    planned_at: datetime = instant()
