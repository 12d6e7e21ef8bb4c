"""Where administrators begin, the audit log with its filters, and the decisions about refused changes."""

from asyncio import to_thread
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from inspect_api.administration import audit, people, refused, waiting
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.admin.deeds import DEEDS, PAGES, details
from inspect_api.pages.admin.posting import back, day_begins, posted, zone_of_pages
from inspect_api.pages.rendering import page
from inspect_api.problems import Code, Problem


@get("/admin", sync_to_thread=True)
def hub(request: UserRequest, services: UseServices) -> Response[str]:
    with services.database.read() as connection:
        found = waiting.waiting(connection, request.user)
        deciders = waiting.deciders(connection, request.user.organisation_id)
    return page(request, "admin/hub.html", waiting=found, deciders=deciders)


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
        deeds=DEEDS,
        pages=PAGES,
        details=details,
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
