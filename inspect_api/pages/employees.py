"""One employee's scorecard, for their manager and for themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from checklists.periods import Week
from checklists.responses import is_failed
from checklists.scoring.week import WeekScore
from checklists.tables import DecisionKind
from checklists.template import Item
from inspect_api.api.scorecards import parse_week
from inspect_api.auth.principal import Principal
from inspect_api.disputes.reading import disputes_of_week
from inspect_api.disputes.window import disputable, ends_of_time
from inspect_api.i18n import translator
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.chart import draw
from inspect_api.pages.comparing import compared
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access, service
from inspect_api.scorecards.cases import KIND_OF
from inspect_api.scorecards.decisions import Decision, decisions_of, may_decide
from inspect_api.scorecards.explain import (
    Explained,
    ExplainedWeek,
    LostPoints,
    explain_employee_week,
    weeks_before,
)
from inspect_api.scorecards.receipts import receipts
from inspect_api.scorecards.shapes import EmployeeWeek, PublishedVersion, SiteRef, WeekTotal
from inspect_api.scorecards.week_table import WAITING, moved

HISTORY_WEEKS = 8


@dataclass(frozen=True)
class Loss:
    """One item below full marks, and every inspection of the week that found it so."""

    item: Item
    critical: bool
    times: tuple[tuple[Explained, LostPoints], ...]


def losses(inspections: Sequence[Explained]) -> list[Loss]:
    """Critical items first, then by what they cost together."""
    found: dict[str, list[tuple[Explained, LostPoints]]] = {}
    for inspection in inspections:
        for lost in inspection.lost:
            found.setdefault(lost.item.key, []).append((inspection, lost))
    grouped = [
        Loss(times[0][1].item, any(lost.critical for _, lost in times), tuple(times)) for times in found.values()
    ]
    return sorted(grouped, key=lambda one: (not one.critical, -sum(lost.points for _, lost in one.times)))


def names(inspections: Sequence[Explained]) -> dict[str, str]:
    """What the lines of a computation call supervisors and inspections; these are numbered as in the list."""
    people = {one.supervisor_id: one.supervisor for one in inspections if one.supervisor_id and one.supervisor}
    return people | {one.id: f"#{place}" for place, one in enumerate(inspections, start=1)}


@get("/me", sync_to_thread=False)
def own(request: UserRequest) -> Redirect:
    """The reader's own results."""
    if request.user.employee_id is None:
        raise Problem(Code.NOT_FOUND, "此账号没有对应的员工", "This log-in belongs to no employee")
    return Redirect(f"/employees/{request.user.employee_id}", status_code=303)


@get("/employees/{employee_id:str}", sync_to_thread=True)
def employee(request: UserRequest, services: UseServices, employee_id: FromPath[str]) -> Redirect:
    with services.database.read() as connection:
        site = access.readable_employee(connection, request.user, employee_id)
        week = service.reading_week(connection, site, services.clock())
    return Redirect(f"/employees/{employee_id}/weeks/{week}", status_code=303)


@dataclass(frozen=True)
class EmployeePage:
    """``points``: the totals of the last weeks, the oldest first and this one last, from the first one that has any.
    ``contents``: what each published version says, by its number."""

    site: SiteRef
    week: Week
    row: EmployeeWeek
    points: Sequence[WeekTotal]
    explained: ExplainedWeek
    versions: Sequence[PublishedVersion]
    contents: Mapping[int, WeekScore]


def employee_page(connection: sa.Connection, user: Principal, employee_id: str, week: str) -> EmployeePage:
    """Problem NOT_FOUND or FORBIDDEN for somebody whose results the reader may not see, INVALID_FIELD for no week."""
    chosen = parse_week(week)
    site = access.readable_employee(connection, user, employee_id)
    row = service.employee_week(connection, employee_id, chosen)
    history = service.history(connection, employee_id, weeks_before(chosen, HISTORY_WEEKS - 1))
    before = [point.total for point in history[: service.TREND_WEEKS - 1]]
    points = [*reversed(history), WeekTotal(chosen, row.score.total, row.score.grade, row.version)]
    while len(points) > service.TREND_WEEKS and points[0].total is None:
        points.pop(0)  # weeks before there was anything
    return EmployeePage(
        site=site,
        week=chosen,
        row=row,
        points=points,
        explained=explain_employee_week(connection, row, before),
        versions=service.versions(connection, employee_id, chosen),
        contents=service.contents(connection, employee_id, chosen),
    )


@get("/employees/{employee_id:str}/weeks/{week:str}", sync_to_thread=True)
def employee_week(
    request: UserRequest,
    services: UseServices,
    employee_id: FromPath[str],
    week: FromPath[str],
    check: FromQuery[str] = "",
) -> Response[str]:
    """``check``: the id of the one that is unfolded, for links that lead to it."""
    user, now = request.user, services.clock()
    with services.database.read() as connection:
        view = employee_page(connection, user, employee_id, week)
        disputes = disputes_of_week(connection, view.site.organisation_id, employee_id, view.week)
        ends = ends_of_time(connection, view.row, services.settings.dispute_days)
        read = receipts(connection, employee_id, view.week)
        cases = _cases(connection, user, view.explained)
    running = service.working_week(view.site, now)
    inspections = view.explained.inspections
    return page(
        request,
        "employee_week.html",
        row=view.row,
        site=view.site,
        week=view.week,
        ahead=view.week < running,
        running=running,
        own=user.employee_id == employee_id,
        manages=user.manages(view.site.id),
        explained=view.explained,
        losses=losses(inspections),
        versions=view.versions,
        compared=compared(view.contents, translator(page_language(request))),
        check=check,
        points=view.points,
        chart=draw(view.points),
        change=moved(view.row.score.total, view.row.previous_total),
        names=names(inspections),
        disputes={(one.inspection_id, one.item.key): one for one in disputes},
        is_failed=is_failed,
        disputable=disputable(inspections, ends, now),
        receipts=read,
        cases=cases,
    )


@dataclass(frozen=True)
class Case:
    """What is or was to be decided about one of the inspections. ``mine``: whether the reader may decide."""

    kind: DecisionKind
    made: tuple[Decision, ...]
    waits: bool
    mine: bool


def _cases(connection: sa.Connection, user: Principal, explained: ExplainedWeek) -> dict[str, Case]:
    """By inspection id."""
    made = decisions_of(connection, [one.id for one in explained.inspections])
    kinds = {key: decisions[-1].kind for key, decisions in made.items()}
    kinds |= {key: KIND_OF[why] for key, why in explained.why_not.items() if why in KIND_OF}
    return {
        key: Case(
            kind=kind,
            made=tuple(made.get(key, ())),
            waits=explained.why_not.get(key) in WAITING,
            mine=may_decide(connection, user, key),
        )
        for key, kind in kinds.items()
    }


HANDLERS = [own, employee, employee_week]
