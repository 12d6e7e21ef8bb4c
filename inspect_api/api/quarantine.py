"""``/api/v1/quarantine``: refused changes with their reason and their whole body, for administrators."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from checklists.tables import User, table_of
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from sync.tables import Quarantine, Replica

_quarantine, _user, _replica = table_of(Quarantine), table_of(User), table_of(Replica)
MAX_ENTRIES = 500


class Refusal(Struct, frozen=True):
    """``code``, ``path``, ``message``: as the tablet was told. ``body``: the change as it arrived, as text."""

    id: str
    change_id: str | None
    code: str
    path: str
    message: str
    body: str
    user_id: str
    user_name: str
    replica_id: str
    device_name: str
    refused_at: datetime
    released_at: datetime | None


class RefusalPage(Struct, frozen=True):
    """``next``: the value of ``after`` for the next page; None on the last one."""

    refusals: list[Refusal]
    next: str | None


@get("/api/v1/quarantine", sync_to_thread=True)
def refusals(
    request: UserRequest,
    services: UseServices,
    after: Annotated[str | None, QueryParameter(pattern=r"^[0-9a-f]{64}$(?!\n)")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_ENTRIES)] = 100,
) -> RefusalPage:
    """The newest first."""
    request.user.require_administrator()
    mine = _quarantine.c.organisation_id == request.user.organisation_id
    statement = (
        sa.select(
            *(_quarantine.c[name] for name in ("id", "change_id", "code", "path", "message", "body", "user_id")),
            _user.c.name.label("user_name"),
            _quarantine.c.replica_id,
            _replica.c.device_name,
            _quarantine.c.refused_at,
            _quarantine.c.released_at,
        )
        .join(_user, _user.c.id == _quarantine.c.user_id)
        .join(_replica, _replica.c.id == _quarantine.c.replica_id)
        .where(mine)
        .order_by(_quarantine.c.refused_at.desc(), _quarantine.c.id.desc())
        .limit(limit + 1)
    )
    with services.database.read() as connection:
        if after is not None:
            at = connection.execute(sa.select(_quarantine.c.refused_at).where(mine, _quarantine.c.id == after)).scalar()
            if at is None:
                raise Problem(Code.BAD_CURSOR, path="/after")
            older = (_quarantine.c.refused_at == at) & (_quarantine.c.id < after)
            statement = statement.where((_quarantine.c.refused_at < at) | older)
        rows = [Refusal(**row) for row in connection.execute(statement).mappings()]
    page = rows[:limit]
    return RefusalPage(page, page[-1].id if len(rows) > limit else None)


HANDLERS = [refusals]
