"""``/api/v1/auth``: log-in, refresh, log-out, who am I."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from inspect_api.auth import service
from inspect_api.auth.throttle import address_of
from inspect_api.injection import UserRequest, UseServices
from sync.messages import Id


class ReplicaBody(Struct, frozen=True, forbid_unknown_fields=True):
    """``id``: UUIDv7 of the local database; a reinstall makes a new one."""

    id: Id
    device_name: Annotated[str, Meta(max_length=80)] = ""
    app_version: Annotated[str, Meta(max_length=40)] = ""


class LoginBody(Struct, frozen=True, forbid_unknown_fields=True):
    login: Annotated[str, Meta(min_length=1, max_length=120)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]
    replica: ReplicaBody | None = None


class RefreshBody(Struct, frozen=True, forbid_unknown_fields=True):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class Me(Struct, frozen=True):
    """``sites``: role → ids of the sites where it holds."""

    user_id: str
    organisation_id: str
    name: str
    language: str
    employee_id: str | None
    replica_id: str | None
    sites: dict[str, list[str]]


@post("/api/v1/auth/login", opt={"public": True}, status_code=HTTP_200_OK, sync_to_thread=True)
def log_in(request: Request[Any, Any, Any], data: JSONBody[LoginBody], services: UseServices) -> service.Session:
    """Log in. A tablet names its replica and gets a refresh token bound to it."""
    replica = data.replica
    bound = service.ReplicaRequest(replica.id, replica.device_name, replica.app_version) if replica else None
    return service.log_in(services, data.login, data.password, bound, address=address_of(request))


@post("/api/v1/auth/refresh", opt={"public": True}, status_code=HTTP_200_OK, sync_to_thread=True)
def renew(data: JSONBody[RefreshBody], services: UseServices) -> service.Session:
    """Exchange a refresh token for the next one and a new access token."""
    return service.renew(services, data.refresh_token)


@post("/api/v1/auth/logout", opt={"public": True}, status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def log_out(data: JSONBody[RefreshBody], services: UseServices) -> None:
    """End this log-in. What a tablet still holds stays there and can be sent after the next log-in."""
    service.log_out(services, data.refresh_token)


@get("/api/v1/auth/me", sync_to_thread=False)
def me(request: UserRequest) -> Me:
    """Who is behind the token."""
    user = request.user
    return Me(
        user.user_id,
        user.organisation_id,
        user.name,
        user.language,
        user.employee_id,
        user.replica_id,
        {str(role): sorted(ids) for role, ids in user.sites.items()},
    )


HANDLERS = [log_in, renew, log_out, me]
