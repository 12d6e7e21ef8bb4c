"""Sites with their posts and workspaces, who answers for a workspace, and the roster file."""

from asyncio import to_thread
from typing import Any, Final
from zoneinfo import available_timezones

from litestar import Response, get, post
from litestar.params import FromPath

from checklists.template import PostType, Season
from inspect_api.administration import days, places
from inspect_api.i18n import N_
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.admin.posting import Posted, back, day_of, posted
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.roster import RosterError, import_roster
from inspect_api.services import Services

MAX_ROSTER = 20_000_000

POST_TYPES: Final = {
    PostType.FRONT_DESK: N_("Front desk"),
    PostType.WINDOW_CLERK: N_("Window clerk"),
    PostType.CASHIER: N_("Cashier"),
    PostType.SECURITY_GUARD: N_("Security guard"),
    PostType.CEREMONIAL_POST: N_("Ceremonial post"),
    PostType.TRAFFIC_POST: N_("Traffic post"),
    PostType.OFFICE_STAFF: N_("Office staff"),
}
SEASONS: Final = {Season.SUMMER: N_("Summer"), Season.WINTER: N_("Winter")}
_WORDS: Final[dict[str, Any]] = {"post_types": POST_TYPES, "seasons": SEASONS}


@get("/admin/sites", sync_to_thread=True)
def all_sites(request: UserRequest, services: UseServices) -> Response[str]:
    with services.database.read() as connection:
        rows = places.sites(connection, request.user)
    return page(request, "admin/sites.html", rows=rows, zones=sorted(available_timezones()), **_WORDS)


@post("/admin/sites")
async def add_site(request: UserRequest, services: UseServices) -> Any:
    form = await posted(request)
    return back(f"/admin/sites/{await to_thread(_put_site, services, request, None, form)}")


@get("/admin/sites/{site_id:str}", sync_to_thread=True)
def one_site(request: UserRequest, services: UseServices, site_id: FromPath[str]) -> Response[str]:
    with services.database.read() as connection:
        found = places.place(connection, request.user, site_id)
        calendar = days.listed(connection, request.user, site_id)
    zones = sorted(available_timezones())
    return page(request, "admin/site.html", place=found, calendar=calendar, zones=zones, **_WORDS)


@post("/admin/sites/{site_id:str}")
async def act(request: UserRequest, services: UseServices, site_id: FromPath[str]) -> Any:
    """``step`` says which of the page's forms was sent."""
    form = await posted(request)
    await to_thread(_act, services, request, site_id, form)
    return back(f"/admin/sites/{site_id}")


def _act(services: Services, request: UserRequest, site_id: str, form: Posted) -> None:
    user, now = request.user, services.clock()
    if form["step"] == "site":
        _put_site(services, request, site_id, form)
        return
    with services.database.write() as connection:
        match form["step"]:
            case "post":
                places.put_post(
                    connection, user, site_id, form.get("post_id"), form["code"], form["name"], form["post_type"], now
                )
            case "workspace":
                places.put_workspace(
                    connection, user, site_id, form.get("workspace_id"), form["code"], form["name"], now
                )
            case "responsible":
                places.make_responsible(connection, user, form["workspace_id"], form["employee_id"], now)
            case "day":
                day, working = day_of(form, "day"), form["working"] == "yes"
                days.put(connection, user, site_id, day, now, working=working, name=form["called"])
            case "weekday":
                days.remove(connection, user, site_id, day_of(form, "day"), now)
            case "end":
                places.end_responsibility(connection, user, form["responsibility_id"], now)
            case _:
                raise Problem(Code.INVALID_FIELD)


def _put_site(services: Services, request: UserRequest, site_id: str | None, form: Posted) -> str:
    with services.database.write() as connection:
        return places.put_site(
            connection,
            request.user,
            site_id,
            form["code"],
            form["name"],
            form["zone"],
            form.get("season"),
            services.clock(),
        )


@get("/admin/roster", sync_to_thread=False)
def roster(request: UserRequest) -> Response[str]:
    request.user.require_administrator()
    return page(request, "admin/roster.html", result=None, error=None, written=False)


@post("/admin/roster", request_max_body_size=MAX_ROSTER)
async def upload_roster(request: UserRequest, services: UseServices) -> Response[str]:
    """``step`` ``check`` shows what the file would do and writes nothing; ``import`` writes the good rows."""
    request.user.require_administrator()
    form = await posted(request)
    try:
        result = await to_thread(
            import_roster,
            services.database,
            request.user.organisation_id,
            form.file,
            services.clock(),
            actor_id=request.user.user_id,
            create_sites=form["create_sites"] == "yes",
            only_check=form["step"] != "import",
        )
    except RosterError as error:
        text = error.en if page_language(request) == "en" else error.zh
        return page(request, "admin/roster.html", 422, result=None, error=text, written=False)
    return page(request, "admin/roster.html", result=result, error=None, written=form["step"] == "import")


HANDLERS = [all_sites, add_site, one_site, act, roster, upload_roster]
