"""The manager's first page: a site's week at a glance."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from checklists.periods import Week, final_at, provisional_at
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.overview import Show, Sort, paged, selected
from inspect_api.pages.rendering import page
from inspect_api.pages.site_pages import site_page, sites_of
from inspect_api.scorecards import access, service, tablets
from inspect_api.scorecards.shapes import SiteRef

MOST_NAMED = 12
"""So many of those whom nobody saw are named on the page; the others are behind a link."""


def reading_week(connection: sa.Connection, site: SiteRef, now: datetime) -> Week:
    """The week people look at when they say none: the last one until it is final, then the one that is running, once
    anything was inspected in it."""
    running = service.working_week(site, now)
    last = running.previous()
    if now >= final_at(last, site.zone) and service.has_inspections(connection, site.id, running):
        return running
    return last


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
    number: Annotated[int, QueryParameter(name="page", ge=1, le=100_000)] = 1,
) -> Response[str]:
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week)
        corrected = service.corrections(connection, view.site.id, *since_last_report(view.site, view.week))
        behind = tablets.behind(connection, view.site, view.week, view.now)
    rows = paged(selected(view.table, show, sort, q), number)
    return view.show(
        "site_week.html",
        rows=rows,
        not_seen=view.table.not_seen[:MOST_NAMED],
        tablets=behind,
        unsent=sum(tablet.unsent for tablet in behind),
        corrections=corrected,
        show=show,
        sort=sort,
        search=q,
        shows=list(Show),
        sorts=list(Sort),
        chosen={"show": show, "sort": sort, "q": q},
    )


def since_last_report(site: SiteRef, week: Week) -> tuple[datetime, datetime]:
    """What the report of the week lists: everything since the report before, up to an hour after its publication,
    because publishing a week compares the earlier ones once more."""
    hour = timedelta(hours=1)
    return provisional_at(week.previous(), site.zone) + hour, provisional_at(week, site.zone) + hour


HANDLERS = [all_sites, site, site_week]
