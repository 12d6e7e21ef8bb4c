"""``/api/v1/users``: who there is, and which role holds where; administrators give roles and take them back."""

from datetime import datetime
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Struct

from checklists.ids import UUID_PATTERN, new_id
from checklists.tables import Audit, Role, RoleGrant, Site, User, table_of
from inspect_api.directory import Directory
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem

_user, _grant, _site, _audit = (table_of(model) for model in (User, RoleGrant, Site, Audit))
PathId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]
_LISTED = ("id", "role", "site_id", "granted_at", "revoked_at")


class UserBody(Struct, frozen=True):
    id: str
    login: str
    name: str
    active: bool


class GrantBody(Struct, frozen=True):
    """It holds in ``granted_at`` ≤ t < ``revoked_at``. ``site_id``: none for an administrator."""

    id: str
    role: str
    site_id: str | None
    granted_at: datetime
    revoked_at: datetime | None


class NewGrant(Struct, frozen=True, forbid_unknown_fields=True):
    role: Role
    site_id: str | None = None


@get("/api/v1/users", sync_to_thread=True)
def users(request: UserRequest, services: UseServices) -> list[UserBody]:
    """All who can log in, by log-in. Administrators only."""
    request.user.require_administrator()
    query = (
        sa.select(*(_user.c[name] for name in UserBody.__struct_fields__))
        .where(_user.c.organisation_id == request.user.organisation_id)
        .order_by(_user.c.login)
    )
    with services.database.read() as connection:
        return [UserBody(**row) for row in connection.execute(query).mappings()]


@get("/api/v1/users/{user_id:str}/grants", sync_to_thread=True)
def grants(request: UserRequest, services: UseServices, user_id: PathId) -> list[GrantBody]:
    """Every role of the user, also those taken back, oldest first. Administrators only."""
    request.user.require_administrator()
    with services.database.read() as connection:
        _require_user(connection, request.user.organisation_id, user_id)
        return _grants(connection, request.user.organisation_id, user_id)


@post("/api/v1/users/{user_id:str}/grants", status_code=HTTP_200_OK, sync_to_thread=True)
def grant(request: UserRequest, services: UseServices, user_id: PathId, data: JSONBody[NewGrant]) -> list[GrantBody]:
    """Give a role, and get the list. Their tablets receive the whole site at the next pull. Again is a no-op."""
    request.user.require_administrator()
    organisation_id, now = request.user.organisation_id, services.clock()
    if (data.site_id is None) != (data.role is Role.ADMINISTRATOR):
        raise Problem(
            Code.INVALID_FIELD,
            "管理员不指定场所，其他角色必须指定",
            "An administrator has no site, every other role needs one",
            "/site_id",
        )
    with services.database.write() as connection:
        _require_user(connection, organisation_id, user_id)
        if data.site_id is not None:
            _require_site(connection, organisation_id, data.site_id)
        before = _in_force(_grants(connection, organisation_id, user_id))
        with Directory(connection, organisation_id, now) as directory:
            directory.grant(user_id, data.role, data.site_id)
            after = _grants(connection, organisation_id, user_id)
            for new in _in_force(after) - before:
                _record(connection, request, "role.grant", user_id, new, now)
    return after


@delete("/api/v1/users/{user_id:str}/grants/{grant_id:str}", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def revoke(request: UserRequest, services: UseServices, user_id: PathId, grant_id: PathId) -> None:
    """Take a role back from now on. Their tablets give the site up at the next pull; what they made there before is
    still accepted. Again is a no-op."""
    request.user.require_administrator()
    organisation_id, now = request.user.organisation_id, services.clock()
    with services.database.write() as connection:
        found = next((row for row in _grants(connection, organisation_id, user_id) if row.id == grant_id), None)
        if found is None:
            raise Problem(Code.NOT_FOUND, "没有这项授权", "There is no such grant")
        if found.revoked_at is not None:
            return
        if found.role == Role.ADMINISTRATOR and user_id == request.user.user_id:
            raise Problem(
                Code.CONFLICT,
                "不能撤销自己的管理员角色，请由另一位管理员操作",
                "Nobody takes their own administrator role: ask another administrator",
            )
        with Directory(connection, organisation_id, now) as directory:
            directory.revoke(user_id, Role(found.role), found.site_id)
        _record(connection, request, "role.revoke", user_id, found, now)


def _grants(connection: sa.Connection, organisation_id: str, user_id: str) -> list[GrantBody]:
    query = (
        sa.select(*(_grant.c[name] for name in _LISTED))
        .where(_grant.c.organisation_id == organisation_id, _grant.c.user_id == user_id)
        .order_by(_grant.c.granted_at, _grant.c.id)
    )
    return [GrantBody(**row) for row in connection.execute(query).mappings()]


def _in_force(listed: list[GrantBody]) -> set[GrantBody]:
    return {row for row in listed if row.revoked_at is None}


def _require_user(connection: sa.Connection, organisation_id: str, user_id: str) -> None:
    query = sa.select(_user.c.id).where(_user.c.id == user_id, _user.c.organisation_id == organisation_id)
    if connection.execute(query).first() is None:
        raise Problem(Code.NOT_FOUND, "没有这位用户", "There is no such user")


def _require_site(connection: sa.Connection, organisation_id: str, site_id: str) -> None:
    query = sa.select(_site.c.id).where(_site.c.id == site_id, _site.c.organisation_id == organisation_id)
    if connection.execute(query).first() is None:
        raise Problem(Code.INVALID_FIELD, "没有这个场所", "There is no such site", "/site_id")


def _record(
    connection: sa.Connection, request: UserRequest, action: str, user_id: str, row: GrantBody, now: datetime
) -> None:
    detail = {"grant_id": row.id, "role": row.role, "site_id": row.site_id}
    connection.execute(
        _audit.insert(),
        {
            "id": new_id(),
            "organisation_id": request.user.organisation_id,
            "actor_id": request.user.user_id,
            "action": action,
            "object_kind": "user",
            "object_id": user_id,
            "detail": msgspec.json.encode(detail).decode(),
            "at": now,
        },
    )


HANDLERS = [users, grants, grant, revoke]
