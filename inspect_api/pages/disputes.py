"""Disputes: the employee objects and follows it; a reviewer answers. The list of them is in ``case_lists``."""

from asyncio import to_thread
from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK

from checklists.periods import week_of
from checklists.responses import FAIL, PASS
from checklists.tables import DisputeState, Outcome
from checklists.template import Bilingual, Choice, Deduction, Item, Measurement, PassFail, Rating
from inspect_api.disputes import deciding
from inspect_api.disputes.reading import (
    DisputeView,
    readable_dispute,
    steps,
    why_not_reviewer,
)
from inspect_api.disputes.window import disputable, ends_of_time
from inspect_api.i18n import N_
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.forms import MAX_FORM, MENDABLE, Form, read_form
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access, service
from inspect_api.scorecards.explain import Explained, explain_inspections
from inspect_api.services import Services

_PASS, _FAIL = Bilingual(zh="合格", en="pass"), Bilingual(zh="不合格", en="fail")
_NOTHING_SENT = Form({})
STEPS = {
    "opened": N_("Disputed"),
    "escalated": N_("Overdue, handed to an administrator"),
    "answered": N_("Answered"),
    "appealed": N_("Appealed"),
    "acknowledged": N_("Answer read by the employee"),
}
OUTCOMES = {
    Outcome.KEEP: N_("Kept as it was"),
    Outcome.CHANGE: N_("Value changed"),
    Outcome.VOID: N_("Item voided"),
}


def choices(item: Item) -> list[tuple[str, Bilingual]]:
    """Every value of an item with its words; empty for one that takes a number."""
    match item.response:
        case PassFail():
            return [(PASS, _PASS), (FAIL, _FAIL)]
        case Rating(levels=levels):
            return [
                (
                    str(level.level),
                    Bilingual(zh=f"{level.level}：{level.text.zh}", en=f"{level.level}: {level.text.en}"),
                )
                for level in levels
            ]
        case Choice(options=options):
            return [(option.key, option.text) for option in options]
        case _:
            return []


def _value(item: Item, text: str) -> str | int | None:
    """A form has only texts; levels and counts are whole numbers."""
    if isinstance(item.response, Rating | Deduction):
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    return text or None


@get("/disputes/new", sync_to_thread=True)
def new_dispute(
    request: UserRequest,
    services: UseServices,
    inspection: Annotated[str, QueryParameter(max_length=40)],
    item: Annotated[str, QueryParameter(max_length=80)],
) -> Response[str]:
    return _show_new(request, services, inspection, item)


def _show_new(
    request: UserRequest,
    services: Services,
    inspection: str,
    item: str,
    reason: str = "",
    problem: Problem | None = None,
) -> Response[str]:
    """``problem``: what was wrong with the form when it was sent, with this ``reason``."""
    user = request.user
    with services.database.read() as connection:
        found = access.readable_inspection(connection, user, inspection)
        if user.employee_id is None or found.captured_at is None:
            raise Problem(Code.FORBIDDEN, "只有员工本人可以申诉", "Only the employee can dispute")
        site = service.employee_site(connection, user.employee_id)
        row = service.employee_week(connection, user.employee_id, week_of(found.captured_at, site.zone))
        open_for = disputable([found], ends_of_time(connection, row, services.settings.dispute_days), services.clock())
    if (inspection, item) not in open_for:
        raise Problem(Code.CONFLICT, "这一项不能申诉", "This item cannot be disputed")
    (lost,) = (one for one in found.lost if one.item.key == item)
    return page(
        request,
        "dispute_new.html",
        problem.status if problem else HTTP_200_OK,
        error=problem.body(page_language(request))["detail"] if problem else None,
        reason=reason,
        inspection=found,
        lost=lost,
        until=open_for[inspection, item],
        site=site,
        days=services.settings.dispute_answer_days,
    )


@post("/disputes/new", request_max_body_size=MAX_FORM)
async def open_dispute(request: UserRequest, services: UseServices) -> Response[Any]:
    form = await read_form(request, services)
    about = (form["inspection"], form["item"], form["reason"])
    try:
        made = await to_thread(deciding.open_dispute, services, request.user, *about, form.photo)
    except Problem as problem:
        if problem.code not in MENDABLE:
            raise
        return await to_thread(_show_new, request, services, *about, problem)
    return Redirect(f"/disputes/{made}", status_code=303)


@get("/disputes/{dispute_id:str}", sync_to_thread=True)
def dispute(request: UserRequest, services: UseServices, dispute_id: FromPath[str]) -> Response[str]:
    return _show(request, services, dispute_id)


def _show(
    request: UserRequest,
    services: Services,
    dispute_id: str,
    form: Form = _NOTHING_SENT,
    problem: Problem | None = None,
) -> Response[str]:
    """``problem``: what was wrong with ``form``."""
    user, now = request.user, services.clock()
    with services.database.read() as connection:
        view = readable_dispute(connection, user, dispute_id)
        refused = why_not_reviewer(connection, user, view)
        history = steps(connection, dispute_id)
        inspection = explain_inspections(connection, [view.inspection_id])[view.inspection_id]
    own = user.employee_id == view.employee_id
    return page(
        request,
        "dispute.html",
        problem.status if problem else HTTP_200_OK,
        error=problem.body(page_language(request))["detail"] if problem else None,
        form=form,
        view=view,
        inspection=inspection,
        photos=[photo for photo in inspection.photos if photo.item_key == view.item.key],
        steps=history,
        step_names=STEPS,
        outcomes=OUTCOMES,
        choices=_better(inspection, view),
        is_number=isinstance(view.item.response, Deduction | Measurement),
        own=own,
        manages=user.manages(view.site_id),
        may_answer=view.is_open and refused is None,
        why_not=refused.body(page_language(request))["detail"] if refused and view.is_open and not own else None,
        appeal_until=appeal_until(services, view, now),
    )


def _better(inspection: Explained, view: DisputeView) -> list[tuple[str, Bilingual]]:
    """The values that an answer may change it to."""
    present = inspection.responses.get(view.item.key, view.value)

    def gain(text: str) -> int:
        value = _value(view.item, text)
        return 0 if value is None else deciding.gain(inspection, view.item.key, present, value) or 0

    return [(value, label) for value, label in choices(view.item) if gain(value) > 0]


def appeal_until(services: Services, view: DisputeView, now: datetime) -> datetime | None:
    """None when there is no appeal any more."""
    if view.state != DisputeState.ANSWERED or view.round != 1 or view.answered_at is None:
        return None
    end = view.answered_at + timedelta(days=services.settings.dispute_days)
    return end if now < end else None


@post("/disputes/{dispute_id:str}")
async def act(request: UserRequest, services: UseServices, dispute_id: FromPath[str]) -> Response[Any]:
    """``step`` says which of the page's forms was sent."""
    form = await read_form(request, services)
    try:
        await to_thread(_act, services, request, dispute_id, form)
    except Problem as problem:
        if problem.code not in MENDABLE:
            raise
        return await to_thread(_show, request, services, dispute_id, form, problem)
    return Redirect(f"/disputes/{dispute_id}", status_code=303)


def _act(services: Services, request: UserRequest, dispute_id: str, form: Any) -> None:
    user = request.user
    match form["step"]:
        case "answer" if form["outcome"] in list(Outcome):
            with services.database.read() as connection:
                item = readable_dispute(connection, user, dispute_id).item
            deciding.answer(
                services, user, dispute_id, Outcome(form["outcome"]), form["reason"], _value(item, form["value"])
            )
        case "appeal":
            deciding.appeal(services, user, dispute_id, form["reason"])
        case "acknowledge":
            deciding.acknowledge(services, user, dispute_id)
        case _:
            raise Problem(Code.INVALID_FIELD)


HANDLERS = [new_dispute, open_dispute, dispute, act]
