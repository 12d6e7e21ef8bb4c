"""Who may answer a dispute now. Somebody must be able to, and never somebody with a part in what is disputed."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from checklists.tables import Role, RoleGrant, User, table_of
from sync.tables import Change

_change = table_of(Change)
_grant = table_of(RoleGrant)
_user = table_of(User)


def authors(connection: sa.Connection, inspection_id: str) -> frozenset[str]:
    """Everybody who wrote any change of the inspection."""
    return authors_of(connection, [inspection_id])[inspection_id]


def authors_of(connection: sa.Connection, inspection_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The same of many, by inspection id."""
    statement = sa.select(_change.c.inspection_id, _change.c.author_id).where(
        _change.c.inspection_id.in_(sorted(inspection_ids))
    )
    found: dict[str, set[str]] = {key: set() for key in inspection_ids}
    for inspection_id, author_id in connection.execute(statement.distinct()):
        found[inspection_id].add(author_id)
    return {key: frozenset(wrote) for key, wrote in found.items()}


def circle(
    connection: sa.Connection,
    organisation_id: str,
    site_id: str,
    *,
    apart: Collection[str],
    employee_id: str | None,
    escalated: bool = False,
) -> frozenset[str]:
    """The users who may decide. ``apart``: those who may not; neither may the employee whom it is about.

    Managers of the site and administrators; once escalated administrators alone. Where that leaves nobody, because the
    only administrator inspected, it widens: to the managers of the site, then to those of the other sites. Empty only
    when nobody in the organisation is independent: then an administrator gives the role to somebody who is.
    """
    found = deciders(connection, organisation_id)
    return circle_among(found, site_id, apart=apart, employee_id=employee_id, escalated=escalated)


def deciders(connection: sa.Connection, organisation_id: str) -> Sequence[Any]:
    """Rows (user_id, role, site_id, employee_id) of everyone who decides about anything in the organisation."""
    statement = (
        sa.select(_grant.c.user_id, _grant.c.role, _grant.c.site_id, _user.c.employee_id)
        .join(_user, _user.c.id == _grant.c.user_id)
        .where(
            _grant.c.organisation_id == organisation_id,
            _grant.c.role.in_((Role.MANAGER, Role.ADMINISTRATOR)),
            _grant.c.revoked_at.is_(None),
            _user.c.active,
        )
    )
    return connection.execute(statement).all()


def circle_among(
    found: Sequence[Any], site_id: str, *, apart: Collection[str], employee_id: str | None, escalated: bool
) -> frozenset[str]:
    """``circle``, of rows that ``deciders`` gave: for many questions at once."""
    rows = [
        row for row in found if row.user_id not in apart and (employee_id is None or row.employee_id != employee_id)
    ]
    administrators = {row.user_id for row in rows if row.role == Role.ADMINISTRATOR}
    here = {row.user_id for row in rows if row.role == Role.MANAGER and row.site_id == site_id}
    elsewhere = {row.user_id for row in rows if row.role == Role.MANAGER and row.site_id != site_id}
    steps = (administrators, here, elsewhere) if escalated else (administrators | here, elsewhere)
    return frozenset(next((step for step in steps if step), ()))
