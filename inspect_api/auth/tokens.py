"""Access tokens: short-lived, signed, and nothing in them is believed but who and where."""

from datetime import datetime, timedelta
from functools import lru_cache

import jwt
from msgspec import Struct

from inspect_api.problems import Code, Problem

_ALGORITHM = "HS256"
_ISSUER = "inspect-api"


class Claims(Struct, frozen=True):
    """``session``: the user's session number when the token was made; None where no token is behind it."""

    user_id: str
    replica_id: str | None
    session: int | None = None


def make_access_token(secret: str, claims: Claims, now: datetime, life: timedelta) -> str:
    return jwt.encode(
        {
            "iss": _ISSUER,
            "sub": claims.user_id,
            "rep": claims.replica_id,
            "ses": claims.session or 0,
            "iat": now,
            "exp": now + life,
        },
        secret,
        algorithm=_ALGORITHM,
    )


def read_access_token(secret: str, token: str, now: datetime) -> Claims:
    """Raises Problem(BAD_TOKEN) for a token that is forged, damaged or past its time."""
    try:
        claims, expires = _verified(secret, token)
    except (jwt.InvalidTokenError, TypeError, ValueError) as error:
        raise Problem(Code.BAD_TOKEN) from error
    if expires <= now.timestamp():
        raise Problem(Code.BAD_TOKEN)
    return claims


@lru_cache(maxsize=4096)
def _verified(secret: str, token: str) -> tuple[Claims, float]:
    """Who, and until when (seconds since 1970). A good token stays good until its time, and a tablet sends the same one
    with hundreds of requests."""
    payload = jwt.decode(
        token,
        secret,
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        # The service's own clock decides, so that it can be another than the machine's.
        options={"require": ["sub", "exp", "iat"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    replica_id = payload.get("rep")
    # A token of an older version bears no number; it is as good as one of the first session.
    claims = Claims(
        str(payload["sub"]), replica_id if isinstance(replica_id, str) else None, int(payload.get("ses", 0))
    )
    return claims, float(payload["exp"])
