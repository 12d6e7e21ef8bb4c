"""The end of a replica: a tablet that was lost."""

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Audit, table_of
from inspect_api.auth import refresh
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from sync.tables import Replica

_audit = table_of(Audit)
_replica = table_of(Replica)


def revoke_replica(services: Services, user: Principal, replica_id: str) -> None:
    """It is refused from now on; what it had sent stays. By an administrator; again is a no-op. Problem: NOT_FOUND."""
    user.require_administrator()
    now = services.clock()
    with services.database.write() as connection:
        known = connection.execute(
            sa.select(_replica.c.revoked_at).where(
                _replica.c.id == replica_id, _replica.c.organisation_id == user.organisation_id
            )
        ).one_or_none()
        if known is None:
            raise Problem(Code.NOT_FOUND, "没有这台设备", "There is no such tablet")
        if known.revoked_at is not None:
            return
        connection.execute(sa.update(_replica).where(_replica.c.id == replica_id).values(revoked_at=now))
        refresh.revoke_replica(connection, replica_id, now)
        connection.execute(
            _audit.insert(),
            {
                "id": new_id(),
                "organisation_id": user.organisation_id,
                "actor_id": user.user_id,
                "action": "replica.revoke",
                "object_kind": "replica",
                "object_id": replica_id,
                "detail": "{}",
                "at": now,
            },
        )
