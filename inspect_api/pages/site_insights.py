"""Pages about a site's week beside the scorecards: coverage, failed items, findings, supervisors."""

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.overview import Paged, PageNumber, paged
from inspect_api.pages.site_pages import SitePage, site_page, weeks_until
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import calibration, collect, coverage, failed_items
from inspect_api.scorecards.failed_items import Checklist, FailedItem

WEEKS = (1, 4, 8)
FINDINGS_PER_PAGE = 24


@get("/sites/{site_id:str}/weeks/{week:str}/coverage", sync_to_thread=True)
def coverage_page(
    request: UserRequest, services: UseServices, site_id: FromPath[str], week: FromPath[str], number: PageNumber = 1
) -> Response[str]:
    """Who was not seen, by how many supervisors everyone was, and what each supervisor did."""
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week)
        rows = paged(coverage.least_seen_first(view.table), number)
        seen_by = {key for row in rows.rows for mark in row.marks for key in mark.supervisors}
        names = coverage.names_of(connection, seen_by)
        work = view.remembered(
            connection, "work", lambda: coverage.work_of_supervisors(connection, view.site, view.week)
        )
    return view.show(
        "site_coverage.html", rows=rows, by_supervisors=coverage.by_supervisors(view.table), names=names, work=work
    )


@get("/sites/{site_id:str}/weeks/{week:str}/items", sync_to_thread=True)
def items_page(
    request: UserRequest,
    services: UseServices,
    site_id: FromPath[str],
    week: FromPath[str],
    checklist: FromQuery[str] = "",
    weeks: FromQuery[int] = 1,
) -> Response[str]:
    """One checklist's items, those that failed most often first."""
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week)
        span = weeks_until(view.week, weeks_asked_for(weeks))
        used = view.remembered(
            connection, ("used", weeks), lambda: failed_items.checklists_used(connection, view.site, span)
        )
        chosen = next((one for one in used if one.key == checklist), used[0] if used else None)
        items = _failed(connection, view, weeks, chosen) if chosen else []
    return view.show(
        "site_items.html", checklists=used, chosen=chosen, items=items, weeks=weeks, spans=WEEKS, first_week=span[-1]
    )


@get("/sites/{site_id:str}/weeks/{week:str}/findings", sync_to_thread=True)
def findings_page(
    request: UserRequest,
    services: UseServices,
    site_id: FromPath[str],
    week: FromPath[str],
    item: FromQuery[str] = "",
    photos: FromQuery[bool] = False,
    number: PageNumber = 1,
) -> Response[str]:
    """What was found, with its photos."""
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week)
        found, count = failed_items.findings(
            connection,
            view.site,
            view.week,
            item_key=item or None,
            with_photos=photos,
            page=((number - 1) * FINDINGS_PER_PAGE, FINDINGS_PER_PAGE),
        )
    pages = max(1, -(-count // FINDINGS_PER_PAGE))
    rows = Paged(found, number, pages, count)
    return view.show("site_findings.html", rows=rows, item=item, photos=photos, chosen={"item": item, "photos": photos})


@get("/sites/{site_id:str}/weeks/{week:str}/supervisors", sync_to_thread=True)
def supervisors_page(
    request: UserRequest,
    services: UseServices,
    site_id: FromPath[str],
    week: FromPath[str],
    weeks: FromQuery[int] = 4,
) -> Response[str]:
    """How strict supervisors are beside each other. Reported, never corrected."""
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week)
        span = weeks_until(view.week, weeks_asked_for(weeks))
        rules = collect.rules_of(connection, view.site, view.week)
        pairs = view.remembered(
            connection, ("pairs", weeks), lambda: calibration.pairs_of(connection, view.site, span, rules)
        )
    return view.show(
        "site_supervisors.html",
        pairs=pairs,
        severities=calibration.severities(pairs),
        rules=rules,
        weeks=weeks,
        spans=WEEKS,
        first_week=span[-1],
    )


def _failed(connection: sa.Connection, view: SitePage, weeks: int, chosen: Checklist) -> list[FailedItem]:
    span = weeks_until(view.week, weeks)
    return view.remembered(
        connection,
        ("items", weeks, chosen.key),
        lambda: failed_items.failed_items(connection, view.site, span, chosen),
    )


def weeks_asked_for(weeks: int) -> int:
    """Problem INVALID_FIELD for a span that the page does not offer."""
    if weeks not in WEEKS:
        raise Problem(Code.INVALID_FIELD, "可选 1、4 或 8 周", "1, 4 or 8 weeks", "/weeks")
    return weeks


HANDLERS = [coverage_page, items_page, findings_page, supervisors_page]
