"""``/api/v1/replicas``: which tablets there are, what they still hold, and ending one that was lost."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from litestar import get, post
from litestar.params import PathParameter
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Struct

from checklists.ids import UUID_PATTERN
from checklists.tables import User
from checklists.tables.columns import table_of
from inspect_api.auth.replicas import revoke_replica
from inspect_api.injection import UserRequest, UseServices
from sync.tables import Replica, ServerReplica

_replica = table_of(Replica)
_server_replica = table_of(ServerReplica)
_user = table_of(User)


class ReplicaBody(Struct, frozen=True):
    """``unsent``: what the tablet last said it still holds; ``clock_offset_ms``: server minus device time."""

    id: str
    device_name: str
    app_version: str
    user_id: str
    user: str
    enrolled_at: datetime
    last_seen_at: datetime | None
    last_push_at: datetime | None
    clock_offset_ms: int | None
    unsent: int
    oldest_unsent_at: datetime | None
    changes_stored: int
    changes_refused: int
    revoked_at: datetime | None


@get("/api/v1/replicas", sync_to_thread=True)
def replicas(request: UserRequest, services: UseServices) -> list[ReplicaBody]:
    """All tablets of the organisation, the one that was silent longest first. Administrators only.

    The replica by which the server writes what was decided at a desk is no tablet, and not among them.
    """
    request.user.require_administrator()
    columns = [_replica.c[name] for name in ReplicaBody.__struct_fields__ if name != "user"]
    query = (
        sa.select(*columns, _user.c.name.label("user"))
        .join(_user, _user.c.id == _replica.c.user_id)
        .where(
            _replica.c.organisation_id == request.user.organisation_id,
            _replica.c.id.not_in(sa.select(_server_replica.c.replica_id)),
        )
        .order_by(_replica.c.last_seen_at)
    )
    with services.database.read() as connection:
        return [ReplicaBody(**row) for row in connection.execute(query).mappings()]


@post("/api/v1/replicas/{replica_id:str}/revoke", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def revoke(
    request: UserRequest,
    services: UseServices,
    replica_id: Annotated[str, PathParameter(pattern=UUID_PATTERN)],
) -> None:
    """A lost tablet: it is refused from now on. What it had sent stays. Administrators only; again is a no-op."""
    revoke_replica(services, request.user, replica_id)


HANDLERS = [replicas, revoke]
