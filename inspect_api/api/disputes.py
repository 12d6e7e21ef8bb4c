"""``/api/v1/disputes``: an employee objects, a reviewer answers. See ``docs/disputes.md``."""

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from checklists.ids import UUID_PATTERN
from checklists.responses import Response
from checklists.tables import Outcome
from checklists.template import Bilingual
from inspect_api.disputes import deciding
from inspect_api.disputes.reading import (
    DisputeView,
    StepView,
    readable_dispute,
    readable_disputes,
    steps,
    to_answer_elsewhere,
    why_not_reviewer,
)
from inspect_api.injection import UserRequest, UseServices

DisputeId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]
Reason = Annotated[str, Meta(min_length=1, max_length=deciding.MAX_TEXT)]


class NewDispute(Struct, frozen=True, forbid_unknown_fields=True):
    """``item``: its key. ``photo``: SHA-256 of a photo that the employee has uploaded."""

    inspection_id: Annotated[str, Meta(pattern=UUID_PATTERN)]
    item: Annotated[str, Meta(min_length=1, max_length=80)]
    reason: Reason
    photo: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """``value``: the new response, for ``change``."""

    outcome: Outcome
    reason: Reason
    value: str | int | None = None


class Appeal(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class Opened(Struct, frozen=True):
    id: str


class StepBody(Struct, frozen=True):
    step: str
    actor: str | None
    outcome: str | None
    value: Response | None
    note: str
    at: datetime


class DisputeBody(Struct, frozen=True):
    """``may_answer``: whether the reader may, now. ``steps``: the history, empty in lists."""

    id: str
    site_id: str
    employee_id: str
    employee: str
    week: str
    inspection_id: str
    item: str
    item_text: Bilingual
    supervisor: str
    captured_at: datetime
    value: Response
    reason: str
    photo: str | None
    state: str
    round: int
    opened_at: datetime
    due_at: datetime
    escalated_at: datetime | None
    reviewer: str | None
    outcome: str | None
    answer: str | None
    answered_at: datetime | None
    acknowledged_at: datetime | None
    may_answer: bool = False
    steps: list[StepBody] = []


def _body(view: DisputeView, may_answer: bool = False, history: list[StepView] | None = None) -> DisputeBody:
    copied = {
        name: getattr(view, name)
        for name in DisputeBody.__struct_fields__
        if name not in ("item", "item_text", "may_answer", "steps")
    }
    lines = [StepBody(one.step, one.actor, one.outcome, one.value, one.note, one.at) for one in history or ()]
    return DisputeBody(**copied, item=view.item.key, item_text=view.item.text, may_answer=may_answer, steps=lines)


@get("/api/v1/disputes", sync_to_thread=True)
def disputes(
    request: UserRequest,
    services: UseServices,
    site_id: Annotated[str | None, QueryParameter(pattern=UUID_PATTERN)] = None,
) -> list[DisputeBody]:
    """One's own, and those of the sites that one manages; open ones first, by deadline."""
    with services.database.read() as connection:
        found = readable_disputes(connection, request.user, site_id)
        elsewhere = to_answer_elsewhere(connection, request.user) if site_id is None else []
    return [_body(view) for view in elsewhere + found]


@get("/api/v1/disputes/{dispute_id:str}", sync_to_thread=True)
def dispute(request: UserRequest, services: UseServices, dispute_id: DisputeId) -> DisputeBody:
    with services.database.read() as connection:
        view = readable_dispute(connection, request.user, dispute_id)
        may_answer = view.is_open and why_not_reviewer(connection, request.user, view) is None
        return _body(view, may_answer, steps(connection, dispute_id))


@post("/api/v1/disputes", sync_to_thread=True)
def open_dispute(request: UserRequest, services: UseServices, data: JSONBody[NewDispute]) -> Opened:
    """By the employee whom the inspection counts for."""
    made = deciding.open_dispute(services, request.user, data.inspection_id, data.item, data.reason, data.photo)
    return Opened(made)


@post("/api/v1/disputes/{dispute_id:str}/answer", status_code=HTTP_200_OK, sync_to_thread=True)
def answer(request: UserRequest, services: UseServices, dispute_id: DisputeId, data: JSONBody[Answer]) -> DisputeBody:
    """Keep, change the value, or void the item. Not by whoever inspected."""
    deciding.answer(services, request.user, dispute_id, data.outcome, data.reason, data.value)
    with services.database.read() as connection:
        view = readable_dispute(connection, request.user, dispute_id)
        return _body(view, history=steps(connection, dispute_id))


@post("/api/v1/disputes/{dispute_id:str}/appeal", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def appeal(request: UserRequest, services: UseServices, dispute_id: DisputeId, data: JSONBody[Appeal]) -> None:
    """Once, by the employee, in time."""
    deciding.appeal(services, request.user, dispute_id, data.reason)


@post("/api/v1/disputes/{dispute_id:str}/acknowledge", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def acknowledge(request: UserRequest, services: UseServices, dispute_id: DisputeId) -> None:
    """The employee has read the answer; again is a no-op."""
    deciding.acknowledge(services, request.user, dispute_id)


HANDLERS = [disputes, dispute, open_dispute, answer, appeal, acknowledge]
