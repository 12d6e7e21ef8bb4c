"""Who wants which mail, when it is due, and which addresses no longer take any."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from checklists.tables.columns import id_field, instant, json_text, reference


class ReportSchedule(SQLModel, table=True):
    """When an organisation's weekly mail is due and what it sends; without a row the settings and defaults hold.

    ``weekday``: days after the Monday that follows the week, 0..6. ``zone``: IANA name; None: each site's own clock.
    ``employees_from``, ``notices_from``: since when employees get their own result, and people of a dispute a notice;
    None: they do not. What came due before is not made up for.
    """

    __tablename__ = "report_schedule"

    organisation_id: str = reference("organisation.id", index=False, primary_key=True)
    weekday: int = 0
    hour: int = 8
    zone: str | None = None
    attachment: bool = False
    employees_from: datetime | None = instant(nullable=True)
    notices_from: datetime | None = instant(nullable=True)
    changed_by: str | None = reference("app_user.id", nullable=True, index=False)
    changed_at: datetime = instant()


class MailChoice(SQLModel, table=True):
    """What a recipient chose about one kind of report. ``attachment``: None leaves it to the organisation."""

    __tablename__ = "mail_choice"

    user_id: str = reference("app_user.id", index=False, primary_key=True)
    report: str = Field(primary_key=True)
    organisation_id: str = reference("organisation.id")
    unsubscribed_at: datetime | None = instant(nullable=True)
    attachment: bool | None = None
    changed_at: datetime = instant()


class MailAddress(SQLModel, table=True):
    """An address that a mail server refused for good. ``address``: in lower case. ``bounces``: one after the other,
    since the last mail that was taken. ``stopped_at``: no mail goes there until somebody clears it."""

    __tablename__ = "mail_address"

    organisation_id: str = reference("organisation.id", index=False, primary_key=True)
    address: str = Field(primary_key=True, max_length=254)
    bounces: int = 0
    last_answer: str = ""
    last_bounce_at: datetime = instant()
    stopped_at: datetime | None = instant(nullable=True)


class ScoringRevision(SQLModel, table=True):
    """Scoring rules as an organisation set them, one row for each time; the newest is what ``organisation`` holds.

    ``rules``: JSON of ``checklists.scoring.ScoringRules``. A week keeps those that held when it was first published.
    """

    __tablename__ = "scoring_revision"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    number: int
    rules: str = json_text()
    reason: str
    set_by: str = reference("app_user.id", index=False)
    set_at: datetime = instant()
