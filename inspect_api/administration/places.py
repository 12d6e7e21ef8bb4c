"""Sites, their posts and workspaces, and who answers for a workspace."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import available_timezones

import sqlalchemy as sa

from checklists.tables import Employee, Inspection, Post, Site, Workspace, WorkspaceResponsibility, table_of
from checklists.template import PostType, Season
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.directory import Directory
from inspect_api.problems import Code, Problem

_employee, _inspection, _post, _site = (table_of(model) for model in (Employee, Inspection, Post, Site))
_workspace, _responsible = table_of(Workspace), table_of(WorkspaceResponsibility)


class Place(NamedTuple):
    """Rows. ``posts``, ``workspaces``: by code. ``responsible``: those in force, with the employee's name.

    ``people``: who is employed at the site, by number.
    """

    site: Any
    posts: list[Any]
    workspaces: list[Any]
    responsible: list[Any]
    people: list[Any]


def sites(connection: sa.Connection, user: Principal) -> list[Any]:
    user.require_administrator()
    mine = sa.select(_site).where(_site.c.organisation_id == user.organisation_id)
    return list(connection.execute(mine.order_by(_site.c.code)))


def place(connection: sa.Connection, user: Principal, site_id: str) -> Place:
    site = _of(connection, user, _site, site_id)
    posts, workspaces = (
        list(connection.execute(sa.select(table).where(table.c.site_id == site_id).order_by(table.c.code)))
        for table in (_post, _workspace)
    )
    responsible = connection.execute(
        sa.select(_responsible, _employee.c.name, _employee.c.number)
        .join(_workspace, _workspace.c.id == _responsible.c.workspace_id)
        .join(_employee, _employee.c.id == _responsible.c.employee_id)
        .where(_workspace.c.site_id == site_id, _responsible.c.ends_at.is_(None))
        .order_by(_employee.c.number)
    )
    people = connection.execute(
        sa.select(_employee)
        .where(_employee.c.site_id == site_id, _employee.c.erased_at.is_(None))
        .order_by(_employee.c.number)
    )
    return Place(site, posts, workspaces, list(responsible), list(people))


def put_site(
    connection: sa.Connection,
    user: Principal,
    site_id: str | None,
    code: str,
    name: str,
    zone: str,
    season: str | None,
    now: datetime,
) -> str:
    """Problem INVALID_FIELD, CONFLICT: a code that is taken, or another zone once weeks were counted in this one."""
    user.require_administrator()
    if zone not in available_timezones():
        raise Problem(Code.INVALID_FIELD, "没有这个时区", "There is no such time zone", "/zone")
    if season is not None and season not in set(Season):
        raise Problem(Code.INVALID_FIELD, "没有这个季节", "There is no such season", "/season")
    if site_id is not None and _of(connection, user, _site, site_id).zone != zone:
        begun = sa.select(_inspection.c.id).where(_inspection.c.site_id == site_id).limit(1)
        if connection.execute(begun).first() is not None:
            raise Problem(
                Code.CONFLICT,
                "该场所已有检查，时区不能再改：否则已公布的周次会移动",
                "There are inspections already: another zone would move weeks that are published",
            )
    _free_code(connection, _site, code, site_id, _site.c.organisation_id == user.organisation_id)
    with Directory(connection, user.organisation_id, now) as directory:
        made = directory.put_site(*_named(code, name), zone, season=season, site_id=site_id)
        _record(connection, user, "site.put", "site", made, now)
    return made


def put_post(
    connection: sa.Connection,
    user: Principal,
    site_id: str,
    post_id: str | None,
    code: str,
    name: str,
    post_type: str,
    now: datetime,
) -> str:
    _of(connection, user, _site, site_id)
    if post_id is not None and _of(connection, user, _post, post_id).site_id != site_id:
        raise Problem(Code.NOT_FOUND)
    if post_type not in set(PostType):
        raise Problem(Code.INVALID_FIELD, "没有这种岗位类型", "There is no such post type", "/post_type")
    _free_code(connection, _post, code, post_id, _post.c.site_id == site_id)
    with Directory(connection, user.organisation_id, now) as directory:
        made = directory.put_post(site_id, *_named(code, name), post_type, post_id=post_id)
        _record(connection, user, "post.put", "post", made, now)
    return made


def put_workspace(
    connection: sa.Connection,
    user: Principal,
    site_id: str,
    workspace_id: str | None,
    code: str,
    name: str,
    now: datetime,
) -> str:
    _of(connection, user, _site, site_id)
    if workspace_id is not None and _of(connection, user, _workspace, workspace_id).site_id != site_id:
        raise Problem(Code.NOT_FOUND)
    _free_code(connection, _workspace, code, workspace_id, _workspace.c.site_id == site_id)
    with Directory(connection, user.organisation_id, now) as directory:
        made = directory.put_workspace(site_id, *_named(code, name), workspace_id=workspace_id)
        _record(connection, user, "workspace.put", "workspace", made, now)
    return made


def make_responsible(
    connection: sa.Connection, user: Principal, workspace_id: str, employee_id: str, now: datetime
) -> None:
    """From now on: what was inspected before counts for whom it counted. Again is a no-op."""
    workspace, employee = (
        _of(connection, user, table, key) for table, key in ((_workspace, workspace_id), (_employee, employee_id))
    )
    if workspace.site_id != employee.site_id:
        raise Problem(Code.INVALID_FIELD, "员工不在该场所", "The employee is not at this site", "/employee_id")
    same = sa.select(_responsible.c.id).where(
        _responsible.c.workspace_id == workspace_id,
        _responsible.c.employee_id == employee_id,
        _responsible.c.ends_at.is_(None),
    )
    if connection.execute(same).first() is not None:
        return
    with Directory(connection, user.organisation_id, now) as directory:
        made = directory.assign_workspace(workspace_id, employee_id, now)
    _record(connection, user, "responsibility.begin", "workspace", workspace_id, now, responsibility=made)


def end_responsibility(connection: sa.Connection, user: Principal, responsibility_id: str, now: datetime) -> None:
    """From now on. Again is a no-op."""
    row = _of(connection, user, _responsible, responsibility_id)
    if row.ends_at is not None:
        return
    connection.execute(_responsible.update().where(_responsible.c.id == responsibility_id).values(ends_at=now))
    _record(connection, user, "responsibility.end", "workspace", row.workspace_id, now, responsibility=row.id)


def _of(connection: sa.Connection, user: Principal, table: sa.Table, key: str) -> Any:
    """The row, in the administrator's organisation. Problem NOT_FOUND."""
    user.require_administrator()
    mine = (table.c.id == key, table.c.organisation_id == user.organisation_id)
    row = connection.execute(sa.select(table).where(*mine)).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    return row


def _named(code: str, name: str) -> tuple[str, str]:
    if not code.strip() or not name.strip():
        raise Problem(Code.INVALID_FIELD, "请填写代码与名称", "A code and a name are needed", "/code")
    return code.strip(), name.strip()


def _free_code(
    connection: sa.Connection, table: sa.Table, code: str, key: str | None, within: sa.ColumnElement[bool]
) -> None:
    taken = sa.select(table.c.id).where(within, table.c.code == code.strip(), table.c.id != (key or ""))
    if connection.execute(taken).first() is not None:
        raise Problem(Code.CONFLICT, f"代码 {code} 已被使用", f"The code {code} is taken", "/code")


def _record(
    connection: sa.Connection, user: Principal, action: str, kind: str, key: str, now: datetime, **detail: Any
) -> None:
    audit.record(connection, user.organisation_id, user.user_id, action, (kind, key), now, detail)
