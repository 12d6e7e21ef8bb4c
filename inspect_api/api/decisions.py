"""``/api/v1/inspections/{id}/decisions`` and ``…/scorecards/{week}/receipts``. See ``docs/scorecards.md``."""

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, JSONBody, PathParameter
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from checklists.ids import UUID_PATTERN
from checklists.tables import DecisionKind
from inspect_api.api.scorecards import parse_week
from inspect_api.injection import UserRequest, UseServices
from inspect_api.scorecards import access
from inspect_api.scorecards.decisions import MAX_REASON, decide, decisions_of
from inspect_api.scorecards.receipts import acknowledge, receipts

PathId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]


class NewDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """``counts``: whether the inspection is to count."""

    kind: DecisionKind
    counts: bool
    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON)]


class DecisionBody(Struct, frozen=True):
    kind: DecisionKind
    counts: bool
    reason: str
    by: str
    at: datetime


class NewReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """``version``: the published version that the employee has read."""

    version: Annotated[int, Meta(ge=0)]


class ReceiptBody(Struct, frozen=True):
    version: int
    at: datetime


@get("/api/v1/inspections/{inspection_id:str}/decisions", sync_to_thread=True)
def decisions(request: UserRequest, services: UseServices, inspection_id: PathId) -> list[DecisionBody]:
    """What was decided about the inspection, oldest first, for everybody who may read it."""
    with services.database.read() as connection:
        access.readable_inspection(connection, request.user, inspection_id)
        found = decisions_of(connection, [inspection_id]).get(inspection_id, [])
    return [DecisionBody(one.kind, one.counts, one.reason, one.by, one.at) for one in found]


@post("/api/v1/inspections/{inspection_id:str}/decisions", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def make_decision(
    request: UserRequest, services: UseServices, inspection_id: PathId, data: JSONBody[NewDecision]
) -> None:
    """By a manager of the site or an administrator who had no part in the inspection."""
    decide(services, request.user, inspection_id, data.kind, data.counts, data.reason)


@get("/api/v1/employees/{employee_id:str}/scorecards/{week:str}/receipts", sync_to_thread=True)
def read_receipts(
    request: UserRequest, services: UseServices, employee_id: PathId, week: FromPath[str]
) -> list[ReceiptBody]:
    """Which published versions the employee has read, and when they said so."""
    with services.database.read() as connection:
        access.readable_employee(connection, request.user, employee_id)
        found = receipts(connection, employee_id, parse_week(week))
    return [ReceiptBody(version, at) for version, at in sorted(found.items())]


@post(
    "/api/v1/employees/{employee_id:str}/scorecards/{week:str}/receipts",
    status_code=HTTP_204_NO_CONTENT,
    sync_to_thread=True,
)
def make_receipt(
    request: UserRequest, services: UseServices, employee_id: PathId, week: FromPath[str], data: JSONBody[NewReceipt]
) -> None:
    """By the employee: they have read the newest published version. Again is a no-op."""
    acknowledge(services, request.user, employee_id, parse_week(week), data.version)


HANDLERS = [decisions, make_decision, read_receipts, make_receipt]
