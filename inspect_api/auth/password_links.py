"""One-time links by which somebody sets a password: for a new user, or one who has forgotten it."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import PasswordLink, User, table_of
from inspect_api.administration import audit
from inspect_api.auth import sessions
from inspect_api.auth.passwords import MIN_LENGTH, hash_password
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

PATH = "/password"
MAX_LENGTH = 200

_link = table_of(PasswordLink)
_user = table_of(User)


def make_link(
    connection: sa.Connection, organisation_id: str, user_id: str, made_by: str | None, now: datetime, life: timedelta
) -> str:
    """The secret of a new link; those made before for the user end."""
    connection.execute(
        _link.update().where(_link.c.user_id == user_id, _link.c.used_at.is_(None)).values(expires_at=now)
    )
    secret = secrets.token_urlsafe(32)
    row = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "user_id": user_id,
        "token_hash": _hash(secret),
        "made_by": made_by,
        "made_at": now,
        "expires_at": now + life,
    }
    connection.execute(_link.insert(), row)
    return secret


def find_link(connection: sa.Connection, secret: str, now: datetime) -> Any:
    """Row (id, user_id, organisation_id, login, name). Problem NOT_FOUND for one that was used, ended or never was."""
    row = connection.execute(
        sa.select(_link.c.id, _link.c.user_id, _link.c.organisation_id, _user.c.login, _user.c.name)
        .join(_user, _user.c.id == _link.c.user_id)
        .where(_link.c.token_hash == _hash(secret), _link.c.used_at.is_(None), _link.c.expires_at > now, _user.c.active)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise Problem(
            Code.NOT_FOUND,
            "链接已使用或已过期，请向管理员索取新的",
            "The link was used or has ended: ask an administrator for a new one",
        )
    return row


def use_link(services: Services, secret: str, password: str) -> str:
    """Set the password and end every session, on pages and tablets; gives the log-in. Problem NOT_FOUND, INVALID_FIELD.

    What waits in a tablet's outbox is sent after the next log-in.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Problem(
            Code.INVALID_FIELD,
            f"密码至少 {MIN_LENGTH} 个字符",
            f"A password has at least {MIN_LENGTH} characters",
            "/password",
        )
    password_hash, now = hash_password(password), services.clock()
    with services.database.write() as connection:
        row = find_link(connection, secret, now)
        connection.execute(_link.update().where(_link.c.id == row.id).values(used_at=now))
        connection.execute(_user.update().where(_user.c.id == row.user_id).values(password_hash=password_hash))
        sessions.end_sessions(connection, row.user_id, now)
        audit.record(connection, row.organisation_id, row.user_id, "user.password", ("user", row.user_id), now)
    return str(row.login)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
