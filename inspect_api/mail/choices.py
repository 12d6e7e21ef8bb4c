"""What a recipient wants: whether a kind of mail comes at all, and whether the table comes with it.

The link in every mail says who and which kind, signed: it needs no log-in (RFC 8058), lasts as long as the mail, and
does nothing else.
"""

from datetime import datetime
from typing import Any

import jwt
import sqlalchemy as sa

from checklists.tables import MailChoice, User, table_of
from inspect_api.administration import audit
from inspect_api.problems import Code, Problem
from sync.statements import upsert

_choice = table_of(MailChoice)
_user = table_of(User)
_ALGORITHM = "HS256"
_PURPOSE = "unsubscribe"
PATH = "/unsubscribe"


def unsubscribe_link(address: str, secret: str, user_id: str, report: str) -> str:
    """``address``: where the pages are, without a slash at its end."""
    claims = {"aud": _PURPOSE, "sub": user_id, "report": report}
    return f"{address}{PATH}/{jwt.encode(claims, secret, algorithm=_ALGORITHM)}"


def read_link(secret: str, token: str) -> tuple[str, str]:
    """User and kind of mail. Problem NOT_FOUND for a link that we did not make."""
    try:
        claims = jwt.decode(token, secret, algorithms=[_ALGORITHM], audience=_PURPOSE, options={"require": ["sub"]})
        return str(claims["sub"]), str(claims["report"])
    except (jwt.InvalidTokenError, KeyError) as error:
        raise Problem(Code.NOT_FOUND, "链接无效", "This link is not valid") from error


def recipient_of(connection: sa.Connection, user_id: str) -> Any:
    """Row (id, name, language, organisation_id). Problem NOT_FOUND."""
    columns = (_user.c.id, _user.c.name, _user.c.language, _user.c.organisation_id)
    row = connection.execute(sa.select(*columns).where(_user.c.id == user_id)).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "链接无效", "This link is not valid")
    return row


def choice_of(connection: sa.Connection, user_id: str, report: str) -> Any:
    """The row, or None when nothing was chosen."""
    mine = (_choice.c.user_id == user_id, _choice.c.report == report)
    return connection.execute(sa.select(_choice).where(*mine)).one_or_none()


def choose(
    connection: sa.Connection,
    organisation_id: str,
    user_id: str,
    report: str,
    now: datetime,
    *,
    wanted: bool | None = None,
    attachment: bool | str | None = "as it is",
) -> None:
    """Set what is given. ``attachment`` None: as the organisation has it. Again is a no-op."""
    present = choice_of(connection, user_id, report)
    before = present.unsubscribed_at if present else None
    row = {
        "user_id": user_id,
        "report": report,
        "organisation_id": organisation_id,
        "unsubscribed_at": before if wanted is None else None if wanted else before or now,
        "attachment": (present.attachment if present else None) if isinstance(attachment, str) else attachment,
        "changed_at": now,
    }
    upsert(connection, _choice, [row])
    if wanted is not None and wanted == (before is not None):
        action = "mail.subscribe" if wanted else "mail.unsubscribe"
        audit.record(connection, organisation_id, user_id, action, ("user", user_id), now, {"report": report})


def unsubscribed(connection: sa.Connection, organisation_id: str) -> list[Any]:
    """Rows (user_id, name, report, unsubscribed_at), the latest first."""
    return list(
        connection.execute(
            sa.select(_choice.c.user_id, _user.c.name, _choice.c.report, _choice.c.unsubscribed_at)
            .join(_user, _user.c.id == _choice.c.user_id)
            .where(_choice.c.organisation_id == organisation_id, _choice.c.unsubscribed_at.is_not(None))
            .order_by(_choice.c.unsubscribed_at.desc())
        )
    )
