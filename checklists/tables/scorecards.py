"""What is published: scorecards with every version kept, and the runs of reports."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from checklists.tables.columns import id_field, instant, json_text, reference


class Scorecard(SQLModel, table=True):
    """One published version of an employee's week; never updated.

    ``version``: 0 is the provisional one, 1 the final one, then a correction each. ``total``: exact fraction as text.
    ``body``: canonical JSON of the whole week's score; ``digest``: SHA-256 over what it was made from. ``reason``: JSON
    list of what made a correction necessary, empty before.
    """

    __table_args__ = (
        UniqueConstraint("employee_id", "week", "version"),
        Index("ix_scorecard_site_week", "site_id", "week"),
    )

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    site_id: str = reference("site.id")
    employee_id: str = reference("employee.id")
    week: str = Field(max_length=8, index=True)
    version: int
    total: str | None = None
    grade: str | None = None
    body: str = json_text()
    digest: str = Field(max_length=64)
    reason: str = ""
    published_at: datetime = instant()


class PublishedWeek(SQLModel, table=True):
    """How far a site's week has been published.

    ``rules``: JSON of the scoring rules that held when it first was; a later setting changes no earlier week.
    ``checked_until``: inspections updated until then are in the newest versions.
    """

    __tablename__ = "published_week"

    site_id: str = reference("site.id", index=False, primary_key=True)
    week: str = Field(primary_key=True, max_length=8)
    organisation_id: str = reference("organisation.id", index=False)
    final: bool = False
    rules: str = json_text()
    checked_until: datetime = instant()
    published_at: datetime = instant()


class RunState(StrEnum):
    """``handed_over``: the whole mail was with the server, its answer is not known (the process died there)."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"


class ReportRun(SQLModel, table=True):
    """One mail to one recipient, claimed with a lease before it is sent. ``revision`` counts deliberate re-sends.

    ``about``: the id of the event that a notice is about; empty for the mail on a week.
    """

    __tablename__ = "report_run"
    __table_args__ = (UniqueConstraint("report", "site_id", "period", "about", "revision", "recipient_id"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    report: str
    site_id: str = reference("site.id")
    period: str = Field(max_length=8)
    about: str = Field(default="", max_length=36, sa_column_kwargs={"server_default": ""})
    revision: int = 1
    recipient_id: str = reference("app_user.id")
    state: str = Field(default=RunState.PLANNED, index=True)
    message_id: str
    attempts: int = 0
    next_attempt_at: datetime = instant()
    claimed_by: str | None = None
    lease_until: datetime | None = instant(nullable=True)
    last_error: str | None = None
    sent_at: datetime | None = instant(nullable=True)
    planned_at: datetime = instant()
