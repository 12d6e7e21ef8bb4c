"""The register of employees: looked up, added, changed, and when they are away."""

from asyncio import to_thread
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from checklists.template import DressVariant
from inspect_api.administration import absences, employees, places
from inspect_api.administration.employees import MOST, Entry
from inspect_api.i18n import N_
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.admin.posting import Posted, back, day_of, posted, zone_of_pages
from inspect_api.pages.rendering import page
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

DRESS: Final = {DressVariant.TROUSERS: N_("Trousers"), DressVariant.SKIRT: N_("Skirt")}


@get("/admin/employees", sync_to_thread=True)
def all_employees(
    request: UserRequest, services: UseServices, name: FromQuery[str] = "", site: FromQuery[str] = ""
) -> Response[str]:
    user = request.user
    user.require_administrator()
    with services.database.read() as connection:
        today = services.clock().astimezone(zone_of_pages(connection, user.organisation_id)).date()
        rows = employees.employees(connection, user, name.strip(), site or None, today)
        sites = places.sites(connection, user)
        posts = employees.posts(connection, user)
    return page(
        request,
        "admin/employees.html",
        rows=rows[:MOST],
        more=len(rows) > MOST,
        most=MOST,
        name=name,
        chosen=site,
        sites=sites,
        posts=posts,
        dress=DRESS,
        today=today,
    )


@post("/admin/employees")
async def add(request: UserRequest, services: UseServices) -> Any:
    form = await posted(request)
    return back(f"/admin/employees/{await to_thread(_put, services, request, None, form)}")


@get("/admin/employees/{employee_id:str}", sync_to_thread=True)
def one_employee(request: UserRequest, services: UseServices, employee_id: FromPath[str]) -> Response[str]:
    user = request.user
    with services.database.read() as connection:
        found = employees.employee(connection, user, employee_id)
        away = absences.of_employee(connection, user, employee_id)
        sites = places.sites(connection, user)
        posts = employees.posts(connection, user)
        today = services.clock().astimezone(zone_of_pages(connection, user.organisation_id)).date()
    return page(
        request,
        "admin/employee.html",
        person=found,
        row=found.row,
        away=away,
        sites=sites,
        posts=posts,
        dress=DRESS,
        today=today,
    )


@post("/admin/employees/{employee_id:str}")
async def act(request: UserRequest, services: UseServices, employee_id: FromPath[str]) -> Any:
    """``step`` says which of the page's forms was sent."""
    request.user.require_administrator()
    form = await posted(request)
    await to_thread(_act, services, request, employee_id, form)
    return back(f"/admin/employees/{employee_id}")


def _act(services: Services, request: UserRequest, employee_id: str, form: Posted) -> None:
    user, now = request.user, services.clock()
    match form["step"]:
        case "change":
            _put(services, request, employee_id, form)
        case "away":
            first, last = day_of(form, "first_day"), day_of(form, "last_day")
            with services.database.write() as connection:
                absences.add(connection, user, employee_id, first, last, form["reason"], now)
            absences.recheck_weeks(services, employee_id, first, last)
        case "there":
            with services.database.write() as connection:
                was = absences.remove(connection, user, employee_id, form["absence_id"], now)
            absences.recheck_weeks(services, employee_id, was.first_day, was.last_day)
        case _:
            raise Problem(Code.INVALID_FIELD)


def _put(services: Services, request: UserRequest, employee_id: str | None, form: Posted) -> str:
    entry = Entry(
        form["site_id"],
        form.get("post_id"),
        form["number"],
        form["name"],
        form.get("dress_variant"),
        form.get("email"),
        form["language"] or "zh",
        form["employed_from"],
        form.get("employed_until"),
    )
    with services.database.write() as connection:
        return employees.put(connection, request.user, employee_id, entry, services.clock())


HANDLERS = [all_employees, add, one_employee, act]
