"""``/api/v1/actions``: corrective actions. See ``docs/disputes.md``."""

from datetime import date, datetime
from typing import Annotated, Any

from litestar import get, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from checklists.ids import UUID_PATTERN
from checklists.tables import Priority
from checklists.template import Bilingual
from inspect_api.actions import life
from inspect_api.actions.reading import ActionStepView, ActionView, readable_action, readable_actions, steps
from inspect_api.actions.reporting import Report, report_fix
from inspect_api.injection import UserRequest, UseServices

ActionId = Annotated[str, PathParameter(pattern=UUID_PATTERN)]
Id = Annotated[str, Meta(pattern=UUID_PATTERN)]
Text = Annotated[str, Meta(min_length=1, max_length=life.MAX_TEXT)]


class PlanBody(Struct, frozen=True, forbid_unknown_fields=True):
    """``due_on``: the last day at the site. ``owner_id``: a user who works at the site."""

    task: Text
    due_on: date
    owner_id: Id | None = None
    priority: Priority = Priority.NORMAL

    def plan(self) -> life.Plan:
        return life.Plan(self.task, self.owner_id, self.due_on, self.priority)


class NewAction(Struct, frozen=True, forbid_unknown_fields=True):
    """From a failed item of an inspection."""

    inspection_id: Id
    item: Annotated[str, Meta(min_length=1, max_length=80)]
    plan: PlanBody


class Fix(Struct, frozen=True, forbid_unknown_fields=True):
    """``photo``: SHA-256 of a photo that the user has uploaded. ``report``: of a tablet that was offline."""

    note: Text
    photo: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    report: Report | None = None


class Reinspection(Struct, frozen=True, forbid_unknown_fields=True):
    inspection_id: Id


class Word(Struct, frozen=True, forbid_unknown_fields=True):
    note: Text


class Made(Struct, frozen=True):
    id: str


class Judged(Struct, frozen=True):
    """``state``: ``closed``, or ``open`` again."""

    state: str


class ActionStepBody(Struct, frozen=True):
    step: str
    actor: str | None
    note: str
    detail: dict[str, Any]
    at: datetime


class ActionBody(Struct, frozen=True):
    """``due_at``: the end of ``due_on`` at the site. ``steps``: the history, empty in lists."""

    id: str
    site_id: str
    origin: str
    inspection_id: str | None
    item: str | None
    item_text: Bilingual | None
    employee_id: str | None
    employee: str | None
    workspace_id: str | None
    workspace: str | None
    week: str | None
    task: str
    owner_id: str | None
    owner: str | None
    priority: str
    state: str
    due_on: date
    due_at: datetime
    overdue: bool
    escalated_at: datetime | None
    created_at: datetime
    fixed_at: datetime | None
    fix_note: str | None
    fix_photo: str | None
    reinspection_id: str | None
    reopened: int
    closed_at: datetime | None
    steps: list[ActionStepBody] = []


def _body(view: ActionView, now: datetime, history: list[ActionStepView] | None = None) -> ActionBody:
    copied = {
        name: getattr(view, name)
        for name in ActionBody.__struct_fields__
        if name not in ("item", "item_text", "overdue", "steps")
    }
    lines = [ActionStepBody(one.step, one.actor, one.note, one.detail, one.at) for one in history or ()]
    return ActionBody(
        **copied,
        item=view.item.key if view.item else None,
        item_text=view.item.text if view.item else None,
        overdue=view.is_overdue(now),
        steps=lines,
    )


@get("/api/v1/actions", sync_to_thread=True)
def actions(
    request: UserRequest,
    services: UseServices,
    site_id: Annotated[str | None, QueryParameter(pattern=UUID_PATTERN)] = None,
) -> list[ActionBody]:
    """Of one's sites, and those that one is to mend; open ones first, by deadline."""
    with services.database.read() as connection:
        return [_body(view, services.clock()) for view in readable_actions(connection, request.user, site_id)]


@get("/api/v1/actions/{action_id:str}", sync_to_thread=True)
def action(request: UserRequest, services: UseServices, action_id: ActionId) -> ActionBody:
    with services.database.read() as connection:
        view = readable_action(connection, request.user, action_id)
        return _body(view, services.clock(), steps(connection, action_id))


@post("/api/v1/actions", sync_to_thread=True)
def create(request: UserRequest, services: UseServices, data: JSONBody[NewAction]) -> Made:
    """By a manager or supervisor of the site."""
    return Made(life.create(services, request.user, data.inspection_id, data.item, data.plan.plan()))


@put("/api/v1/actions/{action_id:str}", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def change(request: UserRequest, services: UseServices, action_id: ActionId, data: JSONBody[PlanBody]) -> None:
    """By a manager of the site."""
    life.change(services, request.user, action_id, data.plan())


@post("/api/v1/actions/{action_id:str}/fix", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def fix(request: UserRequest, services: UseServices, action_id: ActionId, data: JSONBody[Fix]) -> None:
    """It is mended; the next inspection of the item says whether that holds.

    With ``report`` it counts once however often it is sent, and where somebody was faster it is kept in the history.
    """
    if data.report is None:
        life.fix(services, request.user, action_id, data.note, data.photo)
    else:
        report_fix(services, request.user, action_id, data.note, data.photo, data.report)


@post("/api/v1/actions/{action_id:str}/reinspection", status_code=HTTP_200_OK, sync_to_thread=True)
def reinspection(
    request: UserRequest, services: UseServices, action_id: ActionId, data: JSONBody[Reinspection]
) -> Judged:
    """Judge by this inspection now; without it the service finds the first one by itself."""
    return Judged(life.reinspect(services, request.user, action_id, data.inspection_id))


@post("/api/v1/actions/{action_id:str}/close", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def close(request: UserRequest, services: UseServices, action_id: ActionId, data: JSONBody[Word]) -> None:
    """Only where there is no item to inspect again. By a manager of the site."""
    life.finish(services, request.user, action_id, data.note, withdraw=False)


@post("/api/v1/actions/{action_id:str}/withdraw", status_code=HTTP_204_NO_CONTENT, sync_to_thread=True)
def withdraw(request: UserRequest, services: UseServices, action_id: ActionId, data: JSONBody[Word]) -> None:
    """It was not needed. By a manager of the site, with a reason."""
    life.finish(services, request.user, action_id, data.note, withdraw=True)


HANDLERS = [actions, action, create, change, fix, reinspection, close, withdraw]
