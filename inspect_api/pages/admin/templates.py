"""Revisions of checklist templates: what is in force, what waits for approval, and what a draft would change."""

from asyncio import to_thread
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from checklists.tables import RevisionState
from checklists.template import Template
from checklists.template_compare import Kind
from inspect_api.administration import people, revisions
from inspect_api.api.templates import body_of, listed, read_template
from inspect_api.i18n import N_
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.admin.posting import Posted, back, day_begins, posted, zone_of_pages
from inspect_api.pages.rendering import page
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

MAX_TEMPLATE = 4_000_000

STATES: Final = {
    RevisionState.DRAFT: N_("Draft, waits for approval"),
    RevisionState.APPROVED: N_("Approved"),
    RevisionState.RETIRED: N_("Retired"),
}
KINDS: Final = {Kind.ADDED: N_("New"), Kind.REMOVED: N_("Removed"), Kind.CHANGED: N_("Changed")}


@get("/admin/templates", sync_to_thread=True)
def all_templates(request: UserRequest, services: UseServices) -> Response[str]:
    return _all(request, services, None)


def _all(request: UserRequest, services: Services, problem: Problem | None) -> Response[str]:
    request.user.require_administrator()
    now = services.clock()
    with services.database.read() as connection:
        rows = [body_of(row) for row in listed(connection, request.user)]
        present = {
            row.id
            for key in {one.template_key for one in rows}
            if (row := revisions.in_force(connection, request.user.organisation_id, key, now)) is not None
        }
        zone = zone_of_pages(connection, request.user.organisation_id)
    problems = problem.extra.get("problems", []) if problem else []
    status = problem.status if problem else 200
    return page(
        request,
        "admin/templates.html",
        status,
        rows=rows,
        present=present,
        zone=zone,
        states=STATES,
        now=now,
        problem=problem,
        problems=problems,
    )


@post("/admin/templates", request_max_body_size=MAX_TEMPLATE)
async def upload(request: UserRequest, services: UseServices) -> Response[Any]:
    """A file with problems shows each of them with its line; nothing is kept of it."""
    request.user.require_administrator()
    form = await posted(request)

    def write() -> str:
        template = read_template(form.file or form.texts.get("text", "").encode())
        with services.database.write() as connection:
            return revisions.draft(connection, request.user, template, form["note"], services.clock())

    try:
        made = await to_thread(write)
    except Problem as problem:
        if problem.code not in (Code.TEMPLATE_INVALID, Code.CONFLICT):
            raise
        return await to_thread(_all, request, services, problem)
    return back(f"/admin/templates/{made}")


@get("/admin/templates/{revision_id:str}", sync_to_thread=True)
def one_template(request: UserRequest, services: UseServices, revision_id: FromPath[str]) -> Response[str]:
    request.user.require_administrator()
    now = services.clock()
    with services.database.read() as connection:
        row = revisions.find(connection, request.user, revision_id)
        found = revisions.compare_with(connection, request.user, row, now)
        names = {one.id: one.name for one in people.people(connection, request.user)}
        zone = zone_of_pages(connection, request.user.organisation_id)
    return page(
        request,
        "admin/template.html",
        row=body_of(row),
        items=msgspec.json.decode(row.body, type=Template).items(),
        present=found[0] if found else None,
        comparison=found[1] if found else None,
        names=names,
        zone=zone,
        today=now.astimezone(zone).date(),
        states=STATES,
        kinds=KINDS,
        now=now,
    )


@post("/admin/templates/{revision_id:str}")
async def act(request: UserRequest, services: UseServices, revision_id: FromPath[str]) -> Any:
    form = await posted(request)
    await to_thread(_act, services, request, revision_id, form)
    return back(f"/admin/templates/{revision_id}")


def _act(services: Services, request: UserRequest, revision_id: str, form: Posted) -> None:
    now = services.clock()
    with services.database.write() as connection:
        if form["step"] == "approve":
            zone = zone_of_pages(connection, request.user.organisation_id)
            starts = day_begins(form.get("in_force_from"), zone) or now
            revisions.approve(connection, request.user, revision_id, starts, now)
        elif form["step"] == "retire":
            revisions.retire(connection, request.user, revision_id, now)
        else:
            raise Problem(Code.INVALID_FIELD)


HANDLERS = [all_templates, upload, one_template, act]
