"""``/api/v1/scorecards``, ``/employees/{id}/scorecards/{week}``, ``/inspections/{id}``. See ``docs/scorecards.md``."""

from datetime import timedelta
from typing import Annotated

from litestar import get
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter

from checklists.ids import UUID_PATTERN
from checklists.periods import Week
from inspect_api.api import scorecard_bodies as bodies
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access, service
from inspect_api.scorecards.explain import explain_employee_week, weeks_before

PathId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]
QueryId = Annotated[str, QueryParameter(pattern=UUID_PATTERN)]
MAX_CORRECTION_DAYS = 92


def parse_week(text: str, path: str = "/week") -> Week:
    """Problem INVALID_FIELD for anything that is no ISO week."""
    try:
        return Week.parse(text)
    except ValueError as error:
        raise Problem(Code.INVALID_FIELD, "周次格式应为 2026-W47", "A week looks like 2026-W47", path) from error


@get("/api/v1/scorecards", sync_to_thread=True)
def site_week(
    request: UserRequest, services: UseServices, site_id: QueryId, week: FromQuery[str | None] = None
) -> bodies.SiteWeekBody:
    """Everyone of a site in one week, the lowest total first; without ``week`` the one that is running."""
    now = services.clock()
    with services.database.read() as connection:
        site = access.readable_site(connection, request.user, site_id)
        chosen = parse_week(week) if week else service.working_week(site, now)
        return bodies.site_week(service.site_week(connection, site.id, chosen, now))


@get("/api/v1/scorecards/corrections", sync_to_thread=True)
def corrections(
    request: UserRequest,
    services: UseServices,
    site_id: QueryId,
    days: Annotated[int, QueryParameter(ge=1, le=MAX_CORRECTION_DAYS)] = 7,
) -> list[bodies.CorrectionBody]:
    """What was corrected after its final publication in the last days."""
    now = services.clock()
    with services.database.read() as connection:
        site = access.readable_site(connection, request.user, site_id)
        found = service.corrections(connection, site.id, now - timedelta(days=days), now + timedelta(seconds=1))
    return [bodies.correction(one, site) for one in found]


@get("/api/v1/employees/{employee_id:str}/scorecards/{week:str}", sync_to_thread=True)
def employee_week(
    request: UserRequest, services: UseServices, employee_id: PathId, week: FromPath[str]
) -> bodies.ScorecardBody:
    """One employee's week as it stands now."""
    with services.database.read() as connection:
        access.readable_employee(connection, request.user, employee_id)
        return bodies.scorecard(service.employee_week(connection, employee_id, parse_week(week)))


@get("/api/v1/employees/{employee_id:str}/scorecards/{week:str}/versions", sync_to_thread=True)
def versions(
    request: UserRequest, services: UseServices, employee_id: PathId, week: FromPath[str]
) -> list[bodies.VersionBody]:
    """Everything that was published of the week, oldest first, each with its reasons."""
    with services.database.read() as connection:
        site = access.readable_employee(connection, request.user, employee_id)
        found = service.versions(connection, employee_id, parse_week(week))
        contents = service.contents(connection, employee_id, parse_week(week))
    return [bodies.version(one, contents[one.version], site) for one in found]


@get("/api/v1/employees/{employee_id:str}/scorecards/{week:str}/explain", sync_to_thread=True)
def explain(
    request: UserRequest, services: UseServices, employee_id: PathId, week: FromPath[str]
) -> bodies.ExplainBody:
    """Every line of the computation, down to responses, rules, template revisions, supervisors, times and photos."""
    chosen = parse_week(week)
    with services.database.read() as connection:
        access.readable_employee(connection, request.user, employee_id)
        row = service.employee_week(connection, employee_id, chosen)
        before = service.history(connection, employee_id, weeks_before(chosen, service.TREND_WEEKS - 1))
        explained = explain_employee_week(connection, row, [point.total for point in before])
    return bodies.explained_week(row, explained)


@get("/api/v1/inspections/{inspection_id:str}", sync_to_thread=True)
def inspection(request: UserRequest, services: UseServices, inspection_id: PathId) -> bodies.InspectionBody:
    """An inspection as its changes make it: responses, score line by line, photos, conflicts, and every change."""
    with services.database.read() as connection:
        return bodies.inspection(access.readable_inspection(connection, request.user, inspection_id))


HANDLERS = [site_week, corrections, employee_week, versions, explain, inspection]
