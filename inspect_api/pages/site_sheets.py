"""Every table of the pages about a site's week, as a file: all rows, in the reader's language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from checklists.template import Dimension
from inspect_api import sheets
from inspect_api.i18n import N_, Translator, translator
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.overview import Show, Sort, selected
from inspect_api.pages.rendering import page_language
from inspect_api.pages.site_insights import weeks_asked_for
from inspect_api.pages.site_pages import SitePage, site_page, weeks_until
from inspect_api.pages.sites import since_last_report
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import calibration, collect, coverage, failed_items, service, tablets, wording
from inspect_api.scorecards.cases import to_decide
from inspect_api.scorecards.week_table import Mark, TableRow

Cells = Sequence[sheets.Cell]


@dataclass(frozen=True)
class Asked:
    """What a table is made from. ``weeks``: how many, up to that of the page. ``checklist``: a template's key."""

    connection: sa.Connection
    view: SitePage
    t: Translator
    show: Show
    sort: Sort
    search: str
    weeks: int
    checklist: str

    def moment(self, instant: datetime | None) -> str | None:
        """On the site's wall clock, so that it sorts as text."""
        return None if instant is None else f"{instant.astimezone(self.view.site.zone):%Y-%m-%d %H:%M}"

    def yes(self, holds: bool) -> str:
        return self.t.gettext("yes") if holds else ""

    @property
    def span(self) -> list[Any]:
        return weeks_until(self.view.week, weeks_asked_for(self.weeks))


def _employees(asked: Asked) -> list[Cells]:
    return [_employee(asked, row) for row in selected(asked.view.table, asked.show, asked.sort, asked.search)]


def _employee(asked: Asked, row: TableRow) -> Cells:
    standing = asked.t.gettext(", ").join(wording.not_ranked(why, asked.t) for why in row.not_ranked)
    marks = [cell for mark in row.marks for cell in (mark.score, _standing(mark, asked.t))]
    return (
        row.number,
        row.name,
        row.post_name,
        row.total,
        row.grade and str(row.grade),
        row.previous_total,
        row.change,
        row.trend,
        *marks,
        row.red_flags,
        row.checks,
        row.supervisors,
        standing,
        wording.state(row.state, row.version, asked.t),
        row.published_total,
    )


def _standing(mark: Mark, t: Translator) -> str:
    return wording.missing(*mark.missing, t) if mark.missing else t.gettext("official")


def _coverage(asked: Asked) -> list[Cells]:
    rows = coverage.least_seen_first(asked.view.table)
    ids = {key for row in rows for mark in row.marks for key in mark.supervisors}
    names = coverage.names_of(asked.connection, ids)
    return [
        (
            row.number,
            row.name,
            row.post_name,
            row.supervisors,
            row.checks,
            *(mark.inspections for mark in row.marks),
            asked.t.gettext(", ").join(sorted({names[key] for mark in row.marks for key in mark.supervisors})),
        )
        for row in rows
    ]


def _supervisors(asked: Asked) -> list[Cells]:
    work = coverage.work_of_supervisors(asked.connection, asked.view.site, asked.view.week)
    return [(one.supervisor, one.inspections, one.subjects, one.days, *one.means.values()) for one in work]


def _items(asked: Asked) -> list[Cells]:
    used = failed_items.checklists_used(asked.connection, asked.view.site, asked.span)
    wanted = [one for one in used if not asked.checklist or one.key == asked.checklist]
    return [
        (
            asked.t.choose(one.title),
            item.key,
            asked.t.choose(item.text),
            asked.yes(item.critical),
            item.failed,
            item.inspections,
            item.share,
            item.subjects,
        )
        for one in wanted
        for item in failed_items.failed_items(asked.connection, asked.view.site, asked.span, one)
    ]


def _findings(asked: Asked) -> list[Cells]:
    found, _ = failed_items.findings(asked.connection, asked.view.site, asked.view.week)
    return [
        (
            asked.moment(one.captured_at),
            one.number,
            one.employee,
            one.workspace,
            one.item_key,
            asked.t.choose(one.item.text) if one.item else None,
            asked.yes(one.critical),
            one.note,
            one.supervisor,
            len(one.photos),
            one.inspection_id,
        )
        for one in found
    ]


def _pairs(asked: Asked) -> list[Cells]:
    rules = collect.rules_of(asked.connection, asked.view.site, asked.view.week)
    pairs = calibration.pairs_of(asked.connection, asked.view.site, asked.span, rules)
    return [
        (one.first, one.second, one.pairs, one.difference, one.agreeing, one.agreement, asked.yes(one.calibrate))
        for one in pairs
    ]


def _severity(asked: Asked) -> list[Cells]:
    rules = collect.rules_of(asked.connection, asked.view.site, asked.view.week)
    pairs = calibration.pairs_of(asked.connection, asked.view.site, asked.span, rules)
    return [(one.supervisor, one.pairs, one.difference) for one in calibration.severities(pairs)]


def _spread(asked: Asked) -> list[Cells]:
    return list(coverage.by_supervisors(asked.view.table))


def _decisions(asked: Asked) -> list[Cells]:
    return [
        (
            asked.moment(case.captured_at),
            asked.t.gettext(", ").join(f"{row.name} {row.number}" for row in case.employees),
            asked.t.choose(case.inspection.template.title) if case.inspection.template else None,
            case.inspection.supervisor,
            asked.t.gettext(WHY[case.kind]),
            asked.yes(case.waits),
            case.decisions[-1].by if case.decisions else None,
            asked.moment(case.decisions[-1].at) if case.decisions else None,
            case.decisions[-1].reason if case.decisions else None,
            asked.yes(case.decisions[-1].counts) if case.decisions else None,
        )
        for case in to_decide(asked.connection, asked.view.request.user, asked.view.table)
    ]


def _tablets(asked: Asked) -> list[Cells]:
    behind = tablets.behind(asked.connection, asked.view.site, asked.view.week, asked.view.now)
    return [
        (one.user_name, one.device_name, one.unsent, asked.moment(one.oldest_unsent_at), asked.moment(one.last_seen_at))
        for one in behind
    ]


def _corrections(asked: Asked) -> list[Cells]:
    site, t = asked.view.site, asked.t
    found = service.corrections(asked.connection, site.id, *since_last_report(site, asked.view.week))
    return [
        (
            one.number,
            one.name,
            str(one.week),
            one.version,
            one.old,
            one.new,
            " ".join(wording.reason_text(reason, t, site.zone) for reason in one.reasons),
            asked.moment(one.published_at),
        )
        for one in found
    ]


WHY = {"low_coverage": N_("Low coverage"), "duplicate": N_("Probable duplicate")}
_PERSON = (N_("Number"), N_("Name"), N_("Post"))
_DIMENSIONS = tuple(Dimension)
_TABLES: dict[str, tuple[str, Callable[[Translator], list[str]], Callable[[Asked], list[Cells]]]] = {
    "employees": (
        N_("Employees"),
        lambda t: [
            *_heads(t, *_PERSON, N_("Total"), N_("Grade"), N_("Last week"), N_("Change"), N_("Trend")),
            *(
                head
                for one in _DIMENSIONS
                for head in (t.dimension(one), f"{t.dimension(one)}: {t.gettext('standing')}")
            ),
            *_heads(t, N_("Red flags"), N_("Checks"), N_("Supervisors"), N_("Remark"), N_("State"), N_("Published")),
        ],
        _employees,
    ),
    "coverage": (
        N_("Coverage"),
        lambda t: [
            *_heads(t, *_PERSON, N_("Supervisors"), N_("Checks")),
            *map(t.dimension, _DIMENSIONS),
            t.gettext("Seen by"),
        ],
        _coverage,
    ),
    "supervisors": (
        N_("Supervisors"),
        lambda t: [
            *_heads(t, N_("Supervisor"), N_("Checks"), N_("Employees and workspaces"), N_("Days")),
            *map(t.dimension, _DIMENSIONS),
        ],
        _supervisors,
    ),
    "items": (
        N_("Failed items"),
        lambda t: _heads(
            t,
            N_("Checklist"),
            N_("Key"),
            N_("Item"),
            N_("Critical"),
            N_("Failed"),
            N_("Checks"),
            N_("Per cent"),
            N_("Employees and workspaces"),
        ),
        _items,
    ),
    "findings": (
        N_("Findings"),
        lambda t: _heads(
            t,
            *(N_("Captured"), N_("Number"), N_("Employee"), N_("Workspace"), N_("Key"), N_("Item"), N_("Critical")),
            *(N_("Note"), N_("Supervisor"), N_("Photos"), N_("Check")),
        ),
        _findings,
    ),
    "pairs": (
        N_("Agreement"),
        lambda t: _heads(
            t,
            *(N_("Supervisor"), N_("Other supervisor"), N_("Pairs"), N_("Mean difference"), N_("Agreeing")),
            *(N_("Per cent"), N_("Calibration session")),
        ),
        _pairs,
    ),
    "severity": (
        N_("Stricter or milder than the others"),
        lambda t: _heads(t, N_("Supervisor"), N_("Pairs"), N_("Mean difference")),
        _severity,
    ),
    "spread": (
        N_("Seen by how many supervisors"),
        lambda t: _heads(t, N_("Supervisors, 3: three or more"), N_("Employees")),
        _spread,
    ),
    "decisions": (
        N_("Decisions"),
        lambda t: _heads(
            t,
            *(N_("Captured"), N_("Employee"), N_("Checklist"), N_("Supervisor"), N_("Why"), N_("Waits")),
            *(N_("Decided by"), N_("Decided"), N_("Reason"), N_("Counts")),
        ),
        _decisions,
    ),
    "tablets": (
        N_("Tablets behind"),
        lambda t: _heads(t, N_("Supervisor"), N_("Tablet"), N_("Not sent"), N_("Oldest since"), N_("Last heard of")),
        _tablets,
    ),
    "corrections": (
        N_("Corrections to earlier weeks"),
        lambda t: _heads(
            t,
            *(N_("Number"), N_("Name"), N_("Week"), N_("Version"), N_("Before"), N_("Now"), N_("Reason")),
            N_("Published"),
        ),
        _corrections,
    ),
}


def _heads(t: Translator, *names: str) -> list[str]:
    return [t.gettext(name) for name in names]


@get("/sites/{site_id:str}/weeks/{week:str}/tables/{file:str}", sync_to_thread=True)
def site_table(
    request: UserRequest,
    services: UseServices,
    site_id: FromPath[str],
    week: FromPath[str],
    file: FromPath[str],
    show: FromQuery[Show] = Show.ALL,
    sort: FromQuery[Sort] = Sort.LOWEST,
    q: FromQuery[str] = "",
    weeks: FromQuery[int] = 1,
    checklist: FromQuery[str] = "",
) -> Response[bytes]:
    """``employees.csv``, ``items.xlsx`` …: what the page of that name shows, with all of its rows."""
    name, kind = sheets.split_name(file)
    if name not in _TABLES:
        raise Problem(Code.NOT_FOUND, "没有这张表", "There is no such table")
    t = translator(page_language(request))
    title, heads, rows_of = _TABLES[name]
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week, patience=None)
        rows = rows_of(Asked(connection, view, t, show, sort, q, weeks, checklist))
    named = f"{view.site.name}-{view.week}-{t.gettext(title)}"
    return sheets.answer(sheets.Sheet(named, t.gettext(title), heads(t), rows), kind)


HANDLERS = [site_table]
