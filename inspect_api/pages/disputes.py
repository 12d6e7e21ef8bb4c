"""Disputes: the employee objects and follows it; a reviewer answers. The list of them is in ``case_lists``."""

from asyncio import to_thread
from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

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
from inspect_api.pages.forms import MAX_FORM, read_form
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access, service
from inspect_api.scorecards.explain import explain_inspections
from inspect_api.services import Services

_PASS, _FAIL = Bilingual(zh="合格", en="pass"), Bilingual(zh="不合格", en="fail")
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
        inspection=found,
        lost=lost,
        until=open_for[inspection, item],
        site=site,
        days=services.settings.dispute_answer_days,
    )


@post("/disputes/new", request_max_body_size=MAX_FORM)
async def open_dispute(request: UserRequest, services: UseServices) -> Redirect:
    form = await read_form(request, services)
    made = await to_thread(
        deciding.open_dispute, services, request.user, form["inspection"], form["item"], form["reason"], form.photo
    )
    return Redirect(f"/disputes/{made}", status_code=303)


@get("/disputes/{dispute_id:str}", sync_to_thread=True)
def dispute(request: UserRequest, services: UseServices, dispute_id: FromPath[str]) -> Response[str]:
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
        view=view,
        inspection=inspection,
        photos=[photo for photo in inspection.photos if photo.item_key == view.item.key],
        steps=history,
        step_names=STEPS,
        outcomes=OUTCOMES,
        choices=choices(view.item),
        is_number=isinstance(view.item.response, Deduction | Measurement),
        own=own,
        manages=user.manages(view.site_id),
        may_answer=view.is_open and refused is None,
        why_not=refused.body(page_language(request))["detail"] if refused and view.is_open and not own else None,
        appeal_until=appeal_until(services, view, now),
    )


def appeal_until(services: Services, view: DisputeView, now: datetime) -> datetime | None:
    """None when there is no appeal any more."""
    if view.state != DisputeState.ANSWERED or view.round != 1 or view.answered_at is None:
        return None
    end = view.answered_at + timedelta(days=services.settings.dispute_days)
    return end if now < end else None


@post("/disputes/{dispute_id:str}")
async def act(request: UserRequest, services: UseServices, dispute_id: FromPath[str]) -> Redirect:
    """``step`` says which of the page's forms was sent."""
    form = await read_form(request, services)
    await to_thread(_act, services, request, dispute_id, form)
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
