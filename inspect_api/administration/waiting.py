"""What waits for an administrator, and whether there are people enough to answer disputes."""

from typing import NamedTuple

import sqlalchemy as sa
from msgspec import Struct

from checklists.tables import Dispute, DisputeState, RevisionState, Role, RoleGrant, TemplateRevision, User, table_of
from inspect_api.auth.principal import Principal
from inspect_api.disputes.reading import DisputeView, possible_reviewers, views
from inspect_api.disputes.reviewers import authors
from inspect_api.mail import bounces
from sync.tables import Quarantine

_dispute, _grant, _user = table_of(Dispute), table_of(RoleGrant), table_of(User)
_quarantine, _revision = table_of(Quarantine), table_of(TemplateRevision)


class Waiting(NamedTuple):
    """How many of each. ``stuck``: disputes that nobody in the organisation may answer."""

    drafts: int
    refused: int
    addresses: int
    stuck: list[DisputeView]


class Deciders(Struct, frozen=True):
    """``found``: users who may decide somewhere. ``needed``: so many, for whatever is disputed and appealed to find
    somebody without a part in it; two, and one more where one of them inspects as well."""

    found: int
    needed: int


def waiting(connection: sa.Connection, user: Principal) -> Waiting:
    """Administrators only."""
    user.require_administrator()
    drafts = sa.select(sa.func.count()).where(
        _revision.c.organisation_id == user.organisation_id, _revision.c.state == RevisionState.DRAFT
    )
    undecided = sa.select(sa.func.count()).where(
        _quarantine.c.organisation_id == user.organisation_id, _quarantine.c.decision.is_(None)
    )
    stopped = [row for row in bounces.refused_addresses(connection, user) if row.stopped_at]
    return Waiting(
        connection.execute(drafts).scalar_one(),
        connection.execute(undecided).scalar_one(),
        len(stopped),
        stuck_disputes(connection, user.organisation_id),
    )


def stuck_disputes(connection: sa.Connection, organisation_id: str) -> list[DisputeView]:
    """Open ones with an empty circle: everybody who decides had a part in it. The one due first at the top."""
    found = views(connection, organisation_id, _dispute.c.state == DisputeState.OPEN)
    return [
        view
        for view in found
        if not possible_reviewers(connection, view, authors(connection, view.inspection_id) | {view.supervisor_id})
    ]


def deciders(connection: sa.Connection, organisation_id: str) -> Deciders:
    rows = connection.execute(
        sa.select(_grant.c.user_id, _grant.c.role)
        .join(_user, _user.c.id == _grant.c.user_id)
        .where(_grant.c.organisation_id == organisation_id, _grant.c.revoked_at.is_(None), _user.c.active)
    ).all()
    deciding = {row.user_id for row in rows if row.role in (Role.MANAGER, Role.ADMINISTRATOR)}
    inspecting = {row.user_id for row in rows if row.role == Role.SUPERVISOR}
    return Deciders(len(deciding), 3 if deciding & inspecting else 2)
