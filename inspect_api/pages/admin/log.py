"""Where administrators begin, the audit log with its filters, and the decisions about refused changes."""

from asyncio import to_thread
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from checklists.tables import RevisionState, TemplateRevision, table_of
from inspect_api.administration import audit, people, refused
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest, UseServices
from inspect_api.mail import bounces
from inspect_api.pages.admin.posting import back, day_begins, posted, zone_of_pages
from inspect_api.pages.rendering import page
from inspect_api.problems import Code, Problem
from sync.tables import Quarantine

_quarantine = table_of(Quarantine)
_revision = table_of(TemplateRevision)


@get("/admin", sync_to_thread=True)
def hub(request: UserRequest, services: UseServices) -> Response[str]:
    with services.database.read() as connection:
        waiting = _waiting(connection, request.user)
    return page(request, "admin/hub.html", waiting=waiting)


def _waiting(connection: sa.Connection, user: Principal) -> dict[str, int]:
    """How many things wait for an administrator, by kind."""
    user.require_administrator()
    drafts = sa.select(sa.func.count()).where(
        _revision.c.organisation_id == user.organisation_id, _revision.c.state == RevisionState.DRAFT
    )
    undecided = sa.select(sa.func.count()).where(
        _quarantine.c.organisation_id == user.organisation_id, _quarantine.c.decision.is_(None)
    )
    stopped = [row for row in bounces.refused_addresses(connection, user) if row.stopped_at]
    return {
        "drafts": connection.execute(drafts).scalar_one(),
        "refused": connection.execute(undecided).scalar_one(),
        "addresses": len(stopped),
    }


@get("/admin/audit", sync_to_thread=True)
def log(
    request: UserRequest,
    services: UseServices,
    actor: FromQuery[str] = "",
    action: FromQuery[str] = "",
    thing: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[str]:
    """Days are those of the organisation's first site, the last one included."""
    user = request.user
    user.require_administrator()
    with services.database.read() as connection:
        zone = zone_of_pages(connection, user.organisation_id)
        end = day_begins(until, zone)
        filters = audit.Filters(
            actor or None,
            action or None,
            thing or None,
            day_begins(since, zone),
            end + timedelta(days=1) if end else None,
            before or None,
        )
        entries = audit.entries(connection, user, filters, audit.MOST + 1)
        known = audit.actions(connection, user)
        everybody = people.people(connection, user)
    chosen = {"actor": actor, "action": action, "thing": thing, "since": since, "until": until}
    more = None
    if len(entries) > audit.MOST:
        kept = {name: value for name, value in chosen.items() if value}
        more = urlencode({**kept, "before": entries[audit.MOST - 1].id})
    return page(
        request,
        "admin/audit.html",
        entries=entries[: audit.MOST],
        actions=known,
        people=everybody,
        chosen=chosen,
        more=more,
        zone=zone,
    )


@post("/quarantine/{refusal_id:str}")
async def decide(request: UserRequest, services: UseServices, refusal_id: FromPath[str]) -> Any:
    form = await posted(request)

    def write() -> None:
        with services.database.write() as connection:
            if form["step"] == "retry":
                refused.retry(connection, request.user, refusal_id, services.clock())
            elif form["step"] == "keep":
                refused.leave_out(connection, request.user, refusal_id, form["note"], services.clock())
            else:
                raise Problem(Code.INVALID_FIELD)

    await to_thread(write)
    return back("/quarantine")


HANDLERS = [hub, log, decide]
