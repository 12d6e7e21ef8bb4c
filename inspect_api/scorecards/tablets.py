"""Which tablets of a site are behind: a number is only as complete as what has arrived."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import Role, RoleGrant, User, table_of
from inspect_api.scorecards.shapes import SiteRef, Tablet
from sync.tables import Replica

WARN_AFTER = timedelta(hours=24)
"""While the week is still running, a tablet that was silent this long is listed."""

_grant = table_of(RoleGrant)
_replica = table_of(Replica)
_user = table_of(User)


def behind(connection: sa.Connection, site: SiteRef, week: Week, now: datetime) -> list[Tablet]:
    """What still holds unsent data or was silent since the week ended, of the site's supervisors in it or since."""
    ended = week.ends_at(site.zone)
    limit = ended if now >= ended else now - WARN_AFTER
    supervisors = sa.select(_grant.c.user_id).where(
        _grant.c.organisation_id == site.organisation_id,
        _grant.c.site_id == site.id,
        _grant.c.role == Role.SUPERVISOR,
        # Also those who have lost the site since: what they made before is still of this week.
        sa.or_(_grant.c.revoked_at.is_(None), _grant.c.revoked_at > week.starts_at(site.zone)),
    )
    statement = (
        sa.select(
            _replica.c.id,
            _replica.c.device_name,
            _user.c.name,
            _replica.c.last_seen_at,
            _replica.c.unsent,
            _replica.c.oldest_unsent_at,
        )
        .join(_user, _user.c.id == _replica.c.user_id)
        .where(
            _replica.c.organisation_id == site.organisation_id,
            _replica.c.user_id.in_(supervisors),
            _replica.c.revoked_at.is_(None),
            sa.or_(_replica.c.unsent > 0, sa.func.coalesce(_replica.c.last_seen_at, _replica.c.enrolled_at) < limit),
        )
        .order_by(_replica.c.oldest_unsent_at.is_(None), _replica.c.oldest_unsent_at, _user.c.name)
    )
    return [Tablet(*row) for row in connection.execute(statement)]
