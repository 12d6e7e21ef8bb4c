"""``/api/v1/employees/{id}/absences``: when somebody is on leave or not rostered."""

from datetime import date
from typing import Annotated

from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from checklists.ids import UUID_PATTERN
from inspect_api.administration import absences, employees
from inspect_api.injection import UserRequest, UseServices

PathId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]


class AbsenceBody(Struct, frozen=True, forbid_unknown_fields=True):
    """First and last day included. ``reason``: not needed, and no place for an illness."""

    first_day: date
    last_day: date
    reason: Annotated[str, Meta(max_length=absences.MAX_REASON)] = ""


class Made(Struct, frozen=True):
    id: str


@get("/api/v1/employees/{employee_id:str}/absences", sync_to_thread=True)
def away(request: UserRequest, services: UseServices, employee_id: PathId) -> list[absences.Away]:
    """The newest first. Administrators only."""
    with services.database.read() as connection:
        employees.employee(connection, request.user, employee_id)
        return absences.of_employee(connection, request.user, employee_id)


@post("/api/v1/employees/{employee_id:str}/absences", status_code=HTTP_201_CREATED, sync_to_thread=True)
def add(request: UserRequest, services: UseServices, employee_id: PathId, data: JSONBody[AbsenceBody]) -> Made:
    """A week without a day at work has no score; a final one is corrected at once. Again is a no-op. Administrators
    only."""
    user, now = request.user, services.clock()
    with services.database.write() as connection:
        made = absences.add(connection, user, employee_id, data.first_day, data.last_day, data.reason, now)
    absences.recheck_weeks(services, employee_id, data.first_day, data.last_day)
    return Made(made)


@delete(
    "/api/v1/employees/{employee_id:str}/absences/{absence_id:str}",
    status_code=HTTP_204_NO_CONTENT,
    sync_to_thread=True,
)
def remove(request: UserRequest, services: UseServices, employee_id: PathId, absence_id: PathId) -> None:
    """Entered by mistake. Administrators only."""
    with services.database.write() as connection:
        was = absences.remove(connection, request.user, employee_id, absence_id, services.clock())
    absences.recheck_weeks(services, employee_id, was.first_day, was.last_day)


HANDLERS = [away, add, remove]
