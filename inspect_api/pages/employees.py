"""One employee's scorecard, for their manager and for themselves."""

from litestar import Response, get
from litestar.response import Redirect

from inspect_api.api.scorecards import parse_week
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.chart import draw
from inspect_api.pages.overview import change_of
from inspect_api.pages.rendering import page
from inspect_api.pages.sites import reading_week
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access, service
from inspect_api.scorecards.explain import explain_employee_week, weeks_before

HISTORY_WEEKS = 8


@get("/me", sync_to_thread=False)
def own(request: UserRequest) -> Redirect:
    """The reader's own results."""
    if request.user.employee_id is None:
        raise Problem(Code.NOT_FOUND, "此账号没有对应的员工", "This log-in belongs to no employee")
    return Redirect(f"/employees/{request.user.employee_id}", status_code=303)


@get("/employees/{employee_id:str}", sync_to_thread=True)
def employee(request: UserRequest, services: UseServices, employee_id: str) -> Redirect:
    with services.database.read() as connection:
        site = access.readable_employee(connection, request.user, employee_id)
    return Redirect(f"/employees/{employee_id}/weeks/{reading_week(site, services.clock())}", status_code=303)


@get("/employees/{employee_id:str}/weeks/{week:str}", sync_to_thread=True)
def employee_week(request: UserRequest, services: UseServices, employee_id: str, week: str) -> Response[str]:
    chosen, now = parse_week(week), services.clock()
    with services.database.read() as connection:
        site = access.readable_employee(connection, request.user, employee_id)
        row = service.employee_week(connection, employee_id, chosen)
        earlier = weeks_before(chosen, HISTORY_WEEKS - 1)
        history = service.history(connection, employee_id, earlier)
        before = [point.total for point in history[: service.TREND_WEEKS - 1]]
        explained = explain_employee_week(connection, row, before)
        versions = service.versions(connection, employee_id, chosen)
    points = [*reversed(history), service.WeekTotal(chosen, row.score.total, row.score.grade, row.version)]
    losses = [(inspection, lost) for inspection in explained.inspections for lost in inspection.lost]
    running = service.working_week(site, now)
    return page(
        request,
        "employee_week.html",
        row=row,
        site=site,
        week=chosen,
        ahead=chosen < running,
        own=request.user.employee_id == employee_id,
        manages=request.user.manages(site.id),
        explained=explained,
        losses=sorted(losses, key=lambda one: (not one[1].critical, -one[1].points, str(one[0].captured_at))),
        versions=versions,
        points=points,
        chart=draw(points),
        change=change_of(row),
        names={one.supervisor_id: one.supervisor for one in explained.inspections if one.supervisor},
    )


HANDLERS = [own, employee, employee_week]
