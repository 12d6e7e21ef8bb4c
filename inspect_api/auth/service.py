"""Log-in, refresh, log-out, and who is behind a token."""

from collections import defaultdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec import Struct

from checklists.tables import Role, RoleGrant, Site, User
from checklists.tables.columns import table_of
from inspect_api.auth import refresh, sessions, throttle
from inspect_api.auth.passwords import nobody_hash, verify_password
from inspect_api.auth.principal import Principal
from inspect_api.auth.tokens import Claims, make_access_token
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from sync.pusher import FormerGrant
from sync.tables import Replica

PAGE_SESSION = timedelta(hours=12)

_user = table_of(User)
_grant = table_of(RoleGrant)
_site = table_of(Site)
_replica = table_of(Replica)

_WHO = (
    sa.select(
        _user.c.organisation_id,
        _user.c.name,
        _user.c.language,
        _user.c.employee_id,
        _user.c.active,
        _user.c.session_number,
        _grant.c.role,
        _grant.c.site_id,
        _grant.c.granted_at,
        _grant.c.revoked_at.label("grant_revoked_at"),
        _replica.c.user_id.label("replica_user_id"),
        _replica.c.revoked_at,
    )
    .select_from(_user)
    .outerjoin(_grant, _grant.c.user_id == _user.c.id)
    .outerjoin(_replica, _replica.c.id == sa.bindparam("replica_id"))
    .where(_user.c.id == sa.bindparam("user_id"))
)
_SITES_OF_ORGANISATION = sa.select(_site.c.id).where(_site.c.organisation_id == sa.bindparam("organisation_id"))


class ReplicaRequest(Struct, frozen=True):
    """The local database that asks to be bound. ``id``: UUIDv7 made on the tablet when the database was made."""

    id: str
    device_name: str = ""
    app_version: str = ""


class Session(Struct, frozen=True):
    access_token: str
    refresh_token: str | None
    expires_at: datetime
    user_id: str
    replica_id: str | None


def log_in(
    services: Services, login: str, password: str, replica: ReplicaRequest | None = None, *, address: str | None = None
) -> Session:
    """With a replica: a session that refreshes itself for weeks. Without: one for pages, ``PAGE_SESSION`` long.

    ``address``: where it comes from. Raises Problem: BAD_LOGIN, REPLICA_REVOKED, TOO_MANY_REQUESTS.
    """
    keys, stand_in = throttle.keys_of(login, address), nobody_hash()
    attempt = throttle.begin_attempt(services, keys)
    with services.database.read() as connection:
        user = connection.execute(
            sa.select(
                _user.c.id, _user.c.organisation_id, _user.c.password_hash, _user.c.active, _user.c.session_number
            ).where(_user.c.login == login.strip().replace("\x00", "\ufffd"))  # a NUL is nobody's, on either database
        ).one_or_none()
    # Outside the transaction: hashing takes tens of milliseconds on purpose.
    good = verify_password(user.password_hash if user else stand_in, password)
    if user is None or not good or not user.active:
        raise Problem(Code.BAD_LOGIN)
    throttle.succeed(services, keys, attempt)
    number = user.session_number or 0
    if replica is None:
        return _session(services, Claims(user.id, None, number), None, services.clock(), PAGE_SESSION)
    with services.database.write() as connection:
        if sessions.held_number(connection, user.id) != number:  # the password was good a moment ago
            raise Problem(Code.BAD_LOGIN)
        return open_session(services, connection, user.organisation_id, user.id, replica)


def open_session(
    services: Services, connection: sa.Connection, organisation_id: str, user_id: str, replica: ReplicaRequest
) -> Session:
    """Bind the replica to the user, who has shown who they are, and log it in. Problem REPLICA_REVOKED."""
    now, number = services.clock(), sessions.held_number(connection, user_id)
    _bind_replica(connection, organisation_id, user_id, replica, now)
    issued = refresh.issue(connection, organisation_id, user_id, replica.id, now, _refresh_life(services))
    claims = Claims(user_id, replica.id, number)
    return _session(services, claims, issued.secret, now, _access_life(services))


def renew(services: Services, refresh_token: str) -> Session:
    """Raises Problem(BAD_TOKEN)."""
    now = services.clock()
    with services.database.write() as connection:
        owner = refresh.owner_of(connection, refresh_token)
        number = sessions.held_number(connection, owner) if owner else None  # before its tokens, as whoever ends them
        issued = refresh.rotate(connection, refresh_token, now, _refresh_life(services))
        claims = Claims(issued.user_id, issued.replica_id, number) if issued else None
        usable = claims is not None and number is not None and principal_of(connection, claims) is not None
    if issued is None or claims is None or not usable:
        raise Problem(Code.BAD_TOKEN)
    return _session(services, claims, issued.secret, now, _access_life(services))


def log_out(services: Services, refresh_token: str) -> None:
    with services.database.write() as connection:
        refresh.revoke(connection, refresh_token, services.clock())


def principal_of(connection: sa.Connection, claims: Claims) -> Principal | None:
    """The user as they are now, not as they were when the token was made. None: no such user, not active, or a token
    whose session has been ended.

    Raises Problem(REPLICA_REVOKED).
    """
    rows = connection.execute(_WHO, {"user_id": claims.user_id, "replica_id": claims.replica_id}).all()
    if not rows or not rows[0].active:
        return None
    first = rows[0]
    if claims.session is not None and claims.session != (first.session_number or 0):
        return None
    if claims.replica_id is not None and (first.replica_user_id != claims.user_id or first.revoked_at is not None):
        raise Problem(Code.REPLICA_REVOKED)
    sites: dict[Role, set[str]] = defaultdict(set)
    formerly = []
    for row in rows:
        if row.grant_revoked_at is not None:
            if row.role == Role.SUPERVISOR:
                formerly.append(FormerGrant(row.site_id, row.granted_at, row.grant_revoked_at))
        elif row.role == Role.ADMINISTRATOR:
            everywhere = connection.execute(_SITES_OF_ORGANISATION, {"organisation_id": first.organisation_id})
            sites[Role.ADMINISTRATOR].update(everywhere.scalars())
        elif row.role is not None and row.site_id is not None:
            sites[Role(row.role)].add(row.site_id)
    return Principal(
        user_id=claims.user_id,
        organisation_id=first.organisation_id,
        name=first.name,
        language=first.language,
        employee_id=first.employee_id,
        replica_id=claims.replica_id,
        sites={role: frozenset(ids) for role, ids in sites.items()},
        formerly=tuple(formerly),
    )


def _bind_replica(
    connection: sa.Connection, organisation_id: str, user_id: str, replica: ReplicaRequest, now: datetime
) -> None:
    known = connection.execute(
        sa.select(_replica.c.user_id, _replica.c.revoked_at).where(_replica.c.id == replica.id)
    ).one_or_none()
    if known is None:
        connection.execute(
            _replica.insert(),
            {
                "id": replica.id,
                "organisation_id": organisation_id,
                "user_id": user_id,
                "device_name": replica.device_name,
                "app_version": replica.app_version,
                "enrolled_at": now,
                "last_seen_at": now,
                "unsent": 0,
                "changes_stored": 0,
                "changes_refused": 0,
            },
        )
    elif known.user_id != user_id or known.revoked_at is not None:
        raise Problem(Code.REPLICA_REVOKED)


def _session(services: Services, claims: Claims, secret: str | None, now: datetime, life: timedelta) -> Session:
    token = make_access_token(services.settings.effective_secret_key(), claims, now, life)
    return Session(token, secret, now + life, claims.user_id, claims.replica_id)


def _access_life(services: Services) -> timedelta:
    return timedelta(minutes=services.settings.access_token_minutes)


def _refresh_life(services: Services) -> timedelta:
    return timedelta(days=services.settings.refresh_token_days)
