"""``/api/v1/sync``: push and pull. The protocol is described in ``docs/sync-protocol.md``."""

import zlib
from datetime import timedelta
from typing import Annotated

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import QueryParameter, RawBody
from litestar.status_codes import HTTP_200_OK

from checklists.tables.columns import table_of
from inspect_api.api.bodies import decode_body, encode
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from sync import pull as pulling
from sync.messages import PushRequest
from sync.pusher import Pusher, receive
from sync.tables import Replica

_replica = table_of(Replica)
_JSON = "application/json"
_WORTH_COMPRESSING = 1400  # less than one packet anyway
_SEEN_EVERY = timedelta(minutes=5)


@post("/api/v1/sync/push", status_code=HTTP_200_OK, sync_to_thread=True)
def push(request: UserRequest, services: UseServices, body: RawBody) -> Response[bytes]:
    """Changes in, one result each out, after the commit. Safe to repeat: a replay is answered ``duplicate``."""
    replica_id = _replica_of(request.user)
    limit = services.settings.push_max_changes
    message = decode_body(body, PushRequest)
    if len(message.changes) > limit:
        raise Problem(
            Code.BODY_TOO_LARGE,
            f"一次最多 {limit} 项变更，请分批发送",
            f"At most {limit} changes at once, send them in parts",
            "/changes",
            {"limit": limit, "received": len(message.changes)},
        )
    pusher = Pusher(
        request.user.organisation_id,
        request.user.user_id,
        replica_id,
        request.user.inspected_sites(),
        request.user.formerly,
    )
    answer = services.pushes.do(receive(pusher, message, services.clock()))
    return _answer(request, encode(answer))


@get("/api/v1/sync/pull", sync_to_thread=True)
def pull(
    request: UserRequest,
    services: UseServices,
    cursor: Annotated[str | None, QueryParameter(max_length=20_000)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=pulling.MAX_ROWS)] = 1000,
) -> Response[bytes]:
    """What changed after the cursor in the sites that the user inspects, one page."""
    replica_id = _replica_of(request.user)
    now = services.clock()
    scopes = request.user.inspected_sites() | {request.user.organisation_id}
    try:
        with services.database.read() as connection:
            answer = pulling.pull(connection, scopes, cursor, limit, now)
            seen = connection.execute(sa.select(_replica.c.last_seen_at).where(_replica.c.id == replica_id)).scalar()
    except pulling.BadCursor as error:
        raise Problem(Code.BAD_CURSOR, path="/cursor") from error
    except pulling.CursorUnknown as error:
        raise Problem(Code.CURSOR_UNKNOWN, path="/cursor") from error
    if seen is None or now - seen > _SEEN_EVERY:
        with services.database.write() as connection:
            connection.execute(sa.update(_replica).where(_replica.c.id == replica_id).values(last_seen_at=now))
    return _answer(request, encode(answer))


def _replica_of(user: Principal) -> str:
    if user.replica_id is None:
        raise Problem(Code.FORBIDDEN, "请在平板上登录后同步", "Only a replica can sync: log in with one", "/replica_id")
    return user.replica_id


def _answer(request: UserRequest, content: bytes) -> Response[bytes]:
    """Compressed here, on the worker thread, not on the event loop."""
    headers = {"cache-control": "no-store"}
    if len(content) >= _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        content = packer.compress(content) + packer.flush()
        headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
    return Response(content, media_type=_JSON, headers=headers)


HANDLERS = [push, pull]
