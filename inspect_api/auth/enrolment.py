"""One-time codes that bring a tablet into use: made by an administrator for one user, scanned or typed once."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import is_id, new_id
from checklists.tables import Audit, Role, RoleGrant, User, table_of
from inspect_api.auth import throttle
from inspect_api.auth.principal import Principal
from inspect_api.auth.service import ReplicaRequest, Session, open_session
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from sync.tables import EnrolmentCode

LIFE = timedelta(hours=24)
# Without the letters and digits that are taken for each other on paper (Crockford's Base32). 50 bits, one day, one use,
# and few tries from one address: nobody guesses it.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})

_NOBODY = Problem(Code.NOT_FOUND, "没有这位用户", "There is no such user", "/user_id")

_audit, _code, _grant, _user = (table_of(model) for model in (Audit, EnrolmentCode, RoleGrant, User))


class NewCode(Struct, frozen=True):
    """``code``: shown once, only its hash is kept. ``address``: what the QR says; it opens the app with the code."""

    code: str
    address: str
    user_id: str
    user: str
    expires_at: datetime


def make_code(services: Services, by: Principal, user_id: str) -> NewCode:
    """For a user of the administrator's own organisation; codes made before for them end. Problem: NOT_FOUND."""
    by.require_administrator()
    if not is_id(user_id):  # a form may hold anything
        raise _NOBODY
    now = services.clock()
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with services.database.write() as connection:
        name = connection.execute(
            sa.select(_user.c.name).where(
                _user.c.id == user_id, _user.c.organisation_id == by.organisation_id, _user.c.active
            )
        ).scalar()
        if name is None:
            raise _NOBODY
        former = (_code.c.user_id == user_id) & _code.c.used_at.is_(None)
        connection.execute(_code.update().where(former).values(expires_at=now))
        code_id = new_id()
        row = {
            "id": code_id,
            "organisation_id": by.organisation_id,
            "user_id": user_id,
            "code_hash": _hash(code),
            "made_by": by.user_id,
            "made_at": now,
            "expires_at": now + LIFE,
        }
        connection.execute(_code.insert(), row)
        _note(connection, by.organisation_id, by.user_id, "enrolment_code.make", code_id, now)
    shown = f"{code[:5]}-{code[5:]}"
    address = f"{services.settings.effective_public_url()}/tablet/#enrol={shown}"
    return NewCode(shown, address, user_id, name, now + LIFE)


def exchange(services: Services, code: str, replica: ReplicaRequest, *, address: str | None) -> Session:
    """Log the replica in for the user of the code, which is used up by it. Problem: BAD_LOGIN, REPLICA_REVOKED,
    TOO_MANY_REQUESTS."""
    now, digest = services.clock(), _hash(code)
    keys = throttle.keys_of(f"enrolment\n{digest}", address)
    attempt = throttle.begin_attempt(services, keys)
    with services.database.write() as connection:
        used = connection.execute(
            _code.update()
            .where(_code.c.code_hash == digest, _code.c.used_at.is_(None), _code.c.expires_at > now)
            .values(used_at=now)
            .returning(_code.c.id, _code.c.organisation_id, _code.c.user_id)
        ).one_or_none()
        active = used and connection.execute(sa.select(_user.c.active).where(_user.c.id == used.user_id)).scalar()
        if used is None or not active:
            raise Problem(
                Code.BAD_LOGIN, "代码不正确、已使用或已过期", "The code is wrong, was used, or has expired", "/code"
            )
        session = open_session(services, connection, used.organisation_id, used.user_id, replica)
        connection.execute(_code.update().where(_code.c.id == used.id).values(replica_id=replica.id))
        _note(connection, used.organisation_id, used.user_id, "enrolment_code.use", used.id, now)
    throttle.succeed(services, keys, attempt)
    return session


def supervisors(services: Services, organisation_id: str) -> list[tuple[str, str, str]]:
    """Id, name and log-in of everyone who inspects somewhere, by name."""
    statement = (
        sa.select(_user.c.id, _user.c.name, _user.c.login)
        .join(_grant, _grant.c.user_id == _user.c.id)
        .where(
            _user.c.organisation_id == organisation_id,
            _user.c.active,
            _grant.c.role == Role.SUPERVISOR,
            _grant.c.revoked_at.is_(None),
        )
        .distinct()
        .order_by(_user.c.name, _user.c.login)
    )
    with services.database.read() as connection:
        return [(row.id, row.name, row.login) for row in connection.execute(statement)]


def _hash(code: str) -> str:
    """However it was typed: case, hyphens and what looks alike do not matter."""
    return sha256(code.upper().translate(_MISREAD).encode()).hexdigest()


def _note(
    connection: sa.Connection, organisation_id: str, actor_id: str, action: str, code_id: str, now: datetime
) -> None:
    row = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "actor_id": actor_id,
        "action": action,
        "object_kind": "enrolment_code",
        "object_id": code_id,
        "detail": "{}",
        "at": now,
    }
    connection.execute(_audit.insert(), row)
