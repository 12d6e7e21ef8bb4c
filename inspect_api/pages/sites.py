"""The manager's page: a site's week at a glance."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from checklists.periods import Week, final_at, provisional_at
from checklists.tables import Site, table_of
from inspect_api.api.scorecards import parse_week
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.overview import Show, Sort, change_of, overview
from inspect_api.pages.rendering import page
from inspect_api.scorecards import access, service
from inspect_api.scorecards.shapes import SiteRef, State

_site = table_of(Site)


def sites_of(connection: sa.Connection, user: Principal) -> list[Any]:
    """Rows (id, name) of the sites whose scorecards the user may read, by code."""
    statement = (
        sa.select(_site.c.id, _site.c.name)
        .where(_site.c.organisation_id == user.organisation_id, _site.c.id.in_(sorted(user.managed_sites())))
        .order_by(_site.c.code)
    )
    return list(connection.execute(statement))


def reading_week(connection: sa.Connection, site: SiteRef, now: datetime) -> Week:
    """The week people look at when they say none: the last one until it is final, then the one that is running, once
    anything was inspected in it."""
    running = service.working_week(site, now)
    last = running.previous()
    if now >= final_at(last, site.zone) and service.has_inspections(connection, site.id, running):
        return running
    return last


def state_of(site: SiteRef, week: Week, now: datetime) -> State:
    """By the calendar; a moment before the publication is made this is already what it is going to be."""
    if now >= final_at(week, site.zone):
        return State.FINAL
    return State.PROVISIONAL if now >= provisional_at(week, site.zone) else State.LIVE


@get("/sites", sync_to_thread=True)
def all_sites(request: UserRequest, services: UseServices) -> Response[Any]:
    with services.database.read() as connection:
        sites = sites_of(connection, request.user)
    if len(sites) == 1:
        return Redirect(f"/sites/{sites[0].id}", status_code=303)
    return page(request, "sites.html", sites=sites)


@get("/sites/{site_id:str}", sync_to_thread=True)
def site(request: UserRequest, services: UseServices, site_id: FromPath[str]) -> Redirect:
    with services.database.read() as connection:
        found = access.readable_site(connection, request.user, site_id)
        week = reading_week(connection, found, services.clock())
    return Redirect(f"/sites/{found.id}/weeks/{week}", status_code=303)


@get("/sites/{site_id:str}/weeks/{week:str}", sync_to_thread=True)
def site_week(
    request: UserRequest,
    services: UseServices,
    site_id: FromPath[str],
    week: FromPath[str],
    show: FromQuery[Show] = Show.ALL,
    sort: FromQuery[Sort] = Sort.LOWEST,
    q: FromQuery[str] = "",
) -> Response[str]:
    chosen, now = parse_week(week), services.clock()
    with services.database.read() as connection:
        place = access.readable_site(connection, request.user, site_id)
        found = service.site_week(connection, place.id, chosen, now)
        corrected = service.corrections(connection, place.id, *_since_last_report(place, chosen))
        sites = sites_of(connection, request.user)
    return page(
        request,
        "site_week.html",
        found=found,
        site=place,
        sites=sites,
        week=chosen,
        running=chosen == service.working_week(place, now),
        ahead=chosen.next() <= service.working_week(place, now),
        state=state_of(place, chosen, now),
        final_at=final_at(chosen, place.zone),
        provisional_at=provisional_at(chosen, place.zone),
        view=overview(found, show, sort, q),
        change_of=change_of,
        corrections=corrected,
        show=show,
        sort=sort,
        search=q,
        shows=list(Show),
        sorts=list(Sort),
        now=now,
    )


def _since_last_report(site: SiteRef, week: Week) -> tuple[datetime, datetime]:
    """What the report of the week lists: everything since the report before, up to an hour after its publication,
    because publishing a week compares the earlier ones once more."""
    hour = timedelta(hours=1)
    return provisional_at(week.previous(), site.zone) + hour, provisional_at(week, site.zone) + hour


HANDLERS = [all_sites, site, site_week]
