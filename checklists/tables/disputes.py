"""What follows from a finding: the dispute of the person it was held against, and the action that mends it.

Rows of the two histories are insert-only; the row of a dispute or an action is where it stands now.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from checklists.tables.columns import ID_LENGTH, id_field, instant, json_text, reference

_LATE = text("state = 'open' AND escalated_at IS NULL")
"""What the clock looks for every few seconds among years of what is done."""
_FIXED = text("state = 'fixed'")


class SiteDay(SQLModel, table=True):
    """A day on which a site's calendar differs from the week: a holiday, or a weekend day that is worked."""

    __tablename__ = "site_day"

    site_id: str = reference("site.id", index=False, primary_key=True)
    day: date = Field(primary_key=True)
    organisation_id: str = reference("organisation.id", index=False)
    working: bool = False
    name: str = ""


class DisputeState(StrEnum):
    """``open``: waits for a reviewer, its inspection is under review. ``answered``: it does not."""

    OPEN = "open"
    ANSWERED = "answered"


class Outcome(StrEnum):
    KEEP = "keep"
    CHANGE = "change"
    VOID = "void"


class Dispute(SQLModel, table=True):
    """An employee's objection to one item of one inspection.

    ``value``: the response as it was disputed, JSON. ``round``: 1, or 2 once appealed; ``first_reviewer_id`` answered
    round 1, ``reviewer_id`` the latest one. ``due_at``: the end of the last working day for the answer at the site.
    """

    __table_args__ = (
        UniqueConstraint("inspection_id", "item_key", "employee_id"),
        Index("ix_dispute_organisation_state", "organisation_id", "state"),
        Index("ix_dispute_site_state", "site_id", "state"),
        Index("ix_dispute_to_escalate", "due_at", sqlite_where=_LATE, postgresql_where=_LATE),
    )

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    site_id: str = reference("site.id", index=False)
    employee_id: str = reference("employee.id")
    week: str = Field(max_length=8)
    inspection_id: str = reference("inspection.id", index=False)
    item_key: str
    value: str = json_text()
    reason: str
    photo: str | None = Field(default=None, max_length=64, index=True)
    state: str
    round: int
    opened_at: datetime = instant()
    due_at: datetime = instant()
    escalated_at: datetime | None = instant(nullable=True)
    first_reviewer_id: str | None = reference("app_user.id", nullable=True, index=False)
    reviewer_id: str | None = reference("app_user.id", nullable=True, index=False)
    outcome: str | None = None
    answer: str | None = None
    answered_at: datetime | None = instant(nullable=True)
    acknowledged_at: datetime | None = instant(nullable=True)


class DisputeStep(StrEnum):
    OPENED = "opened"
    ESCALATED = "escalated"
    ANSWERED = "answered"
    APPEALED = "appealed"
    ACKNOWLEDGED = "acknowledged"


class DisputeEvent(SQLModel, table=True):
    """``actor_id``: None for what the clock did. ``value``: the new response, JSON; ``change_id``: what wrote it."""

    __tablename__ = "dispute_event"

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    dispute_id: str = reference("dispute.id")
    step: str
    actor_id: str | None = reference("app_user.id", nullable=True, index=False)
    outcome: str | None = None
    value: str | None = json_text(nullable=True)
    note: str = ""
    change_id: str | None = Field(default=None, max_length=ID_LENGTH, index=True)
    at: datetime = instant()


class ActionState(StrEnum):
    """``fixed``: said to be mended, waits for the inspection that confirms it. ``withdrawn``: there was no need."""

    OPEN = "open"
    FIXED = "fixed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ActionOrigin(StrEnum):
    MANUAL = "manual"
    CRITICAL_ITEM = "critical_item"
    LOW_GRADE = "low_grade"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class CorrectiveAction(SQLModel, table=True):
    """Something to be mended by ``owner_id`` until ``due_at``, the end of a day at the site.

    ``origin_key`` is unique: what a rule made once is never made again. Without ``item_key`` it is about the employee
    (a low grade in ``week``). ``fix_photo``: SHA-256. ``reinspection_id``: the inspection that looked last.
    """

    __tablename__ = "corrective_action"
    __table_args__ = (
        Index("ix_corrective_action_site_state", "site_id", "state"),
        Index("ix_corrective_action_to_escalate", "due_at", sqlite_where=_LATE, postgresql_where=_LATE),
        Index("ix_corrective_action_fixed", "fixed_at", sqlite_where=_FIXED, postgresql_where=_FIXED),
    )

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    site_id: str = reference("site.id", index=False)
    origin: str
    origin_key: str = Field(unique=True)
    inspection_id: str | None = reference("inspection.id", nullable=True)
    item_key: str | None = None
    employee_id: str | None = reference("employee.id", nullable=True)
    workspace_id: str | None = reference("workspace.id", nullable=True, index=False)
    week: str | None = Field(default=None, max_length=8)
    task: str
    owner_id: str | None = reference("app_user.id", nullable=True)
    priority: str
    state: str
    due_at: datetime = instant()
    escalated_at: datetime | None = instant(nullable=True)
    created_by: str | None = reference("app_user.id", nullable=True, index=False)
    created_at: datetime = instant()
    fixed_by: str | None = reference("app_user.id", nullable=True, index=False)
    fixed_at: datetime | None = instant(nullable=True)
    fix_note: str | None = None
    fix_photo: str | None = Field(default=None, max_length=64, index=True)
    reinspection_id: str | None = reference("inspection.id", nullable=True, index=False)
    reopened: int = 0
    closed_at: datetime | None = instant(nullable=True)


class ActionStep(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    FIXED = "fixed"
    REPORTED_LATE = "reported_late"
    """Of a fix, by a tablet that came back when the round was over: kept, and of no effect."""
    REOPENED = "reopened"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"


class CorrectiveActionEvent(SQLModel, table=True):
    """``actor_id``: None for what a rule or the clock did. ``detail``: JSON of what was set."""

    __tablename__ = "corrective_action_event"

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    action_id: str = reference("corrective_action.id")
    step: str
    actor_id: str | None = reference("app_user.id", nullable=True, index=False)
    note: str = ""
    detail: str = json_text(default="{}")
    at: datetime = instant()
