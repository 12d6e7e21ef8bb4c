"""What an administrator does with a refused change: try it once more, or leave it out for a reason."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.tables import table_of
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.auth.service import principal_of
from inspect_api.auth.tokens import Claims
from inspect_api.problems import Code, Problem
from sync import feed
from sync.batch import Batch
from sync.messages import PushRequest
from sync.pusher import Pusher, receive
from sync.refusals import Refusal
from sync.tables import Quarantine

STORED, KEPT = "stored", "kept"
MAX_NOTE = 500

_quarantine = table_of(Quarantine)


def retry(connection: sa.Connection, user: Principal, refusal_id: str, now: datetime) -> None:
    """As if it came now from the same replica of the same supervisor, with the roles they have or had: for what was
    refused for a reason that is mended since. The tablet is not asked, and its counts stay as they are.

    Problem CONFLICT with the reason when it is still refused; then nothing has changed.
    """
    row = _undecided(connection, user, refusal_id)
    author = principal_of(connection, Claims(row.user_id, None))
    if author is None:
        raise Problem(Code.CONFLICT, "该用户已停用", "This user is disabled")
    pusher = Pusher(row.organisation_id, row.user_id, row.replica_id, author.inspected_sites(), author.formerly)
    request = PushRequest([msgspec.Raw(row.body.encode())])
    one = receive(pusher, request, now)
    try:
        ((_, received),) = one.entries
        if isinstance(received, Refusal):
            raise received
        batch = Batch(connection, [one], now)
        batch.take(one, received)
    except Refusal as refused:
        zh, _, en = refused.message.partition(" / ")
        raise Problem(Code.CONFLICT, f"仍被拒收：{zh}", f"Refused again: {en or zh}", refused.path) from refused
    entries = batch.write()
    _decide(connection, user, row, STORED, "", now)
    feed.publish(connection, entries)


def leave_out(connection: sa.Connection, user: Principal, refusal_id: str, note: str, now: datetime) -> None:
    """It stays where it is, with who decided so and why. Problem INVALID_FIELD without a reason."""
    row = _undecided(connection, user, refusal_id)
    if not note.strip():
        raise Problem(Code.INVALID_FIELD, "请写明原因", "A reason is needed", "/note")
    _decide(connection, user, row, KEPT, note.strip()[:MAX_NOTE], now)


def _undecided(connection: sa.Connection, user: Principal, refusal_id: str) -> Any:
    user.require_administrator()
    mine = (_quarantine.c.id == refusal_id, _quarantine.c.organisation_id == user.organisation_id)
    row = connection.execute(sa.select(_quarantine).where(*mine).with_for_update()).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "没有这条记录", "There is no such entry")
    if row.decision == STORED:
        raise Problem(Code.CONFLICT, "该变更已收下", "This change has been taken in")
    return row


def _decide(connection: sa.Connection, user: Principal, row: Any, decision: str, note: str, now: datetime) -> None:
    values: dict[str, Any] = {"decision": decision, "decision_note": note, "decided_by": user.user_id}
    if decision == STORED:
        values["released_at"] = now
    connection.execute(_quarantine.update().where(_quarantine.c.id == row.id).values(**values, decided_at=now))
    about = ("quarantine", row.id)
    detail = {"change_id": row.change_id, "code": row.code}
    audit.record(connection, user.organisation_id, user.user_id, f"quarantine.{decision}", about, now, detail)
