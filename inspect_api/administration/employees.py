"""The register of employees, one by one: who works where, and since when."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from checklists.tables import (
    Absence,
    Employee,
    Language,
    Post,
    Site,
    User,
    Workspace,
    WorkspaceResponsibility,
    table_of,
)
from checklists.template import DressVariant
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.directory import Directory
from inspect_api.mail.addresses import usable
from inspect_api.problems import Code, Problem
from inspect_api.roster import values
from inspect_api.roster.problems import CellError

MOST = 100
T = TypeVar("T")

_absence, _employee, _post, _site = (table_of(model) for model in (Absence, Employee, Post, Site))
_responsible, _user, _workspace = table_of(WorkspaceResponsibility), table_of(User), table_of(Workspace)


class Person(NamedTuple):
    """``row``: with ``site``, its name. ``accounts``: log-ins. ``workspaces``: names of those they answer for now."""

    row: Any
    accounts: list[Any]
    workspaces: list[str]


class Entry(NamedTuple):
    """What the register says of an employee, as it was typed."""

    site_id: str
    post_id: str | None
    number: str
    name: str
    dress_variant: str | None
    email: str | None
    language: str
    employed_from: str
    employed_until: str | None


def employees(connection: sa.Connection, user: Principal, text: str, site_id: str | None, today: date) -> list[Any]:
    """At most ``MOST`` and one, by number, with ``site``, ``post`` and ``away_until``; erased ones are not shown.

    ``text``: part of a name, or a staff number.
    """
    user.require_administrator()
    away = (
        sa.select(sa.func.max(_absence.c.last_day))
        .where(_absence.c.employee_id == _employee.c.id, _absence.c.first_day <= today, _absence.c.last_day >= today)
        .scalar_subquery()
    )
    statement = (
        sa.select(_employee, _site.c.name.label("site"), _post.c.name.label("post"), away.label("away_until"))
        .join(_site, _site.c.id == _employee.c.site_id)
        .outerjoin(_post, _post.c.id == _employee.c.post_id)
        .where(_employee.c.organisation_id == user.organisation_id, _employee.c.erased_at.is_(None))
        .order_by(_employee.c.number)
        .limit(MOST + 1)
    )
    if text:
        statement = statement.where(
            _employee.c.name.contains(text, autoescape=True) | _employee.c.number.startswith(text, autoescape=True)
        )
    if site_id:
        statement = statement.where(_employee.c.site_id == site_id)
    return list(connection.execute(statement))


def employee(connection: sa.Connection, user: Principal, employee_id: str) -> Person:
    """Problem NOT_FOUND, also for one who was erased."""
    user.require_administrator()
    row = connection.execute(
        sa.select(_employee, _site.c.name.label("site"))
        .join(_site, _site.c.id == _employee.c.site_id)
        .where(
            _employee.c.id == employee_id,
            _employee.c.organisation_id == user.organisation_id,
            _employee.c.erased_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "没有这名员工", "There is no such employee")
    accounts = connection.execute(sa.select(_user).where(_user.c.employee_id == employee_id).order_by(_user.c.login))
    workspaces = (
        sa.select(_workspace.c.name)
        .join(_responsible, _responsible.c.workspace_id == _workspace.c.id)
        .where(_responsible.c.employee_id == employee_id, _responsible.c.ends_at.is_(None))
        .order_by(_workspace.c.code)
    )
    names = list(connection.execute(workspaces).scalars())
    return Person(row, list(accounts), names)


def posts(connection: sa.Connection, user: Principal) -> list[Any]:
    """Every post with ``site``, its name, as a form offers them."""
    user.require_administrator()
    statement = (
        sa.select(_post.c.id, _post.c.site_id, _post.c.name, _site.c.name.label("site"))
        .join(_site, _site.c.id == _post.c.site_id)
        .where(_post.c.organisation_id == user.organisation_id)
    )
    return list(connection.execute(statement.order_by(_site.c.code, _post.c.code)))


def put(connection: sa.Connection, user: Principal, employee_id: str | None, entry: Entry, now: datetime) -> str:
    """Add an employee, or change one; gives the id. At another site they no longer answer for workspaces of the former.

    Problem INVALID_FIELD, NOT_FOUND, CONFLICT for a number that somebody has.
    """
    user.require_administrator()
    if employee_id is not None:
        employee(connection, user, employee_id)
    checked = _checked(connection, user, entry)
    taken = sa.select(_employee.c.id).where(
        _employee.c.organisation_id == user.organisation_id,
        _employee.c.number == checked["number"],
        _employee.c.id != (employee_id or ""),
    )
    if connection.execute(taken).first() is not None:
        number = checked["number"]
        raise Problem(Code.CONFLICT, f"工号 {number} 已被使用", f"The staff number {number} is taken", "/number")
    if employee_id is not None:
        elsewhere = sa.select(_workspace.c.id).where(_workspace.c.site_id != entry.site_id)
        left = (_responsible.c.employee_id == employee_id, _responsible.c.ends_at.is_(None))
        ended = _responsible.update().where(*left, _responsible.c.workspace_id.in_(elsewhere))
        connection.execute(ended.values(ends_at=now))
    with Directory(connection, user.organisation_id, now) as directory:
        made = directory.put_employee(**checked, employee_id=employee_id)
        audit.record(connection, user.organisation_id, user.user_id, "employee.put", ("employee", made), now)
    return made


def _checked(connection: sa.Connection, user: Principal, entry: Entry) -> dict[str, Any]:
    site = sa.select(_site.c.id).where(_site.c.id == entry.site_id, _site.c.organisation_id == user.organisation_id)
    if connection.execute(site).first() is None:
        raise Problem(Code.INVALID_FIELD, "没有这个场所", "There is no such site", "/site_id")
    post = sa.select(_post.c.id).where(_post.c.id == entry.post_id, _post.c.site_id == entry.site_id)
    if entry.post_id is not None and connection.execute(post).first() is None:
        raise Problem(Code.INVALID_FIELD, "该岗位不在所选场所", "The post is not at this site", "/post_id")
    if entry.email is not None and not usable(entry.email):
        raise Problem(Code.INVALID_FIELD, "不是邮箱地址", "Not a mail address", "/email")
    for name, value, known in (
        ("dress_variant", entry.dress_variant, set(DressVariant)),
        ("language", entry.language, set(Language)),
    ):
        if value is not None and value not in known:
            raise Problem(Code.INVALID_FIELD, "没有这个选项", "There is no such choice", f"/{name}")
    number, name = _read(entry.number, "number", values.code), _read(entry.name, "name", values.text)
    employed_from = _read(entry.employed_from, "employed_from", values.day)
    employed_until = _read(entry.employed_until, "employed_until", values.day) if entry.employed_until else None
    if employed_until is not None and employed_until < employed_from:
        raise Problem(Code.INVALID_FIELD, "离职日期早于入职日期", "The last day is before the first", "/employed_until")
    days = {"employed_from": employed_from, "employed_until": employed_until}
    return {**entry._asdict(), "number": number, "name": name, **days}


def _read(typed: str, field: str, read: Callable[[str], T]) -> T:
    """As the roster file reads the same cell."""
    try:
        if typed.strip():
            return read(typed)
    except CellError as error:
        raise Problem(Code.INVALID_FIELD, error.zh, error.en, f"/{field}") from error
    raise Problem(Code.INVALID_FIELD, "不能为空", "It must not be empty", f"/{field}")
