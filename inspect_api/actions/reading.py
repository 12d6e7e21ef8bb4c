"""Corrective actions as people read them, who may, and what tablets get of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from checklists.tables import (
    ActionState,
    CorrectiveAction,
    CorrectiveActionEvent,
    Employee,
    Inspection,
    Priority,
    Role,
    RoleGrant,
    Site,
    TemplateRevision,
    User,
    Workspace,
    table_of,
)
from checklists.template import Item
from inspect_api.auth.principal import Principal
from inspect_api.calendars import last_day
from inspect_api.deadlines import Stage
from inspect_api.problems import Code, Problem
from sync import feed
from sync.revisions import load_revision

_action = table_of(CorrectiveAction)
_employee = table_of(Employee)
_event = table_of(CorrectiveActionEvent)
_grant = table_of(RoleGrant)
_inspection = table_of(Inspection)
_revision = table_of(TemplateRevision)
_site = table_of(Site)
_user = table_of(User)
_workspace = table_of(Workspace)

_URGENT = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}


@dataclass(frozen=True)
class ActionView:
    """An action with the names of what it is about. ``item``: None when it is about a low grade in ``week``."""

    id: str
    organisation_id: str
    site_id: str
    site: str
    zone: ZoneInfo
    origin: str
    inspection_id: str | None
    item: Item | None
    template_key: str | None
    employee_id: str | None
    employee: str | None
    workspace_id: str | None
    workspace: str | None
    week: str | None
    task: str
    owner_id: str | None
    owner: str | None
    priority: str
    state: str
    due_at: datetime
    escalated_at: datetime | None
    created_at: datetime
    fixed_by: str | None
    fixed_at: datetime | None
    fix_note: str | None
    fix_photo: str | None
    reinspection_id: str | None
    reopened: int
    closed_at: datetime | None

    @property
    def due_on(self) -> date:
        """The last day at the site."""
        return last_day(self.due_at, self.zone)

    @property
    def is_waiting(self) -> bool:
        return self.state in (ActionState.OPEN, ActionState.FIXED)

    def is_overdue(self, now: datetime) -> bool:
        return self.state == ActionState.OPEN and now >= self.due_at


@dataclass(frozen=True)
class ActionStepView:
    """One line of the history. ``actor``: None for what a rule or the clock did."""

    step: str
    actor: str | None
    note: str
    detail: dict[str, Any]
    at: datetime


_COPIED = [
    name
    for name in ActionView.__dataclass_fields__
    if name in _action.c and name not in ("zone", "site", "employee", "workspace", "owner", "item")
]
_VIEWS = (
    sa.select(
        _action,
        _site.c.name.label("site"),
        _site.c.zone,
        _employee.c.name.label("employee"),
        _workspace.c.name.label("workspace"),
        _user.c.name.label("owner"),
        _revision.c.id.label("revision_id"),
        _revision.c.template_key,
        _revision.c.body,
    )
    .join(_site, _site.c.id == _action.c.site_id)
    .outerjoin(_employee, _employee.c.id == _action.c.employee_id)
    .outerjoin(_workspace, _workspace.c.id == _action.c.workspace_id)
    .outerjoin(_user, _user.c.id == _action.c.owner_id)
    .outerjoin(_inspection, _inspection.c.id == _action.c.inspection_id)
    .outerjoin(_revision, _revision.c.id == _inspection.c.template_revision_id)
)


_WAITING = _action.c.state.in_((ActionState.OPEN, ActionState.FIXED))
_ORDER = (
    ~_WAITING,
    sa.case((_WAITING, _action.c.due_at)),
    sa.case(_URGENT, value=_action.c.priority),
    _action.c.created_at.desc(),
    _action.c.id,
)


def views(
    connection: sa.Connection,
    organisation_id: str,
    *where: sa.ColumnElement[bool],
    part: tuple[int, int] | None = None,
) -> list[ActionView]:
    """Open ones first, by due day and priority; then those that are done, the newest first.

    ``part``: (offset, number) of those wanted; None for all.
    """
    statement = _VIEWS.where(_action.c.organisation_id == organisation_id, *where).order_by(*_ORDER)
    if part is not None:
        statement = statement.offset(part[0]).limit(part[1])
    return [_view(row) for row in connection.execute(statement)]


def _view(row: Any) -> ActionView:
    item = load_revision(row.revision_id, row.body).items.get(row.item_key) if row.body and row.item_key else None
    return ActionView(
        **{name: getattr(row, name) for name in _COPIED},
        site=row.site,
        zone=ZoneInfo(row.zone),
        item=item,
        template_key=row.template_key,
        employee=row.employee,
        workspace=row.workspace,
        owner=row.owner,
    )


def readable_action(connection: sa.Connection, user: Principal, action_id: str) -> ActionView:
    """For managers and supervisors of the site, administrators and the owner; for anyone else there is none."""
    found = views(connection, user.organisation_id, _action.c.id == action_id, _visible(user))
    if not found:
        raise Problem(Code.NOT_FOUND, "没有这项整改", "There is no such corrective action")
    return found[0]


def readable_actions(
    connection: sa.Connection,
    user: Principal,
    site_id: str | None = None,
    *where: sa.ColumnElement[bool],
    part: tuple[int, int] | None = None,
) -> list[ActionView]:
    """``site_id``: only of this site. ``part``: see ``views``."""
    return views(connection, user.organisation_id, _visible(user), *_of_site(site_id), *where, part=part)


def count_readable(
    connection: sa.Connection, user: Principal, site_id: str | None, *where: sa.ColumnElement[bool]
) -> int:
    """How many ``readable_actions`` gives."""
    own = _action.c.organisation_id == user.organisation_id
    found = sa.select(sa.func.count()).select_from(_action).where(own, _visible(user), *_of_site(site_id), *where)
    return int(connection.execute(found).scalar_one())


def of_stage(stage: Stage, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition for ``views``."""
    match stage:
        case Stage.WAITING:
            return (_WAITING,)
        case Stage.LATE:
            return (_action.c.state == ActionState.OPEN, _action.c.due_at <= now)
        case Stage.DONE:
            return (~_WAITING,)
    return ()


def _of_site(site_id: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    return () if site_id is None else (_action.c.site_id == site_id,)


def _visible(user: Principal) -> sa.ColumnElement[bool]:
    """At a site of theirs, or theirs to mend."""
    if user.is_administrator:
        return sa.true()
    sites = sorted(user.managed_sites() | user.inspected_sites())
    return sa.or_(_action.c.site_id.in_(sites), _action.c.owner_id == user.user_id)


def overdue_actions(connection: sa.Connection, organisation_id: str, site_id: str, now: datetime) -> list[ActionView]:
    """Those of a site that should be mended by now."""
    return views(connection, organisation_id, _action.c.site_id == site_id, *of_stage(Stage.LATE, now))


def steps(connection: sa.Connection, action_id: str) -> list[ActionStepView]:
    """The history, oldest first."""
    rows = connection.execute(
        sa.select(_event, _user.c.name)
        .outerjoin(_user, _user.c.id == _event.c.actor_id)
        .where(_event.c.action_id == action_id)
        .order_by(_event.c.at, _event.c.id)
    )
    return [ActionStepView(row.step, row.name, row.note, msgspec.json.decode(row.detail), row.at) for row in rows]


def possible_owners(connection: sa.Connection, organisation_id: str, site_id: str) -> list[tuple[str, str]]:
    """(id, name) of the active users who work at the site: its supervisors, managers and employees with a log-in."""
    with_role = sa.select(_grant.c.user_id).where(
        _grant.c.site_id == site_id, _grant.c.role != Role.EMPLOYEE, _grant.c.revoked_at.is_(None)
    )
    there = sa.select(_employee.c.id).where(_employee.c.site_id == site_id)
    rows = connection.execute(
        sa.select(_user.c.id, _user.c.name)
        .where(
            _user.c.organisation_id == organisation_id,
            _user.c.active,
            sa.or_(_user.c.id.in_(with_role), _user.c.employee_id.in_(there)),
        )
        .order_by(_user.c.name, _user.c.id)
    )
    return [(row.id, row.name) for row in rows]


def feed_entry(connection: sa.Connection, action_id: str) -> feed.Entry:
    """What the site's tablets get."""
    row = connection.execute(sa.select(_action).where(_action.c.id == action_id)).one()
    body = {
        "site_id": row.site_id,
        "origin": row.origin,
        "inspection_id": row.inspection_id,
        "item": row.item_key,
        "employee_id": row.employee_id,
        "workspace_id": row.workspace_id,
        "task": row.task,
        "owner": row.owner_id,
        "priority": row.priority,
        "state": row.state,
        "due_at": row.due_at,
        "escalated": row.escalated_at is not None,
        "fixed_at": row.fixed_at,
        "reopened": row.reopened,
    }
    return feed.Entry(row.site_id, feed.CORRECTIVE_ACTION, row.id, msgspec.json.encode(body).decode())
