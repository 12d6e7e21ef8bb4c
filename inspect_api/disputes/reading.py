"""Disputes as people read them, who may, and what tablets get of them."""

from collections.abc import Sequence
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
from inspect_api.deadlines import Stage
from inspect_api.disputes.reviewers import authors, authors_of, circle_among, deciders
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


_OPEN = _dispute.c.state == DisputeState.OPEN
_ORDER = (~_OPEN, sa.case((_OPEN, _dispute.c.due_at)), _dispute.c.opened_at.desc(), _dispute.c.id)


def views(
    connection: sa.Connection,
    organisation_id: str,
    *where: sa.ColumnElement[bool],
    part: tuple[int, int] | None = None,
) -> list[DisputeView]:
    """Open ones first, the one that is due first at the top; then the others, the newest first.

    ``part``: (offset, number) of those wanted; None for all.
    """
    statement = _VIEWS.where(_dispute.c.organisation_id == organisation_id, *where).order_by(*_ORDER)
    if part is not None:
        statement = statement.offset(part[0]).limit(part[1])
    return [_view(row) for row in connection.execute(statement)]


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


def readable_disputes(
    connection: sa.Connection,
    user: Principal,
    site_id: str | None = None,
    *where: sa.ColumnElement[bool],
    part: tuple[int, int] | None = None,
) -> list[DisputeView]:
    """One's own and those of the sites that one manages. ``part``: see ``views``.

    ``site_id``: only of this site, which one must manage. Not those that ``to_answer_elsewhere`` gives.
    """
    return views(connection, user.organisation_id, _theirs(user, site_id), *where, part=part)


def count_readable(
    connection: sa.Connection, user: Principal, site_id: str | None, *where: sa.ColumnElement[bool]
) -> int:
    """How many ``readable_disputes`` gives."""
    own = _dispute.c.organisation_id == user.organisation_id
    found = sa.select(sa.func.count()).select_from(_dispute).where(own, _theirs(user, site_id), *where)
    return int(connection.execute(found).scalar_one())


def of_stage(stage: Stage, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition for ``views``."""
    match stage:
        case Stage.WAITING:
            return (_OPEN,)
        case Stage.LATE:
            return (_OPEN, _dispute.c.due_at <= now)
        case Stage.DONE:
            return (~_OPEN,)
    return ()


def _theirs(user: Principal, site_id: str | None) -> sa.ColumnElement[bool]:
    if site_id is not None:
        user.require_manages(site_id)
        return _dispute.c.site_id == site_id
    managed = _dispute.c.site_id.in_(sorted(user.managed_sites()))
    return managed if user.employee_id is None else sa.or_(managed, _dispute.c.employee_id == user.employee_id)


def to_answer_elsewhere(connection: sa.Connection, user: Principal) -> list[DisputeView]:
    """Open disputes of sites that the user does not manage, which only somebody from elsewhere may answer."""
    if user.is_administrator or not user.managed_sites():
        return []
    strange = _dispute.c.site_id.not_in(sorted(user.managed_sites()))
    waiting = views(connection, user.organisation_id, _OPEN, strange)
    if not waiting:
        return []
    found = deciders(connection, user.organisation_id)
    wrote = authors_of(connection, {view.inspection_id for view in waiting})
    return [view for view in waiting if user.user_id in _circle(found, view, wrote[view.inspection_id])]


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
    return _circle(deciders(connection, view.organisation_id), view, wrote)


def _circle(found: Sequence[Any], view: DisputeView, wrote: frozenset[str]) -> frozenset[str]:
    return circle_among(
        found,
        view.site_id,
        apart=wrote | {view.supervisor_id} | ({view.first_reviewer_id} if view.first_reviewer_id else set()),
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
