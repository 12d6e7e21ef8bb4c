"""``/api/v1/users``: who there is, and which role holds where; administrators give roles and take them back."""

from datetime import timedelta
from typing import Annotated

from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Struct

from checklists.ids import UUID_PATTERN
from checklists.tables import Role
from inspect_api.administration import people
from inspect_api.auth.password_links import PATH
from inspect_api.injection import UserRequest, UseServices
from inspect_api.services import Services

PathId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]


class UserBody(Struct, frozen=True):
    id: str
    login: str
    name: str
    active: bool


class NewGrant(Struct, frozen=True, forbid_unknown_fields=True):
    role: Role
    site_id: str | None = None


class LinkBody(Struct, frozen=True):
    """``link``: for the user only; it sets a password once and is shown nowhere again."""

    link: str


@get("/api/v1/users", sync_to_thread=True)
def users(request: UserRequest, services: UseServices) -> list[UserBody]:
    """All who have or had a log-in. Administrators only."""
    with services.database.read() as connection:
        rows = people.people(connection, request.user)
    found = [UserBody(row.id, row.login, row.name, row.active) for row in rows]
    return sorted(found, key=lambda one: one.login)


@post("/api/v1/users", status_code=HTTP_201_CREATED, sync_to_thread=True)
def create(request: UserRequest, services: UseServices, data: JSONBody[people.NewUser]) -> LinkBody:
    """Add somebody who sets their own password by the link. Roles are given after it. Administrators only."""
    with services.database.write() as connection:
        secret = people.create(connection, request.user, data, services.clock(), link_life(services))
    return LinkBody(link_of(services, secret))


@post("/api/v1/users/{user_id:str}/password-link", sync_to_thread=True)
def password_link(request: UserRequest, services: UseServices, user_id: PathId) -> LinkBody:
    """A new one-time link; the ones before end. Administrators only."""
    with services.database.write() as connection:
        secret = people.new_link(connection, request.user, user_id, services.clock(), link_life(services))
    return LinkBody(link_of(services, secret))


@post("/api/v1/users/{user_id:str}/disable", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def disable(request: UserRequest, services: UseServices, user_id: PathId) -> None:
    """They get in nowhere from this moment on; what they made stays theirs. Administrators only; again is a no-op."""
    with services.database.write() as connection:
        people.set_active(connection, request.user, user_id, False, services.clock())


@post("/api/v1/users/{user_id:str}/enable", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def enable(request: UserRequest, services: UseServices, user_id: PathId) -> None:
    """Administrators only; again is a no-op."""
    with services.database.write() as connection:
        people.set_active(connection, request.user, user_id, True, services.clock())


@get("/api/v1/users/{user_id:str}/grants", sync_to_thread=True)
def grants(request: UserRequest, services: UseServices, user_id: PathId) -> list[people.Grant]:
    """Every role of the user, also those taken back, oldest first. Administrators only."""
    with services.database.read() as connection:
        return people.grants(connection, request.user, user_id)


@post("/api/v1/users/{user_id:str}/grants", status_code=HTTP_200_OK, sync_to_thread=True)
def grant(request: UserRequest, services: UseServices, user_id: PathId, data: JSONBody[NewGrant]) -> list[people.Grant]:
    """Give a role, and get the list. Their tablets receive the whole site at the next pull. Again is a no-op."""
    with services.database.write() as connection:
        people.grant(connection, request.user, user_id, data.role, data.site_id, services.clock())
    with services.database.read() as connection:
        return people.grants(connection, request.user, user_id)


@delete("/api/v1/users/{user_id:str}/grants/{grant_id:str}", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def revoke(request: UserRequest, services: UseServices, user_id: PathId, grant_id: PathId) -> None:
    """Take a role back from now on. Their tablets give the site up at the next pull; what they made there before is
    still accepted. Again is a no-op."""
    with services.database.write() as connection:
        people.revoke(connection, request.user, user_id, grant_id, services.clock())


def link_life(services: Services) -> timedelta:
    return timedelta(hours=services.settings.password_link_hours)


def link_of(services: Services, secret: str) -> str:
    return f"{services.settings.effective_public_url()}{PATH}/{secret}"


HANDLERS = [users, create, password_link, disable, enable, grants, grant, revoke]
