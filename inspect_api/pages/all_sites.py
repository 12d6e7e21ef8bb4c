"""All sites that a manager has, this week at a glance: one row each, on the page and as a file."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from checklists.periods import Week
from inspect_api import sheets
from inspect_api.actions import reading as actions
from inspect_api.deadlines import Stage
from inspect_api.disputes import reading as disputes
from inspect_api.i18n import N_, translator
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.errors import AGAIN_SECONDS
from inspect_api.pages.overview import PageNumber, paged
from inspect_api.pages.rendering import page, page_language
from inspect_api.pages.site_pages import sites_of
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import kept, preparing, service, tablets
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.scorecards.week_table import WeekTable
from inspect_api.services import Services

SITES_PER_PAGE = 20
PATIENCE = 1.5
"""Seconds of adding up for one answer; what is left then comes with the next one, by itself."""


@dataclass(frozen=True)
class Row:
    """``table``: None while it is being made, and where there is too much to keep at once (``too_many``)."""

    site: SiteRef
    week: Week
    table: WeekTable | None
    behind: int
    disputes: int
    late: int


@get("/sites", sync_to_thread=True)
def all_sites(request: UserRequest, services: UseServices, number: PageNumber = 1) -> Response[str] | Redirect:
    with services.database.read() as connection:
        sites = sites_of(connection, request.user)
        if len(sites) == 1:
            return Redirect(f"/sites/{sites[0].id}", status_code=303)
        found = paged(sites, number, SITES_PER_PAGE)
        too_many = sum(kept.employed(connection, one.id) for one in found.rows) > kept.MOST_ROWS
        rows = _rows(connection, request, services, [one.id for one in found.rows], give_up=too_many)
    waiting = not too_many and any(row.table is None for row in rows)
    shown = page(request, "sites.html", paged=found, rows=rows, waiting=waiting)
    if waiting:
        shown.headers["refresh"] = str(AGAIN_SECONDS)
    return shown


def _rows(
    connection: sa.Connection, request: UserRequest, services: Services, ids: Sequence[str], *, give_up: bool
) -> list[Row]:
    """``give_up``: without tables, which would drive each other out of the memory."""
    now, until = services.clock(), time.monotonic() + PATIENCE
    rows = []
    for site_id in ids:
        site = service.find_site(connection, site_id)
        week = service.reading_week(connection, site, now)
        table = None
        if not give_up and time.monotonic() < until:
            table = _table(connection, services, site, week)
        rows.append(_row(connection, request, site, week, table, now))
    return rows


def _table(connection: sa.Connection, services: Services, site: SiteRef, week: Week) -> WeekTable | None:
    try:
        return kept.week_table(connection, site, week, patience=PATIENCE)
    except kept.TakesLong:
        preparing.make_beside(services, connection, site, week)
        return None


def _row(
    connection: sa.Connection, request: UserRequest, site: SiteRef, week: Week, table: WeekTable | None, now: datetime
) -> Row:
    user = request.user
    return Row(
        site=site,
        week=week,
        table=table,
        behind=len(tablets.behind(connection, site, week, now)),
        disputes=disputes.count_readable(connection, user, site.id, *disputes.of_stage(Stage.WAITING, now)),
        late=actions.count_readable(connection, user, site.id, *actions.of_stage(Stage.LATE, now)),
    )


_HEADS = (
    *(N_("Site"), N_("Week"), N_("Average total"), N_("Change"), N_("Red flags"), N_("With an official score")),
    *(N_("At work"), N_("Not seen"), N_("Tablets behind"), N_("Disputes waiting"), N_("Actions overdue")),
)


@get("/sites/tables/{file:str}", sync_to_thread=True)
def sites_table(request: UserRequest, services: UseServices, file: FromPath[str]) -> Response[bytes]:
    """``sites.csv`` or ``.xlsx``, of all sites; it is waited for."""
    name, kind = sheets.split_name(file)
    if name != "sites":
        raise Problem(Code.NOT_FOUND, "没有这张表", "There is no such table")
    t, now = translator(page_language(request)), services.clock()
    cells: list[Sequence[sheets.Cell]] = []
    with services.database.read() as connection:
        for one in sites_of(connection, request.user):
            site = service.find_site(connection, one.id)
            week = service.reading_week(connection, site, now)
            row = _row(connection, request, site, week, kept.week_table(connection, site, week), now)
            cells.append(_cells(row))
    title = t.gettext("Sites")
    return sheets.answer(sheets.Sheet(title, title, [t.gettext(head) for head in _HEADS], cells), kind)


def _cells(row: Row) -> Sequence[sheets.Cell]:
    table = row.table
    counts: tuple[sheets.Cell, ...] = (None,) * 6
    if table is not None:
        counts = (
            *(table.average, table.average_change, table.red_flags, table.graded),
            *(len(table.at_work), len(table.not_seen)),
        )
    return (row.site.name, str(row.week), *counts, row.behind, row.disputes, row.late)


HANDLERS = [all_sites, sites_table]
