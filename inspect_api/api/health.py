"""``/health``: whether what is committed is also served."""

from typing import Any

import sqlalchemy as sa
from litestar import get
from msgspec import Struct

from checklists.tables.columns import table_of
from inspect_api.injection import UseServices
from inspect_api.migrate import current_revision, newest_revision
from inspect_api.problems import Code, Problem
from sync.tables import FeedCounter, FeedRow

_counter = table_of(FeedCounter)
_row = table_of(FeedRow)
_UNSERVED = (
    sa.select(sa.func.count())
    .select_from(_counter)
    .where(
        _counter.c.last_seq > 0,
        ~sa.exists().where(_row.c.scope_id == _counter.c.scope_id, _row.c.seq == _counter.c.last_seq),
    )
)


class Health(Struct, frozen=True):
    status: str


@get("/health", opt={"public": True}, sync_to_thread=True)
def health(services: UseServices) -> Health:
    """200 when the database answers, its schema is the newest, and the newest committed change of every scope is there
    to be pulled; else 503 with the reason."""
    with services.database.read() as connection:
        if current_revision(connection) != newest_revision():
            raise Problem(Code.UNAVAILABLE, "数据库结构不是最新", "The database schema is not the newest")
        unserved: Any = connection.execute(_UNSERVED).scalar_one()
    if unserved:
        raise Problem(Code.UNAVAILABLE, "有已提交的变更未能提供", "A committed change is not served")
    return Health("ok")


HANDLERS = [health]
