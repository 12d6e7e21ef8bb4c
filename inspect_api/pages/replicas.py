"""The tablets of the organisation, for administrators: when each was heard of, what it still holds, and its end."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import FromPath, PathParameter
from litestar.response import Redirect

from checklists.ids import UUID_PATTERN
from checklists.tables import Site, User, table_of
from inspect_api import sheets
from inspect_api.auth.principal import Principal
from inspect_api.auth.replicas import revoke_replica
from inspect_api.i18n import N_, Translator, translator
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from sync.tables import Replica, ServerReplica

LATE = timedelta(hours=24)
"""The tablet itself warns its user then."""
ALARM = timedelta(hours=72)
"""Unsent data this old is told to managers; a browser may take it away after seven days unused."""

_replica = table_of(Replica)
_server_replica = table_of(ServerReplica)
_site = table_of(Site)
_user = table_of(User)


def tablets_of(connection: sa.Connection, user: Principal) -> list[Any]:
    """What still holds data comes first, the oldest at the top; then by silence; what was revoked comes last."""
    statement = (
        sa.select(_replica, _user.c.name.label("user"), _user.c.login)
        .join(_user, _user.c.id == _replica.c.user_id)
        .where(
            _replica.c.organisation_id == user.organisation_id,
            _replica.c.id.not_in(sa.select(_server_replica.c.replica_id)),
        )
        .order_by(
            _replica.c.revoked_at.is_not(None),
            _replica.c.unsent == 0,
            _replica.c.oldest_unsent_at,
            _replica.c.last_seen_at,
            _replica.c.id,
        )
    )
    return list(connection.execute(statement))


def zone_of(connection: sa.Connection, user: Principal) -> ZoneInfo:
    """Of the organisation's first site: tablets belong to users, not to a site."""
    own = sa.select(_site.c.zone).where(_site.c.organisation_id == user.organisation_id).order_by(_site.c.code)
    return ZoneInfo(connection.execute(own.limit(1)).scalar() or "UTC")


def age(row: Any, now: datetime) -> timedelta | None:
    """Of the oldest thing that the tablet has not sent."""
    return now - row.oldest_unsent_at if row.unsent and row.oldest_unsent_at else None


@get("/replicas", sync_to_thread=True)
def replicas(request: UserRequest, services: UseServices) -> Response[str]:
    request.user.require_administrator()
    with services.database.read() as connection:
        rows = tablets_of(connection, request.user)
        zone = zone_of(connection, request.user)
    now = services.clock()
    ages = {row.id: age(row, now) for row in rows}
    return page(request, "replicas.html", rows=rows, zone=zone, ages=ages, late=LATE, alarm=ALARM)


@get("/replicas/tables/{file:str}", sync_to_thread=True)
def replicas_table(request: UserRequest, services: UseServices, file: FromPath[str]) -> Response[bytes]:
    request.user.require_administrator()
    name, kind = sheets.split_name(file)
    if name != "tablets":
        raise Problem(Code.NOT_FOUND, "没有这张表", "There is no such table")
    t = translator(page_language(request))
    with services.database.read() as connection:
        rows = tablets_of(connection, request.user)
        zone = zone_of(connection, request.user)
    cells = [_cells(row, zone) for row in rows]
    return sheets.answer(sheets.Sheet(t.gettext("Tablets"), t.gettext("Tablets"), _heads(t), cells), kind)


def _cells(row: Any, zone: ZoneInfo) -> list[sheets.Cell]:
    def moment(instant: datetime | None) -> str | None:
        return None if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"

    instants = (row.oldest_unsent_at, row.last_seen_at, row.last_push_at, row.enrolled_at, row.revoked_at)
    oldest, seen, pushed, enrolled, revoked = map(moment, instants)
    counts = (row.changes_stored, row.changes_refused)
    return [row.user, row.login, row.device_name, row.unsent, oldest, seen, pushed, *counts, enrolled, revoked, row.id]


def _heads(t: Translator) -> list[str]:
    heads = (
        *(N_("User"), N_("Log-in"), N_("Tablet"), N_("Not sent"), N_("Oldest since"), N_("Last heard of")),
        *(N_("Last push"), N_("Changes stored"), N_("Changes refused"), N_("Enrolled"), N_("Revoked"), N_("Replica")),
    )
    return [t.gettext(head) for head in heads]


@post("/replicas/{replica_id:str}/revoke", sync_to_thread=True)
def revoke(
    request: UserRequest,
    services: UseServices,
    replica_id: Annotated[str, PathParameter(pattern=UUID_PATTERN)],
) -> Redirect:
    revoke_replica(services, request.user, replica_id)
    return Redirect("/replicas", status_code=303)


HANDLERS = [replicas, replicas_table, revoke]
