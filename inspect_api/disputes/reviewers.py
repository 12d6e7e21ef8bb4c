"""Who may answer a dispute now. Somebody must be able to, and never somebody with a part in what is disputed."""

from collections.abc import Collection

import sqlalchemy as sa

from checklists.tables import Role, RoleGrant, User, table_of
from sync.tables import Change

_change = table_of(Change)
_grant = table_of(RoleGrant)
_user = table_of(User)


def authors(connection: sa.Connection, inspection_id: str) -> frozenset[str]:
    """Everybody who wrote any change of the inspection."""
    statement = sa.select(_change.c.author_id).where(_change.c.inspection_id == inspection_id).distinct()
    return frozenset(connection.execute(statement).scalars())


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
    statement = (
        sa.select(_grant.c.user_id, _grant.c.role, _grant.c.site_id)
        .join(_user, _user.c.id == _grant.c.user_id)
        .where(
            _grant.c.organisation_id == organisation_id,
            _grant.c.role.in_((Role.MANAGER, Role.ADMINISTRATOR)),
            _grant.c.revoked_at.is_(None),
            _user.c.active,
            _user.c.employee_id.is_distinct_from(employee_id) if employee_id else sa.true(),
        )
    )
    rows = [row for row in connection.execute(statement) if row.user_id not in apart]
    administrators = {row.user_id for row in rows if row.role == Role.ADMINISTRATOR}
    here = {row.user_id for row in rows if row.role == Role.MANAGER and row.site_id == site_id}
    elsewhere = {row.user_id for row in rows if row.role == Role.MANAGER and row.site_id != site_id}
    steps = (administrators, here, elsewhere) if escalated else (administrators | here, elsewhere)
    return frozenset(next((step for step in steps if step), ()))
