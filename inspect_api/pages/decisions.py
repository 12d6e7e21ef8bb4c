"""A manager decides what counts; an employee says that they have read their week."""

from asyncio import to_thread

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from checklists.tables import DecisionKind
from inspect_api.api.scorecards import parse_week
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.forms import Form, read_form
from inspect_api.pages.session import local_path
from inspect_api.pages.site_pages import site_page
from inspect_api.problems import Code, Problem
from inspect_api.scorecards.cases import to_decide
from inspect_api.scorecards.decisions import decide
from inspect_api.scorecards.receipts import acknowledge


@get("/sites/{site_id:str}/weeks/{week:str}/decisions", sync_to_thread=True)
def decisions(
    request: UserRequest, services: UseServices, site_id: FromPath[str], week: FromPath[str]
) -> Response[str]:
    """Inspections that count only after a manager has decided, and those that were decided."""
    with services.database.read() as connection:
        view = site_page(connection, request, services, site_id, week)
        cases = to_decide(connection, request.user, view.table)
    return view.show("site_decisions.html", cases=cases)


@post("/inspections/{inspection_id:str}/decisions")
async def make_decision(request: UserRequest, services: UseServices, inspection_id: FromPath[str]) -> Redirect:
    """``counts`` is ``yes`` or ``no``; ``back`` is the page of ours where the form stood."""
    form = await read_form(request, services)
    kind, counts = _chosen(form)
    await to_thread(decide, services, request.user, inspection_id, kind, counts, form["reason"])
    return Redirect(local_path(form["back"] or "/"), status_code=303)


def _chosen(form: Form) -> tuple[DecisionKind, bool]:
    if form["kind"] not in list(DecisionKind) or form["counts"] not in ("yes", "no"):
        raise Problem(Code.INVALID_FIELD, "请选择是否计入", "Choose whether it counts")
    return DecisionKind(form["kind"]), form["counts"] == "yes"


@post("/employees/{employee_id:str}/weeks/{week:str}/receipts")
async def make_receipt(
    request: UserRequest, services: UseServices, employee_id: FromPath[str], week: FromPath[str]
) -> Redirect:
    """``version``: the one that the employee has before their eyes."""
    form = await read_form(request, services)
    if not (form["version"].isascii() and form["version"].isdigit() and len(form["version"]) < 6):
        raise Problem(Code.INVALID_FIELD)
    version = int(form["version"])
    await to_thread(acknowledge, services, request.user, employee_id, parse_week(week), version)
    return Redirect(f"/employees/{employee_id}/weeks/{parse_week(week)}", status_code=303)


HANDLERS = [decisions, make_decision, make_receipt]
