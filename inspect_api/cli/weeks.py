"""``score-week``."""

from typing import Annotated

import sqlalchemy as sa
import typer
from rich.table import Table

from checklists.periods import Week
from checklists.tables import Language, Site, table_of
from checklists.template import Dimension
from inspect_api.api import scorecard_bodies
from inspect_api.cli.console import AsJson, open_services, out, say, write_json
from inspect_api.cli.organisation import OfOrganisation, find_organisation, find_site
from inspect_api.i18n import translator
from inspect_api.scorecards import service
from inspect_api.scorecards.shapes import EmployeeWeek, SiteWeek

_site = table_of(Site)
_NOTHING = "–"

OfWeek = Annotated[str | None, typer.Option("--week", help="Such as 2026-W47; default the running one. 周次。")]
OfSite = Annotated[str | None, typer.Option("--site", help="Code of a site; default all. 场所代码。")]


def score_week(
    week: OfWeek = None, site: OfSite = None, organisation: OfOrganisation = None, as_json: AsJson = False
) -> None:
    """Show the scorecards of a week as they stand now, the lowest first. 显示某周的评分。"""
    chosen = parse_week(week) if week else None
    with open_services() as services, services.database.read() as connection:
        now = services.clock()
        organisation_id = find_organisation(connection, organisation)
        found = []
        for site_id in site_ids(connection, organisation_id, site):
            running = service.working_week(service.find_site(connection, site_id), now)
            found.append(service.site_week(connection, site_id, chosen or running, now))
    if as_json:
        write_json([scorecard_bodies.site_week(one) for one in found])
        return
    for one in found:
        out.print(_table(one))
        if one.tablets:
            say(f"{len(one.tablets)} 台平板尚未同步完", f"{len(one.tablets)} tablets have not synced everything")


def parse_week(text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"周次格式应为 2026-W47 / a week looks like 2026-W47: {text}") from error


def site_ids(connection: sa.Connection, organisation_id: str, code: str | None) -> list[str]:
    """The site with the code, or all of the organisation, in the order of their codes."""
    if code is not None:
        return [find_site(connection, organisation_id, code)]
    statement = sa.select(_site.c.id).where(_site.c.organisation_id == organisation_id).order_by(_site.c.code)
    return [str(one) for one in connection.execute(statement).scalars()]


def _table(week: SiteWeek) -> Table:
    table = Table(title=f"{week.site.name} · {week.week}")
    zh, en = translator(Language.CHINESE), translator(Language.ENGLISH)
    dimensions = [f"{zh.dimension(one)}\n{en.dimension(one)}" for one in Dimension]
    for heading in ("工号\nnumber", "姓名\nname", *dimensions, "总分\ntotal", "等级\ngrade", "★", "状态\nstate"):
        table.add_column(heading, overflow="fold")
    for row in week.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: EmployeeWeek) -> list[str]:
    dimensions = [row.score.dimension(one).shown or _NOTHING for one in Dimension]
    total, grade = row.score.shown or _NOTHING, str(row.score.grade or _NOTHING)
    return [row.number, row.name, *dimensions, total, grade, str(row.red_flags or ""), str(row.state)]


COMMANDS = [score_week]
