"""Disputes as people read them, who may, and what tablets get of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from checklists.periods import Week
from checklists.responses import Response
from checklists.tables import (
    Dispute,
    DisputeEvent,
    DisputeState,
    Employee,
    Inspection,
    Site,
    TemplateRevision,
    User,
    table_of,
)
from checklists.template import Bilingual, Item
from inspect_api.auth.principal import Principal
from inspect_api.calendars import last_day
from inspect_api.disputes.reviewers import authors, circle
from inspect_api.problems import Code, Problem
from sync import feed
from sync.revisions import load_revision

_dispute = table_of(Dispute)
_employee = table_of(Employee)
_event = table_of(DisputeEvent)
_inspection = table_of(Inspection)
_revision = table_of(TemplateRevision)
_site = table_of(Site)
_user = table_of(User)
_response = msgspec.json.Decoder(Response)


@dataclass(frozen=True)
class DisputeView:
    """A dispute with the names of what it is about. ``value``: the disputed response. ``outcome``: the latest."""

    id: str
    organisation_id: str
    site_id: str
    site: str
    zone: ZoneInfo
    employee_id: str
    employee: str
    number: str
    week: str
    inspection_id: str
    supervisor_id: str
    supervisor: str
    captured_at: datetime
    template: Bilingual
    item: Item
    value: Response
    reason: str
    photo: str | None
    state: str
    round: int
    opened_at: datetime
    due_at: datetime
    escalated_at: datetime | None
    first_reviewer_id: str | None
    reviewer_id: str | None
    reviewer: str | None
    outcome: str | None
    answer: str | None
    answered_at: datetime | None
    acknowledged_at: datetime | None

    @property
    def due_on(self) -> date:
        """The last day for the answer, at the site."""
        return last_day(self.due_at, self.zone)

    @property
    def is_open(self) -> bool:
        return self.state == DisputeState.OPEN


@dataclass(frozen=True)
class StepView:
    """One line of a dispute's history. ``actor``: None for what the clock did."""

    step: str
    actor: str | None
    outcome: str | None
    value: Response | None
    note: str
    at: datetime


_reviewer = _user.alias("reviewer")
_COPIED = (
    "id",
    "organisation_id",
    "site_id",
    "employee_id",
    "week",
    "inspection_id",
    "reason",
    "photo",
    "state",
    "round",
    "opened_at",
    "due_at",
    "escalated_at",
    "first_reviewer_id",
    "reviewer_id",
    "outcome",
    "answer",
    "answered_at",
    "acknowledged_at",
)
_VIEWS = (
    sa.select(
        _dispute,
        _site.c.name.label("site"),
        _site.c.zone,
        _employee.c.name.label("employee"),
        _employee.c.number,
        _inspection.c.supervisor_id,
        _inspection.c.captured_at,
        _inspection.c.template_revision_id,
        _user.c.name.label("supervisor"),
        _revision.c.body,
        _reviewer.c.name.label("reviewer"),
    )
    .join(_site, _site.c.id == _dispute.c.site_id)
    .join(_employee, _employee.c.id == _dispute.c.employee_id)
    .join(_inspection, _inspection.c.id == _dispute.c.inspection_id)
    .join(_user, _user.c.id == _inspection.c.supervisor_id)
    .join(_revision, _revision.c.id == _inspection.c.template_revision_id)
    .outerjoin(_reviewer, _reviewer.c.id == _dispute.c.reviewer_id)
)


def views(connection: sa.Connection, organisation_id: str, *where: sa.ColumnElement[bool]) -> list[DisputeView]:
    """Open ones first, the one that is due first at the top; then the others, the newest first."""
    statement = _VIEWS.where(_dispute.c.organisation_id == organisation_id, *where)
    found = [_view(row) for row in connection.execute(statement)]
    waiting = sorted((view for view in found if view.is_open), key=lambda view: (view.due_at, view.id))
    done = sorted((view for view in found if not view.is_open), key=lambda view: view.opened_at, reverse=True)
    return waiting + done


def _view(row: Any) -> DisputeView:
    revision = load_revision(row.template_revision_id, row.body)
    return DisputeView(
        **{name: getattr(row, name) for name in _COPIED},
        site=row.site,
        zone=ZoneInfo(row.zone),
        employee=row.employee,
        number=row.number,
        supervisor_id=row.supervisor_id,
        supervisor=row.supervisor,
        captured_at=row.captured_at,
        template=revision.template.title,
        item=revision.items[row.item_key],
        value=_response.decode(row.value),
        reviewer=row.reviewer,
    )


def readable_dispute(connection: sa.Connection, user: Principal, dispute_id: str) -> DisputeView:
    """For the employee, the managers of the site, the administrators and whoever may answer it; else there is none."""
    found = views(connection, user.organisation_id, _dispute.c.id == dispute_id)
    if not found or not _may_read(connection, user, found[0]):
        raise Problem(Code.NOT_FOUND, "没有这项申诉", "There is no such dispute")
    return found[0]


def readable_disputes(connection: sa.Connection, user: Principal, site_id: str | None = None) -> list[DisputeView]:
    """One's own, those of the sites that one manages, and those of other sites that nobody nearer may answer.

    ``site_id``: only of this site, which one must manage.
    """
    if site_id is not None:
        user.require_manages(site_id)
        return views(connection, user.organisation_id, _dispute.c.site_id == site_id)
    mine: sa.ColumnElement[bool] = _dispute.c.site_id.in_(sorted(user.managed_sites()))
    if user.employee_id is not None:
        mine = sa.or_(mine, _dispute.c.employee_id == user.employee_id)
    found = views(connection, user.organisation_id, mine)
    return to_answer_elsewhere(connection, user) + found


def to_answer_elsewhere(connection: sa.Connection, user: Principal) -> list[DisputeView]:
    """Open disputes of sites that the user does not manage, which only somebody from elsewhere may answer."""
    if user.is_administrator or not user.managed_sites():
        return []
    strange = _dispute.c.site_id.not_in(sorted(user.managed_sites()))
    waiting = views(connection, user.organisation_id, _dispute.c.state == DisputeState.OPEN, strange)
    return [view for view in waiting if why_not_reviewer(connection, user, view) is None]


def _may_read(connection: sa.Connection, user: Principal, view: DisputeView) -> bool:
    if view.employee_id == user.employee_id or user.manages(view.site_id):
        return True
    if user.user_id in (view.reviewer_id, view.first_reviewer_id):
        return True
    return view.is_open and bool(user.managed_sites()) and why_not_reviewer(connection, user, view) is None


def disputes_of_week(
    connection: sa.Connection, organisation_id: str, employee_id: str, week: Week
) -> list[DisputeView]:
    """All of an employee's week."""
    return views(connection, organisation_id, _dispute.c.employee_id == employee_id, _dispute.c.week == str(week))


def open_disputes(connection: sa.Connection, organisation_id: str, site_id: str) -> list[DisputeView]:
    """Those of a site that wait for an answer, the one due first at the top."""
    return views(connection, organisation_id, _dispute.c.site_id == site_id, _dispute.c.state == DisputeState.OPEN)


def steps(connection: sa.Connection, dispute_id: str) -> list[StepView]:
    """The history, oldest first."""
    rows = connection.execute(
        sa.select(_event, _user.c.name)
        .outerjoin(_user, _user.c.id == _event.c.actor_id)
        .where(_event.c.dispute_id == dispute_id)
        .order_by(_event.c.at, _event.c.id)
    )
    return [
        StepView(
            row.step, row.name, row.outcome, _response.decode(row.value) if row.value else None, row.note or "", row.at
        )
        for row in rows
    ]


def why_not_reviewer(connection: sa.Connection, user: Principal, view: DisputeView) -> Problem | None:
    """None for whoever may answer this dispute now.

    Never somebody who wrote any of the inspection, the employee, or who answered before; after the deadline only an
    administrator, as long as there is one who may (``reviewers.circle``).
    """
    if user.employee_id == view.employee_id:
        return Problem(Code.FORBIDDEN, "不能处理自己的申诉", "Nobody decides over their own dispute")
    if user.user_id == view.first_reviewer_id:
        return Problem(Code.FORBIDDEN, "复议须由另一人处理", "An appeal is decided by somebody else")
    wrote = authors(connection, view.inspection_id) | {view.supervisor_id}
    if user.user_id in wrote:
        return Problem(Code.FORBIDDEN, "检查人不能处理对其检查的申诉", "Whoever inspected cannot decide the dispute")
    if user.user_id in possible_reviewers(connection, view, wrote):
        return None
    if user.manages(view.site_id):
        return Problem(Code.FORBIDDEN, "已逾期，须由管理员处理", "It is overdue: an administrator decides")
    return Problem(Code.FORBIDDEN, "您不负责该场所", "You do not manage this site")


def possible_reviewers(connection: sa.Connection, view: DisputeView, wrote: frozenset[str]) -> frozenset[str]:
    """The users who may answer it now. ``wrote``: those who wrote any of the inspection."""
    return circle(
        connection,
        view.organisation_id,
        view.site_id,
        apart=wrote | ({view.first_reviewer_id} if view.first_reviewer_id else set()),
        employee_id=view.employee_id,
        escalated=view.escalated_at is not None,
    )


def feed_entry(connection: sa.Connection, dispute_id: str) -> feed.Entry:
    """What the site's tablets get: that there is one, and how it ended; not the employee's words or photo."""
    row = connection.execute(sa.select(_dispute).where(_dispute.c.id == dispute_id)).one()
    body = {
        "site_id": row.site_id,
        "inspection_id": row.inspection_id,
        "item": row.item_key,
        "employee_id": row.employee_id,
        "state": row.state,
        "round": row.round,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "escalated": row.escalated_at is not None,
        "outcome": row.outcome,
        "answer": row.answer,
        "answered_at": row.answered_at,
    }
    return feed.Entry(row.site_id, feed.DISPUTE, row.id, msgspec.json.encode(body).decode())
