"""Refresh tokens: they rotate, and a stolen one gives itself away.

A token is used once and replaced by its child. The answer that carries the child can be lost on a bad line, so the
parent may be used again as long as no child of it was: each use then makes a new child. Once a child was used, the
parent coming back means that two hold it: the whole family ends, and the user logs in anew. What waits in a tablet's
outbox is not touched by that.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import new_id
from checklists.tables.columns import table_of
from sync.tables import RefreshToken

_token = table_of(RefreshToken)


class Issued(Struct, frozen=True):
    """``secret``: what the client keeps; the database holds only its hash."""

    secret: str
    organisation_id: str
    user_id: str
    replica_id: str | None


def issue(
    connection: sa.Connection,
    organisation_id: str,
    user_id: str,
    replica_id: str | None,
    now: datetime,
    life: timedelta,
    *,
    family: str | None = None,
    parent_id: str | None = None,
) -> Issued:
    secret = secrets.token_urlsafe(32)
    connection.execute(
        _token.insert(),
        {
            "id": new_id(),
            "organisation_id": organisation_id,
            "user_id": user_id,
            "replica_id": replica_id,
            "family": family or new_id(),
            "parent_id": parent_id,
            "token_hash": _hash(secret),
            "issued_at": now,
            "expires_at": now + life,
        },
    )
    return Issued(secret, organisation_id, user_id, replica_id)


def owner_of(connection: sa.Connection, secret: str) -> str | None:
    """The user of a token, good or not; None for one that never was."""
    return connection.execute(sa.select(_token.c.user_id).where(_token.c.token_hash == _hash(secret))).scalar()


def rotate(connection: sa.Connection, secret: str, now: datetime, life: timedelta) -> Issued | None:
    """The next token, or None when this one is not good; then its family has ended, and the caller must commit that."""
    found = connection.execute(
        sa.select(_token).where(_token.c.token_hash == _hash(secret)).with_for_update()
    ).one_or_none()
    if found is None or found.revoked_at is not None or found.expires_at <= now:
        return None
    if found.used_at is not None:
        child_used = connection.execute(
            sa.select(sa.func.count()).where(_token.c.parent_id == found.id, _token.c.used_at.is_not(None))
        ).scalar_one()
        if child_used:
            revoke_family(connection, found.family, now)
            return None
    connection.execute(sa.update(_token).where(_token.c.id == found.id).values(used_at=now))
    return issue(
        connection,
        found.organisation_id,
        found.user_id,
        found.replica_id,
        now,
        life,
        family=found.family,
        parent_id=found.id,
    )


def revoke(connection: sa.Connection, secret: str, now: datetime) -> None:
    """End the family of this token, if it is one."""
    family = connection.execute(sa.select(_token.c.family).where(_token.c.token_hash == _hash(secret))).scalar()
    if family is not None:
        revoke_family(connection, family, now)


def revoke_family(connection: sa.Connection, family: str, now: datetime) -> None:
    connection.execute(
        sa.update(_token).where(_token.c.family == family, _token.c.revoked_at.is_(None)).values(revoked_at=now)
    )


def revoke_replica(connection: sa.Connection, replica_id: str, now: datetime) -> None:
    connection.execute(
        sa.update(_token).where(_token.c.replica_id == replica_id, _token.c.revoked_at.is_(None)).values(revoked_at=now)
    )


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
