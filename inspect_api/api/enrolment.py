"""``/api/v1/enrolment``: one-time codes that bring a tablet into use."""

from typing import Annotated, Any

from litestar import Request, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Meta, Struct

from inspect_api.api.auth import ReplicaBody
from inspect_api.auth import enrolment
from inspect_api.auth.service import ReplicaRequest, Session
from inspect_api.auth.throttle import address_of
from inspect_api.injection import UserRequest, UseServices
from sync.messages import Id


class CodeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """``user_id``: whose tablet it will be."""

    user_id: Id


class ExchangeBody(Struct, frozen=True, forbid_unknown_fields=True):
    """``code``: as shown; case, spaces and hyphens do not matter. ``replica``: the local database that asks."""

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    replica: ReplicaBody


@post("/api/v1/enrolment-codes", status_code=HTTP_201_CREATED, sync_to_thread=True)
def make(request: UserRequest, services: UseServices, data: JSONBody[CodeRequest]) -> enrolment.NewCode:
    """A code for one user, good for a day and one use; those made before for them end. Administrators only."""
    return enrolment.make_code(services, request.user, data.user_id)


@post("/api/v1/enrolment", opt={"public": True}, status_code=HTTP_200_OK, sync_to_thread=True)
def exchange(request: Request[Any, Any, Any], services: UseServices, data: JSONBody[ExchangeBody]) -> Session:
    """A code for a log-in of the tablet, as ``auth/login`` gives one for a password."""
    replica = ReplicaRequest(data.replica.id, data.replica.device_name, data.replica.app_version)
    return enrolment.exchange(services, data.code, replica, address=address_of(request))


HANDLERS = [make, exchange]
