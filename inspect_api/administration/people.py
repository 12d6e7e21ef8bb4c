"""Users and their roles: who may log in, and who may do what where, with all of its history."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.tables import Employee, Language, Role, RoleGrant, Site, User, table_of
from inspect_api.administration import audit
from inspect_api.auth import sessions
from inspect_api.auth.password_links import make_link
from inspect_api.auth.principal import Principal
from inspect_api.directory import Directory
from inspect_api.mail.addresses import usable
from inspect_api.problems import Code, Problem
from sync import feed

NO_PASSWORD = "!"  # noqa: S105 (no hash at all: nothing matches it)

_employee, _grant, _site, _user = (table_of(model) for model in (Employee, RoleGrant, Site, User))


class NewUser(Struct, frozen=True, forbid_unknown_fields=True):
    """``employee``: the staff number of the employee whose own results they see."""

    login: str
    name: str
    email: str | None = None
    language: str = Language.CHINESE
    employee: str | None = None


class Grant(Struct, frozen=True):
    """It holds in ``granted_at`` ≤ t < ``revoked_at``. ``site_id``: none for an administrator."""

    id: str
    role: str
    site_id: str | None
    granted_at: datetime
    revoked_at: datetime | None


def people(connection: sa.Connection, user: Principal) -> list[Any]:
    """Rows of everybody who has or had a log-in, by log-in. Administrators only."""
    user.require_administrator()
    statement = (
        sa.select(_user, _employee.c.number)
        .outerjoin(_employee, _employee.c.id == _user.c.employee_id)
        .where(_user.c.organisation_id == user.organisation_id)
    )
    return list(connection.execute(statement.order_by(_user.c.active.desc(), _user.c.login)))


def find_user(connection: sa.Connection, user: Principal, user_id: str) -> Any:
    user.require_administrator()
    mine = (_user.c.id == user_id, _user.c.organisation_id == user.organisation_id)
    row = connection.execute(sa.select(_user).where(*mine)).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "没有这位用户", "There is no such user")
    return row


def create(connection: sa.Connection, user: Principal, new: NewUser, now: datetime, link_life: timedelta) -> str:
    """A user who sets a password by a one-time link; gives the link's secret. Problem INVALID_FIELD, CONFLICT."""
    user.require_administrator()
    login, name = new.login.strip(), new.name.strip()
    if not login or not name or not login.isprintable():
        path = "/name" if login and login.isprintable() else "/login"
        raise Problem(Code.INVALID_FIELD, "请填写账号与姓名", "A log-in and a name are needed", path)
    _check(new.email, new.language)
    if connection.execute(sa.select(_user.c.id).where(_user.c.login == login)).first() is not None:
        raise Problem(Code.CONFLICT, f"账号 {login} 已被使用", f"The log-in {login} is taken", "/login")
    employee_id = _employee_id(connection, user, new.employee)
    with Directory(connection, user.organisation_id, now) as directory:
        user_id = directory.add_user(
            login, name, NO_PASSWORD, email=new.email, language=new.language, employee_id=employee_id
        )
    audit.record(connection, user.organisation_id, user.user_id, "user.create", ("user", user_id), now)
    return make_link(connection, user.organisation_id, user_id, user.user_id, now, link_life)


def change(
    connection: sa.Connection, user: Principal, user_id: str, name: str, email: str | None, language: str, now: datetime
) -> None:
    """A supervisor's new name goes to the tablets of their sites. Problem INVALID_FIELD, NOT_FOUND."""
    before = find_user(connection, user, user_id)
    _check(email, language)
    if not name.strip():
        raise Problem(Code.INVALID_FIELD, "请填写姓名", "A name is needed", "/name")
    values = {"name": name.strip(), "email": email, "language": language}
    connection.execute(_user.update().where(_user.c.id == user_id).values(**values))
    audit.record(connection, user.organisation_id, user.user_id, "user.change", ("user", user_id), now)
    if before.name != values["name"]:
        sites = {one.site_id for one in grants(connection, user, user_id) if one.site_id}
        body = msgspec.json.encode({"name": values["name"]}).decode()
        feed.publish(connection, [feed.Entry(site_id, feed.USER, user_id, body) for site_id in sites])


def set_active(connection: sa.Connection, user: Principal, user_id: str, active: bool, now: datetime) -> None:
    """Nobody who is not active gets in, from this moment on; enabled again, they log in anew. Nobody disables
    themselves. Again is a no-op."""
    row = find_user(connection, user, user_id)
    if user_id == user.user_id and not active:
        raise Problem(Code.CONFLICT, "不能停用自己", "Nobody disables themselves: ask another administrator")
    if row.active == active:
        return
    connection.execute(_user.update().where(_user.c.id == user_id).values(active=active))
    if not active:
        sessions.end_sessions(connection, user_id, now)
        sessions.end_invitations(connection, user_id, now)
    action = "user.enable" if active else "user.disable"
    audit.record(connection, user.organisation_id, user.user_id, action, ("user", user_id), now)


def log_out(connection: sa.Connection, user: Principal, user_id: str, now: datetime) -> None:
    """End every session of the user, on pages and tablets: for a lost telephone. They log in anew."""
    find_user(connection, user, user_id)
    sessions.end_sessions(connection, user_id, now)
    audit.record(connection, user.organisation_id, user.user_id, "user.log_out", ("user", user_id), now)


def new_link(connection: sa.Connection, user: Principal, user_id: str, now: datetime, life: timedelta) -> str:
    """The secret of a one-time link that sets the user's password."""
    row = find_user(connection, user, user_id)
    if not row.active:
        raise Problem(Code.CONFLICT, "该用户已停用", "This user is disabled")
    audit.record(connection, user.organisation_id, user.user_id, "user.link", ("user", user_id), now)
    return make_link(connection, user.organisation_id, user_id, user.user_id, now, life)


def all_grants(connection: sa.Connection, user: Principal) -> dict[str, list[Grant]]:
    """User id → every role, oldest first; empty for who never had one."""
    user.require_administrator()
    columns = [_grant.c[name] for name in Grant.__struct_fields__]
    query = sa.select(_grant.c.user_id, *columns).where(_grant.c.organisation_id == user.organisation_id)
    found: dict[str, list[Grant]] = defaultdict(list)
    for user_id, *values in connection.execute(query.order_by(_grant.c.granted_at, _grant.c.id)):
        found[user_id].append(Grant(*values))
    return found


def grants(connection: sa.Connection, user: Principal, user_id: str) -> list[Grant]:
    """Every role of the user, also those taken back, oldest first."""
    find_user(connection, user, user_id)
    columns = [_grant.c[name] for name in Grant.__struct_fields__]
    query = sa.select(*columns).where(_grant.c.organisation_id == user.organisation_id, _grant.c.user_id == user_id)
    rows = connection.execute(query.order_by(_grant.c.granted_at, _grant.c.id)).mappings()
    return [Grant(**row) for row in rows]


def grant(
    connection: sa.Connection, user: Principal, user_id: str, role: Role, site_id: str | None, now: datetime
) -> None:
    """Their tablets receive the whole site at the next pull. Again is a no-op. Problem INVALID_FIELD, NOT_FOUND."""
    find_user(connection, user, user_id)
    if (site_id is None) != (role is Role.ADMINISTRATOR) or role is Role.EMPLOYEE:
        raise Problem(
            Code.INVALID_FIELD,
            "管理员不指定场所，督导和经理必须指定",
            "An administrator has no site; supervisors and managers need one",
            "/site_id",
        )
    if site_id is not None:
        known = sa.select(_site.c.id).where(_site.c.id == site_id, _site.c.organisation_id == user.organisation_id)
        if connection.execute(known).first() is None:
            raise Problem(Code.INVALID_FIELD, "没有这个场所", "There is no such site", "/site_id")
    before = {one.id for one in grants(connection, user, user_id)}
    with Directory(connection, user.organisation_id, now) as directory:
        directory.grant(user_id, role, site_id)
        for one in grants(connection, user, user_id):
            if one.id not in before:
                _record(connection, user, "role.grant", user_id, one, now)


def revoke(connection: sa.Connection, user: Principal, user_id: str, grant_id: str, now: datetime) -> None:
    """From now on. Their tablets give the site up at the next pull; what they made there before is still accepted.
    Again is a no-op. Problem NOT_FOUND, CONFLICT for one's own administrator role."""
    user.require_administrator()
    found = next((one for one in grants(connection, user, user_id) if one.id == grant_id), None)
    if found is None:
        raise Problem(Code.NOT_FOUND, "没有这项授权", "There is no such grant")
    if found.revoked_at is not None:
        return
    if found.role == Role.ADMINISTRATOR and user_id == user.user_id:
        raise Problem(
            Code.CONFLICT,
            "不能撤销自己的管理员角色，请由另一位管理员操作",
            "Nobody takes their own administrator role: ask another administrator",
        )
    with Directory(connection, user.organisation_id, now) as directory:
        directory.revoke(user_id, Role(found.role), found.site_id)
    _record(connection, user, "role.revoke", user_id, found, now)


def _record(connection: sa.Connection, user: Principal, action: str, user_id: str, one: Grant, now: datetime) -> None:
    detail = {"grant_id": one.id, "role": one.role, "site_id": one.site_id}
    audit.record(connection, user.organisation_id, user.user_id, action, ("user", user_id), now, detail)


def _check(email: str | None, language: str) -> None:
    if email is not None and not usable(email):
        raise Problem(Code.INVALID_FIELD, "不是邮箱地址", "Not a mail address", "/email")
    if language not in set(Language):
        raise Problem(Code.INVALID_FIELD, "语言须为 zh 或 en", "The language is zh or en", "/language")


def _employee_id(connection: sa.Connection, user: Principal, number: str | None) -> str | None:
    if not number:
        return None
    mine = (_employee.c.organisation_id == user.organisation_id, _employee.c.number == number.strip())
    found = connection.execute(sa.select(_employee.c.id).where(*mine)).scalar()
    if found is None:
        raise Problem(
            Code.INVALID_FIELD, f"没有工号 {number}", f"There is no employee with the number {number}", "/employee"
        )
    return str(found)
