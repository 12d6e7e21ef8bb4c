"""Corrective actions: how one is made, and its own page; the list of them is in ``case_lists``."""

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

import sqlalchemy as sa
from litestar import Response as HttpResponse
from litestar import get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK

from checklists.periods import Week, week_of
from checklists.responses import Response, is_failed
from checklists.tables import ActionState, Priority
from inspect_api import calendars
from inspect_api.actions import life
from inspect_api.actions.reading import ActionView, possible_owners, readable_action, steps
from inspect_api.auth.principal import Principal
from inspect_api.i18n import N_
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.forms import MAX_FORM, MENDABLE, read_form
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access
from inspect_api.scorecards.explain import EvidencePhoto, Explained
from inspect_api.services import Services

STATES = {
    ActionState.OPEN: N_("To be mended"),
    ActionState.FIXED: N_("Mended, waits for an inspection"),
    ActionState.CLOSED: N_("Closed"),
    ActionState.WITHDRAWN: N_("Withdrawn"),
}
STEPS = {
    "created": N_("Made"),
    "changed": N_("Plan changed"),
    "fixed": N_("Reported as mended"),
    "reported_late": N_("Reported as mended, too late to count"),
    "reopened": N_("Inspected again: not mended"),
    "closed": N_("Closed"),
    "withdrawn": N_("Withdrawn"),
    "escalated": N_("Overdue, escalated"),
}
PRIORITIES = {Priority.HIGH: N_("High"), Priority.NORMAL: N_("Normal"), Priority.LOW: N_("Low")}
ORIGINS = {
    "manual": N_("from a failed item"),
    "critical_item": N_("by rule: a critical item failed"),
    "low_grade": N_("by rule: grade D or worse two weeks running"),
}
_WORDS: Final[dict[str, Any]] = {"states": STATES, "priorities": PRIORITIES, "origins": ORIGINS}


@get("/actions/new", sync_to_thread=True)
def new_action(
    request: UserRequest,
    services: UseServices,
    inspection: Annotated[str, QueryParameter(max_length=40)],
    item: Annotated[str, QueryParameter(max_length=80)],
) -> HttpResponse[str]:
    user = request.user
    with services.database.read() as connection:
        found = access.readable_inspection(connection, user, inspection)
        if not (user.manages(found.site_id) or user.inspects(found.site_id)):
            raise Problem(Code.FORBIDDEN, "您不负责该场所", "You do not work for this site")
        lost = next((one for one in found.lost if one.item.key == item), None)
        if lost is None or not is_failed(lost.item, lost.response):
            raise Problem(Code.NOT_FOUND, "该项目没有不合格", "The item did not fail")
        owners = possible_owners(connection, user.organisation_id, found.site_id)
        due = calendars.deadline(connection, found.site_id, services.clock(), services.settings.action_days)
        zone = calendars.zone_of(connection, found.site_id)
    return page(
        request,
        "action_new.html",
        inspection=found,
        lost=lost,
        owners=owners,
        owner=user.user_id,
        due_on=calendars.last_day(due, zone),
        zone=zone,
        **_WORDS,
    )


@post("/actions/new")
async def create(request: UserRequest, services: UseServices) -> Redirect:
    form = await read_form(request, services)
    made = await to_thread(life.create, services, request.user, form["inspection"], form["item"], _plan(form))
    return Redirect(f"/actions/{made}", status_code=303)


@get("/actions/{action_id:str}", sync_to_thread=True)
def action(request: UserRequest, services: UseServices, action_id: FromPath[str]) -> HttpResponse[str]:
    return _show(request, services, action_id)


def _show(
    request: UserRequest, services: Services, action_id: str, note: str = "", problem: Problem | None = None
) -> HttpResponse[str]:
    """``problem``: what was wrong with the report of a fix when it was sent, with this ``note``."""
    user = request.user
    with services.database.read() as connection:
        view = readable_action(connection, user, action_id)
        history = steps(connection, action_id)
        manages = user.manages(view.site_id)
        owners = possible_owners(connection, user.organisation_id, view.site_id) if manages else []
        found = _finding(connection, user, view)
    return page(
        request,
        "action.html",
        problem.status if problem else HTTP_200_OK,
        error=problem.body(page_language(request))["detail"] if problem else None,
        note=note,
        view=view,
        found=found,
        steps=history,
        step_names=STEPS,
        owners=owners,
        manages=manages,
        now=services.clock(),
        **_WORDS,
    )


@dataclass(frozen=True)
class _Finding:
    """What the action was made of. ``week``: the one in which the check counts."""

    inspection: Explained
    response: Response
    photos: Sequence[EvidencePhoto]
    week: Week


def _finding(connection: sa.Connection, user: Principal, view: ActionView) -> _Finding | None:
    """None for whoever may not read the check: the owner may be a colleague of whom it is about."""
    if view.inspection_id is None or view.item is None:
        return None
    try:
        inspection = access.readable_inspection(connection, user, view.inspection_id)
    except Problem:
        return None
    response = inspection.responses.get(view.item.key)
    if response is None or inspection.captured_at is None:
        return None
    photos = [photo for photo in inspection.photos if photo.item_key == view.item.key]
    return _Finding(inspection, response, photos, week_of(inspection.captured_at, view.zone))


@post("/actions/{action_id:str}", request_max_body_size=MAX_FORM)
async def act(request: UserRequest, services: UseServices, action_id: FromPath[str]) -> HttpResponse[Any]:
    """``step`` says which of the page's forms was sent."""
    form = await read_form(request, services)
    try:
        await to_thread(_act, services, request, action_id, form)
    except Problem as problem:
        if form["step"] != "fix" or problem.code not in MENDABLE:
            raise
        return await to_thread(_show, request, services, action_id, form["note"], problem)
    return Redirect(f"/actions/{action_id}", status_code=303)


def _act(services: Services, request: UserRequest, action_id: str, form: Any) -> None:
    user = request.user
    match form["step"]:
        case "fix":
            life.fix(services, user, action_id, form["note"], form.photo)
        case "change":
            life.change(services, user, action_id, _plan(form))
        case "close" | "withdraw" as step:
            life.finish(services, user, action_id, form["note"], withdraw=step == "withdraw")
        case _:
            raise Problem(Code.INVALID_FIELD)


def _plan(form: Any) -> life.Plan:
    try:
        due_on, priority = date.fromisoformat(form["due_on"]), Priority(form["priority"])
    except ValueError as error:
        raise Problem(Code.INVALID_FIELD, "请选择期限与优先级", "Choose a day and a priority") from error
    return life.Plan(form["task"], form["owner"] or None, due_on, priority)


HANDLERS = [new_action, create, action, act]
