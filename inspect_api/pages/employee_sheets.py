"""The tables of an employee's page as files, in the reader's language: weeks, checks, lost points, versions."""

from collections.abc import Callable, Sequence
from datetime import datetime

from litestar import Response, get
from litestar.params import FromPath

from checklists.template import Dimension
from inspect_api import sheets
from inspect_api.i18n import N_, Translator, translator
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.comparing import checks
from inspect_api.pages.employees import EmployeePage, employee_page
from inspect_api.pages.rendering import page_language
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import wording
from inspect_api.scorecards.shapes import State

Cells = Sequence[sheets.Cell]


def _moment(view: EmployeePage, instant: datetime | None) -> str | None:
    """On the site's wall clock, so that it sorts as text."""
    return None if instant is None else f"{instant.astimezone(view.site.zone):%Y-%m-%d %H:%M}"


def _weeks(view: EmployeePage, t: Translator) -> list[Cells]:
    """The latest first, as on the page."""
    return [(str(one.week), one.total, one.grade, one.version, _state(one.version, t)) for one in reversed(view.points)]


def _state(version: int | None, t: Translator) -> str | None:
    if version is None:
        return None
    return wording.state(State.PROVISIONAL if version == 0 else State.FINAL, version, t)


def _checks(view: EmployeePage, t: Translator) -> list[Cells]:
    return [
        (
            _moment(view, one.captured_at),
            t.choose(one.template.title) if one.template else None,
            one.template_number,
            one.workspace,
            one.supervisor,
            one.score.uncapped if one.score else None,
            one.score.score if one.score else None,
            len(one.score.red_flags) if one.score else None,
            wording.why_not(view.explained.why_not[one.id], t) if one.id in view.explained.why_not else None,
            _moment(view, one.arrived_at),
            one.id,
        )
        for one in view.explained.inspections
    ]


def _lost(view: EmployeePage, t: Translator) -> list[Cells]:
    return [
        (
            _moment(view, one.captured_at),
            t.choose(one.template.title) if one.template else None,
            t.choose(lost.item.text),
            t.choose(lost.item.standard) if lost.item.standard else None,
            t.gettext("yes") if lost.critical else "",
            wording.said(lost.item, lost.response.value, t),
            -lost.points,
            lost.response.note,
            one.supervisor,
            len(lost.photos),
            t.gettext("; ").join(source.clause for source in lost.item.source),
            one.id,
        )
        for one in view.explained.inspections
        for lost in one.lost
    ]


def _versions(view: EmployeePage, t: Translator) -> list[Cells]:
    return [
        (
            one.version,
            one.total,
            one.grade,
            wording.state(one.state, one.version, t),
            _moment(view, one.published_at),
            " ".join(wording.reason_text(reason, t, view.site.zone) for reason in one.reasons),
            *(view.contents[one.version].dimension(key).score for key in Dimension),
            checks(view.contents[one.version]),
            view.contents[one.version].red_flags,
            one.digest,
        )
        for one in view.versions
    ]


_TABLES: dict[str, tuple[str, Sequence[str], Callable[[EmployeePage, Translator], list[Cells]]]] = {
    "weeks": (
        N_("Weeks"),
        (N_("Week"), N_("Total"), N_("Grade"), N_("Version"), N_("State")),
        _weeks,
    ),
    "checks": (
        N_("Checks"),
        (
            *(N_("Captured"), N_("Checklist"), N_("Revision"), N_("Workspace"), N_("Supervisor")),
            *(N_("Before the cap"), N_("Score"), N_("Red flags"), N_("Remark"), N_("Arrived"), N_("Check")),
        ),
        _checks,
    ),
    "lost": (
        N_("Where points were lost"),
        (
            *(N_("Captured"), N_("Checklist"), N_("Item"), N_("Standard"), N_("Critical"), N_("Result")),
            *(N_("Points"), N_("Note"), N_("Supervisor"), N_("Photos"), N_("Rule"), N_("Check")),
        ),
        _lost,
    ),
    "versions": (
        N_("Published versions"),
        (
            *(N_("Version"), N_("Total"), N_("Grade"), N_("State"), N_("Published"), N_("Reason")),
            *(N_("Grooming"), N_("Post-standing"), N_("Workspace 5S"), N_("Checks"), N_("Red flags")),
            "SHA-256",
        ),
        _versions,
    ),
}


@get("/employees/{employee_id:str}/weeks/{week:str}/tables/{file:str}", sync_to_thread=True)
def employee_table(
    request: UserRequest, services: UseServices, employee_id: FromPath[str], week: FromPath[str], file: FromPath[str]
) -> Response[bytes]:
    """``weeks.csv``, ``lost.xlsx`` …: for whoever may read the page."""
    name, kind = sheets.split_name(file)
    if name not in _TABLES:
        raise Problem(Code.NOT_FOUND, "没有这张表", "There is no such table")
    t = translator(page_language(request))
    title, heads, rows_of = _TABLES[name]
    with services.database.read() as connection:
        view = employee_page(connection, request.user, employee_id, week)
    named = f"{view.row.number}-{view.row.name}-{view.week}-{t.gettext(title)}"
    return sheets.answer(
        sheets.Sheet(named, t.gettext(title), [t.gettext(head) for head in heads], rows_of(view, t)), kind
    )


HANDLERS = [employee_table]
