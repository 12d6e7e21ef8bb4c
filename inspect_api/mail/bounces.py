"""Addresses that a mail server refuses for good: counted, shown to administrators, and left alone after a few times."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from checklists.tables import MailAddress, table_of
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.database import Database
from inspect_api.problems import Code, Problem
from sync.statements import insert_missing

_address = table_of(MailAddress)
_LONGEST_ANSWER = 500


def record_bounce(
    database: Database, organisation_id: str, address: str, answer: str, now: datetime, limit: int
) -> None:
    """One more permanent refusal; with the ``limit``-th in a row no mail goes there until it is cleared."""
    key = {"organisation_id": organisation_id, "address": address.casefold()}
    row = {**key, "bounces": 0, "last_answer": "", "last_bounce_at": now}
    with database.write() as connection:
        insert_missing(connection, _address, [row])
        connection.execute(
            _address.update()
            .where(*_is(organisation_id, address))
            .values(
                bounces=_address.c.bounces + 1,
                last_answer=answer[:_LONGEST_ANSWER],
                last_bounce_at=now,
                stopped_at=sa.case(
                    (_address.c.stopped_at.is_not(None), _address.c.stopped_at),
                    (_address.c.bounces + 1 >= limit, sa.literal(now, _address.c.stopped_at.type)),
                    else_=None,
                ),
            )
        )


def record_taken(database: Database, organisation_id: str, address: str) -> None:
    """The server took a mail to it: what it refused before is over."""
    with database.read() as connection:
        if connection.execute(sa.select(_address.c.address).where(*_is(organisation_id, address))).first() is None:
            return
    with database.write() as connection:
        connection.execute(_address.delete().where(*_is(organisation_id, address)))


def is_stopped(connection: sa.Connection, organisation_id: str, address: str) -> bool:
    found = connection.execute(sa.select(_address.c.stopped_at).where(*_is(organisation_id, address))).scalar()
    return found is not None


def refused_addresses(connection: sa.Connection, user: Principal) -> list[Any]:
    """Rows of the organisation's addresses that refused, the latest first. Administrators only."""
    user.require_administrator()
    mine = sa.select(_address).where(_address.c.organisation_id == user.organisation_id)
    return list(connection.execute(mine.order_by(_address.c.last_bounce_at.desc())))


def clear(connection: sa.Connection, user: Principal, address: str, now: datetime) -> None:
    """Mail goes there again, what waits included. Problem NOT_FOUND."""
    user.require_administrator()
    gone = connection.execute(_address.delete().where(*_is(user.organisation_id, address)))
    if not gone.rowcount:
        raise Problem(Code.NOT_FOUND, "没有这个地址", "There is no such address")
    audit.record(connection, user.organisation_id, user.user_id, "mail_address.clear", ("mail_address", ""), now)


def _is(organisation_id: str, address: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _address.c.organisation_id == organisation_id, _address.c.address == address.casefold()
