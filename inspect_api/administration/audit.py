"""The audit log: written in the transaction of the deed itself, read with filters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import new_id
from checklists.tables import Audit, User, table_of
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem

MOST = 200

_audit = table_of(Audit)
_user = table_of(User)


class Entry(Struct, frozen=True):
    """``actor``: None for what a rule or the command line did. ``detail``: as it was written."""

    id: str
    actor_id: str | None
    actor: str | None
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    at: datetime


class Filters(Struct, frozen=True):
    """What is None filters nothing. ``action``: its beginning, so that ``template`` finds all about templates.

    ``since`` ≤ t < ``until``. ``before``: the id of the last entry of the page before.
    """

    actor_id: str | None = None
    action: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None


def record(
    connection: sa.Connection,
    organisation_id: str,
    actor_id: str | None,
    action: str,
    about: tuple[str, str],
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """``about``: kind and id of the object. Keep names and free words out of ``detail``: the log outlives erasure."""
    row = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "actor_id": actor_id,
        "action": action,
        "object_kind": about[0],
        "object_id": about[1],
        "detail": msgspec.json.encode(detail or {}).decode(),
        "at": now,
    }
    connection.execute(_audit.insert(), row)


def entries(connection: sa.Connection, user: Principal, filters: Filters, limit: int = MOST) -> list[Entry]:
    """The newest first, for administrators. Problem FORBIDDEN, BAD_CURSOR."""
    user.require_administrator()
    statement = (
        sa.select(_audit, _user.c.name.label("actor"))
        .outerjoin(_user, _user.c.id == _audit.c.actor_id)
        .where(_audit.c.organisation_id == user.organisation_id, *_conditions(connection, user, filters))
        .order_by(_audit.c.at.desc(), _audit.c.id.desc())
        .limit(limit)
    )
    return [_entry(row) for row in connection.execute(statement)]


def actions(connection: sa.Connection, user: Principal) -> Sequence[str]:
    """Every kind of deed that is in the log, in order."""
    mine = sa.select(_audit.c.action).where(_audit.c.organisation_id == user.organisation_id)
    return sorted(connection.execute(mine.distinct()).scalars())


def _conditions(connection: sa.Connection, user: Principal, filters: Filters) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if filters.actor_id is not None:
        found.append(_audit.c.actor_id == filters.actor_id)
    if filters.action is not None:
        found.append(_audit.c.action.startswith(filters.action, autoescape=True))
    if filters.object_id is not None:
        found.append(_audit.c.object_id == filters.object_id)
    if filters.since is not None:
        found.append(_audit.c.at >= filters.since)
    if filters.until is not None:
        found.append(_audit.c.at < filters.until)
    if filters.before is not None:
        at = connection.execute(
            sa.select(_audit.c.at).where(
                _audit.c.organisation_id == user.organisation_id, _audit.c.id == filters.before
            )
        ).scalar()
        if at is None:
            raise Problem(Code.BAD_CURSOR, path="/before")
        found.append((_audit.c.at < at) | ((_audit.c.at == at) & (_audit.c.id < filters.before)))
    return found


def _entry(row: Any) -> Entry:
    detail = msgspec.json.decode(row.detail)
    return Entry(
        row.id,
        row.actor_id,
        row.actor,
        row.action,
        row.object_kind,
        row.object_id,
        detail if isinstance(detail, dict) else {"": detail},
        row.at,
    )
