"""A change that the server writes for somebody who decided at a desk: an ordinary change of a replica of its own."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.responses import Response
from checklists.tables import table_of
from inspect_api.problems import Code, Problem
from sync import store
from sync.clock import HybridClock
from sync.merge import merge
from sync.messages import Change, PushRequest
from sync.paths import RESPONSES
from sync.push import push
from sync.pusher import Pusher, receive
from sync.statements import insert, insert_missing
from sync.tables import Replica, ServerReplica

SERVER = "server"

_replica = table_of(Replica)
_server_replica = table_of(ServerReplica)


def write_response(
    connection: sa.Connection,
    author: tuple[str, str],
    inspection: tuple[str, str],
    item_key: str,
    response: Response,
    reason: str,
    now: datetime,
) -> str:
    """Write one response of a submitted inspection, having seen all that stands there; gives the change's id.

    ``author``: organisation and user; ``inspection``: site and inspection. It goes the way of every push, so that
    merge, feed, history and versions need to know nothing of it. It publishes to the feed: only the feed may come
    after it. Raises Problem INVALID_FIELD for a response that the item does not know.
    """
    (organisation_id, user_id), (site_id, inspection_id) = author, inspection
    replica_id = _server_replica_of(connection, organisation_id, user_id, now)
    store.lock(connection, inspections=[inspection_id])
    stored = [entry.change for entry in store.stored_changes(connection, [inspection_id]).get(inspection_id, [])]
    clock = HybridClock(replica_id)
    for known in stored:  # later than all that it has seen, so that its stamp is new in this inspection
        clock.observe(known.stamp)
    path = RESPONSES + item_key
    change = Change(
        id=new_id(),
        inspection_id=inspection_id,
        site_id=site_id,
        stamp=clock.tick(int(now.timestamp() * 1000)),
        captured_at=now,
        fields={path: msgspec.to_builtins(response)},
        clock_offset_ms=0,
        supersedes={path: sorted({write.stamp for write in merge(stored).get(path, ())})},
        reason=reason,
    )
    request = PushRequest([msgspec.Raw(msgspec.json.encode(change))])
    pusher = Pusher(organisation_id, user_id, replica_id, frozenset({site_id}))
    (result,) = push(connection, receive(pusher, request, now), now).results
    if result.status != "stored":  # the caller's transaction is given up with everything in it
        zh, _, en = (result.message or "").partition(" / ")
        raise Problem(Code.INVALID_FIELD, zh, en, "/value")
    return change.id


def _server_replica_of(connection: sa.Connection, organisation_id: str, user_id: str, now: datetime) -> str:
    mine = sa.select(_server_replica.c.replica_id).where(_server_replica.c.organisation_id == organisation_id)
    known = connection.execute(mine).scalar()
    if known is not None:
        return str(known)
    made = new_id()
    row = {
        "id": made,
        "organisation_id": organisation_id,
        "user_id": user_id,
        "device_name": SERVER,
        "app_version": "",
        "enrolled_at": now,
        "revoked_at": now,  # nobody can log in as the server, and no list of tablets waits for it
        "unsent": 0,
        "changes_stored": 0,
        "changes_refused": 0,
    }
    insert(connection, _replica, [row])
    insert_missing(connection, _server_replica, [{"organisation_id": organisation_id, "replica_id": made}])
    kept = str(connection.execute(mine).scalar_one())
    if kept != made:  # another process was first
        connection.execute(_replica.delete().where(_replica.c.id == made))
    return kept
