"""The end of everything that somebody is logged in with, from this moment on.

Every token bears the user's session number. Raising it ends the pages' sessions and the tablets' access tokens alike,
with nothing to look up but the user, who is looked up with every request anyway.
"""

from datetime import datetime

import sqlalchemy as sa

from checklists.tables import PasswordLink, User, table_of
from sync.tables import EnrolmentCode, RefreshToken

_code, _link, _token, _user = (table_of(model) for model in (EnrolmentCode, PasswordLink, RefreshToken, User))


def held_number(connection: sa.Connection, user_id: str) -> int | None:
    """The session number of an active user, which stays as it is until the commit; None: nobody may log in as that.

    Whoever makes a session asks this first. Otherwise one that is made while a password is reset would outlive it.
    """
    row = connection.execute(
        sa.select(_user.c.session_number).where(_user.c.id == user_id, _user.c.active).with_for_update(read=True)
    ).one_or_none()
    return None if row is None else row.session_number or 0


def end_sessions(connection: sa.Connection, user_id: str, now: datetime) -> None:
    """On pages and on tablets. What waits in a tablet's outbox is sent after the next log-in."""
    raised = sa.func.coalesce(_user.c.session_number, 0) + 1
    connection.execute(_user.update().where(_user.c.id == user_id).values(session_number=raised))
    mine = (_token.c.user_id == user_id, _token.c.revoked_at.is_(None))
    connection.execute(_token.update().where(*mine).values(revoked_at=now))


def end_invitations(connection: sa.Connection, user_id: str, now: datetime) -> None:
    """One-time links and codes that nobody has used yet."""
    for table in (_link, _code):
        waiting = (table.c.user_id == user_id, table.c.used_at.is_(None), table.c.expires_at > now)
        connection.execute(table.update().where(*waiting).values(expires_at=now))
