"""Against guessing passwords: after some failures of one account, or from one address, log-ins wait.

The failures are rows, so that it holds over several processes, and a restart forgets nothing. An unknown account is
counted like a known one and answered alike: how fast and with what tells nobody who exists. A log-in that waits costs
a tablet nothing: its session goes on, and its outbox stays.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from litestar import Request

from checklists.ids import new_id
from checklists.tables import LoginFailure, table_of
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

WINDOW = timedelta(minutes=15)
"""Failures older than this count no more."""

_failure = table_of(LoginFailure)


def address_of(request: Request[Any, Any, Any]) -> str | None:
    """Where it comes from; behind a proxy that the server trusts, what that proxy says."""
    return request.client.host if request.client else None


def keys_of(login: str, address: str | None) -> dict[str, str]:
    """``account`` and, where it is known, ``address`` → what is kept of it."""
    named = {"account": f"account\n{login.strip().casefold()}"}
    if address:
        named["address"] = f"address\n{address}"
    return {kind: sha256(text.encode()).hexdigest() for kind, text in named.items()}


def begin_attempt(services: Services, keys: dict[str, str]) -> str:
    """Count the log-in as a failure before the password is looked at, so that a hundred at once are a hundred.

    Gives the attempt's id for ``succeed``. Problem TOO_MANY_REQUESTS, with the seconds to wait.
    """
    now, settings = services.clock(), services.settings
    limits = {"account": settings.login_failures_account, "address": settings.login_failures_address}
    attempt = new_id()
    with services.database.write() as connection:
        for key in sorted(keys.values()):
            _take_turns(connection, key)
        wait = max(_wait(connection, key, limits[kind], now) for kind, key in keys.items())
        if not wait:
            rows = [{"id": f"{attempt}:{kind}", "key": key, "at": now} for kind, key in keys.items()]
            connection.execute(_failure.insert(), rows)
            connection.execute(_failure.delete().where(_failure.c.at < now - WINDOW))
    if wait:
        minutes = -(-wait // 60)
        raise Problem(
            Code.TOO_MANY_REQUESTS,
            f"登录失败次数过多，请 {minutes} 分钟后再试；平板上的数据不受影响",
            f"Too many log-ins have failed: try again in {minutes} min. Nothing on the tablet is lost",
            extra={"retry_after": wait},
            headers={"retry-after": str(wait)},
        )
    return attempt


def succeed(services: Services, keys: dict[str, str], attempt: str) -> None:
    """The account's owner has logged in: its failures are forgotten. Those of the address are not, but for this one:
    whoever knows one password may be guessing at others."""
    with services.database.write() as connection:
        connection.execute(
            _failure.delete().where((_failure.c.key == keys["account"]) | (_failure.c.id == f"{attempt}:address"))
        )


def _take_turns(connection: sa.Connection, key: str) -> None:
    """SQLite has one writer anyway; on PostgreSQL two log-ins of one key count one after the other."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(key[:15], 16))))


def _wait(connection: sa.Connection, key: str, limit: int, now: datetime) -> int:
    """Seconds until fewer than ``limit`` failures are in the window; 0 when they are."""
    newest = connection.execute(
        sa.select(_failure.c.at)
        .where(_failure.c.key == key, _failure.c.at > now - WINDOW)
        .order_by(_failure.c.at.desc())
        .limit(limit)
    ).all()
    if len(newest) < limit:
        return 0
    end: datetime = newest[-1].at + WINDOW
    return max(1, -int((now - end).total_seconds() // 1))
