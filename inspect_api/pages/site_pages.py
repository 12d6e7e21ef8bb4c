"""What every page about a site's week shows: whose it is, how far it is published, and the ways to the other pages."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from litestar import Response

from checklists.periods import Week, final_at, provisional_at
from checklists.tables import Site, table_of
from inspect_api.api.scorecards import parse_week
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest
from inspect_api.pages.rendering import page
from inspect_api.scorecards import access, service
from inspect_api.scorecards.kept import TakesLong, remembered, week_table
from inspect_api.scorecards.preparing import UnderWay, make_beside
from inspect_api.scorecards.shapes import SiteRef, State
from inspect_api.scorecards.week_table import WeekTable
from inspect_api.services import Services

PATIENCE = 2.0
"""Seconds that a reader waits without a word."""

MOST_SITES = 6
"""So many are named above each page; somebody with more goes through the list of them."""

T = TypeVar("T")
_site = table_of(Site)


@dataclass(frozen=True)
class SitePage:
    """A week of a site that the reader manages. ``sites``: rows (id, name) of all that they manage."""

    request: UserRequest
    site: SiteRef
    sites: list[Any]
    week: Week
    now: datetime
    table: WeekTable

    @property
    def state(self) -> State:
        """By the calendar; a moment before the publication is made this is already what it is going to be."""
        if self.now >= final_at(self.week, self.site.zone):
            return State.FINAL
        return State.PROVISIONAL if self.now >= provisional_at(self.week, self.site.zone) else State.LIVE

    def remembered(self, connection: sa.Connection, key: Hashable, make: Callable[[], T]) -> T:
        """See ``kept.remembered``."""
        return remembered(connection, self.site, self.week, key, make)

    def show(self, template: str, **values: Any) -> Response[str]:
        """The rendered page."""
        running = service.working_week(self.site, self.now)
        return page(
            self.request,
            template,
            site=self.site,
            sites=self.sites,
            most_sites=MOST_SITES,
            week=self.week,
            table=self.table,
            running=self.week == running,
            ahead=self.week < running,
            state=self.state,
            provisional_at=provisional_at(self.week, self.site.zone),
            final_at=final_at(self.week, self.site.zone),
            **values,
        )


class Preparing(Exception):
    """The table of a large site is being made: the reader is shown that, and comes again."""

    def __init__(self, site: SiteRef, week: Week, under_way: UnderWay, now: datetime) -> None:
        super().__init__(site.id)
        self.site, self.week = site, week
        self.employees = under_way.employees
        self.seconds = max(0, round((now - under_way.since).total_seconds()))


def site_page(
    connection: sa.Connection,
    request: UserRequest,
    services: Services,
    site_id: str,
    week: str,
    patience: float | None = PATIENCE,
) -> SitePage:
    """Problem NOT_FOUND or FORBIDDEN for a site that the reader does not manage, INVALID_FIELD for no week.

    ``patience``: see ``kept.week_table``; after it, raises Preparing.
    """
    chosen = parse_week(week)
    site = access.readable_site(connection, request.user, site_id)
    try:
        table = week_table(connection, site, chosen, patience=patience)
    except TakesLong:
        raise Preparing(site, chosen, make_beside(services, connection, site, chosen), services.clock()) from None
    return SitePage(
        request=request,
        site=site,
        sites=sites_of(connection, request.user),
        week=chosen,
        now=services.clock(),
        table=table,
    )


def sites_of(connection: sa.Connection, user: Principal) -> list[Any]:
    """Rows (id, name) of the sites whose scorecards the user may read, by code."""
    statement = (
        sa.select(_site.c.id, _site.c.name)
        .where(_site.c.organisation_id == user.organisation_id, _site.c.id.in_(sorted(user.managed_sites())))
        .order_by(_site.c.code)
    )
    return list(connection.execute(statement))


def weeks_until(week: Week, count: int) -> list[Week]:
    """The week and those before it, ``count`` in all, the latest first."""
    found = [week]
    while len(found) < count:
        found.append(found[-1].previous())
    return found
