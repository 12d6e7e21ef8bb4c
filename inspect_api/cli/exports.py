"""``export`` and ``recompute``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from checklists.periods import Week
from inspect_api.cli.console import AsJson, Refused, open_services, out, say, write_json
from inspect_api.cli.organisation import OfOrganisation, find_organisation, find_site
from inspect_api.cli.weeks import parse_week
from inspect_api.exporting.material import NotAnExport, read
from inspect_api.exporting.recompute import Difference, Outcome
from inspect_api.exporting.recompute import recompute as compare
from inspect_api.exporting.writing import export_lines
from inspect_api.scorecards import service

Target = Annotated[Path, typer.Argument(help="File to write. 要写入的文件。")]
Source = Annotated[Path, typer.Argument(help="File that export wrote. 导出的文件。", exists=True, dir_okay=False)]
OfSite = Annotated[str, typer.Option("--site", help="Code of the site. 场所代码。")]
FirstWeek = Annotated[str, typer.Option("--week", help="Such as 2026-W47. 周次。")]
LastWeek = Annotated[str | None, typer.Option("--until", help="Last week; default the same. 最后一周，默认同一周。")]
MOST_WEEKS = 110


def export(
    file: Target, site: OfSite, week: FirstWeek, until: LastWeek = None, organisation: OfOrganisation = None
) -> None:
    """Write everything that a site's scorecards are made from into one file. 导出一个场所评分的全部依据。"""
    weeks = span(parse_week(week), parse_week(until) if until else parse_week(week))
    with open_services() as services, services.database.read() as connection:
        place = service.find_site(connection, find_site(connection, find_organisation(connection, organisation), site))
        with file.open("wb") as target:
            lines = 0
            for line in export_lines(connection, place, weeks, services.clock()):
                target.write(line)
                lines += 1
    say(f"已写入 {file}：{len(weeks)} 周，{lines} 行", f"Wrote {file}: {len(weeks)} week(s), {lines} lines")


def span(first: Week, last: Week) -> list[Week]:
    """From the first to the last, both included. Refused when there are none, or too many."""
    weeks = [first]
    while weeks[-1] < last and len(weeks) <= MOST_WEEKS:
        weeks.append(weeks[-1].next())
    if last < first or len(weeks) > MOST_WEEKS:
        raise Refused(f"周次范围不正确，最多 {MOST_WEEKS} 周", f"No such span of weeks; at most {MOST_WEEKS}")
    return weeks


def recompute(file: Source, as_json: AsJson = False) -> None:
    """Compute every scorecard of an export again, without a database, and compare. 不用数据库，重算并逐字节比较。"""
    try:
        with file.open("rb") as lines:
            material = read(lines)
    except NotAnExport as error:
        raise Refused(error.zh, error.en) from error
    outcome = compare(material)
    if as_json:
        found = {"differences": _plain(outcome.differences), "notes": _plain(outcome.notes)}
        write_json({"compared": outcome.compared, "same": outcome.same, **found})
    else:
        _tell(outcome)
    if outcome.differences:
        raise SystemExit(1)


def _plain(differences: Sequence[Difference]) -> list[dict[str, object]]:
    names = ("employee", "week", "version", "zh", "en")
    return [{name: getattr(one, name) for name in names} for one in differences]


def _tell(outcome: Outcome) -> None:
    for sign, one in [*(("✗", one) for one in outcome.differences), *(("·", one) for one in outcome.notes)]:
        version = f"版本 version {one.version}" if one.version is not None else "导出时 as exported" if one.week else ""
        out.print(f"{sign} {' '.join(filter(None, (one.employee, one.week, version)))}", soft_wrap=True)
        out.print(f"    {one.zh}", soft_wrap=True)
        out.print(f"    {one.en}", soft_wrap=True)
    sign = "✗" if outcome.differences else "✓"
    out.print(f"{sign} {outcome.same} / {outcome.compared} 张评分卡逐字节相同 scorecards are the same, byte for byte")


COMMANDS = [export, recompute]
