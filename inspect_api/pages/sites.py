"""The manager's first page: a site's week at a glance."""

from datetime import datetime, timedelta

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from checklists.periods import Week, provisional_at
from inspect_api.actions import reading as actions
from inspect_api.deadlines import Stage
from inspect_api.disputes import reading as disputes
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.overview import PageNumber, Show, Sort, paged, selected
from inspect_api.pages.site_pages import site_page
from inspect_api.scorecards import access, service, tablets
from inspect_api.scorecards.shapes import SiteRef

MOST_NAMED = 12
"""So many of those whom nobody saw are named on the page; the others are behind a link."""


@get("/sites/{site_id:str}", sync_to_thread=True)
def site(request: UserRequest, services: UseServices, site_id: FromPath[str]) -> Redirect:
    with services.database.read() as connection:
        found = access.readable_site(connection, request.user, site_id)
        week = service.reading_week(connection, found, services.clock())
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
    number: PageNumber = 1,
) -> Response[str]:
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week)
        corrected = service.corrections(connection, view.site.id, *since_last_report(view.site, view.week))
        behind = tablets.behind(connection, view.site, view.week, view.now)
        own = (connection, request.user, view.site.id)
        to_answer = disputes.count_readable(*own, *disputes.of_stage(Stage.WAITING, view.now))
        late = actions.count_readable(*own, *actions.of_stage(Stage.LATE, view.now))
    rows = paged(selected(view.table, show, sort, q), number)
    return view.show(
        "site_week.html",
        rows=rows,
        not_seen=view.table.not_seen[:MOST_NAMED],
        tablets=behind,
        unsent=sum(tablet.unsent for tablet in behind),
        corrections=corrected,
        to_answer=to_answer,
        late=late,
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


HANDLERS = [site, site_week]
