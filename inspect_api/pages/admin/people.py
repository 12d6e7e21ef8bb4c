"""Users and roles, and the page behind a one-time link."""

from asyncio import to_thread
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from checklists.tables import Role
from inspect_api.administration import people, places
from inspect_api.api.users import link_life, link_of
from inspect_api.auth.middleware import same_origin
from inspect_api.auth.password_links import PATH, find_link, use_link
from inspect_api.auth.passwords import MIN_LENGTH
from inspect_api.i18n import N_
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.admin.posting import Posted, back, posted, zone_of_pages
from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

ROLES: Final = {
    Role.SUPERVISOR: N_("Supervisor"),
    Role.MANAGER: N_("Manager"),
    Role.ADMINISTRATOR: N_("Administrator"),
}


@get("/admin/users", sync_to_thread=True)
def all_users(request: UserRequest, services: UseServices) -> Response[str]:
    with services.database.read() as connection:
        rows = people.people(connection, request.user)
        held = people.all_grants(connection, request.user)
        sites = {site.id: site for site in places.sites(connection, request.user)}
    return page(request, "admin/users.html", rows=rows, held=held, sites=sites, roles=ROLES)


@post("/admin/users")
async def add_user(request: UserRequest, services: UseServices) -> Response[str]:
    form = await posted(request)
    new = people.NewUser(form["login"], form["name"], form.get("email"), form["language"] or "zh", form.get("employee"))

    def write() -> str:
        with services.database.write() as connection:
            return people.create(connection, request.user, new, services.clock(), link_life(services))

    return _show_link(request, services, await to_thread(write), new.name)


@get("/admin/users/{user_id:str}", sync_to_thread=True)
def one_user(request: UserRequest, services: UseServices, user_id: FromPath[str]) -> Response[str]:
    with services.database.read() as connection:
        row = people.find_user(connection, request.user, user_id)
        held = people.grants(connection, request.user, user_id)
        sites = {site.id: site for site in places.sites(connection, request.user)}
        zone = zone_of_pages(connection, request.user.organisation_id)
    return page(request, "admin/user.html", row=row, held=held, sites=sites, roles=ROLES, zone=zone)


@post("/admin/users/{user_id:str}")
async def act(request: UserRequest, services: UseServices, user_id: FromPath[str]) -> Response[Any]:
    """``step`` says which of the page's forms was sent."""
    form = await posted(request)
    if form["step"] == "link":

        def link() -> tuple[str, str]:
            with services.database.write() as connection:
                secret = people.new_link(connection, request.user, user_id, services.clock(), link_life(services))
                return secret, people.find_user(connection, request.user, user_id).name

        return _show_link(request, services, *await to_thread(link))
    await to_thread(_act, services, request, user_id, form)
    return back(f"/admin/users/{user_id}")


def _act(services: Services, request: UserRequest, user_id: str, form: Posted) -> None:
    user, now = request.user, services.clock()
    with services.database.write() as connection:
        match form["step"]:
            case "change":
                people.change(connection, user, user_id, form["name"], form.get("email"), form["language"], now)
            case "disable" | "enable" as step:
                people.set_active(connection, user, user_id, step == "enable", now)
            case "log_out":
                people.log_out(connection, user, user_id, now)
            case "grant":
                if form["role"] not in set(Role):
                    raise Problem(Code.INVALID_FIELD, "请选择角色", "Choose a role", "/role")
                site_id = None if form["role"] == Role.ADMINISTRATOR else form.get("site_id")
                people.grant(connection, user, user_id, Role(form["role"]), site_id, now)
            case "revoke":
                people.revoke(connection, user, user_id, form["grant_id"], now)
            case _:
                raise Problem(Code.INVALID_FIELD)


def _show_link(request: UserRequest, services: Services, secret: str, name: str) -> Response[str]:
    """Shown once, in the answer to the form itself: it stands in no address and no log."""
    hours = services.settings.password_link_hours
    return page(request, "admin/link.html", link=link_of(services, secret), name=name, hours=hours)


@get(PATH + "/{secret:str}", opt={"public": True}, sync_to_thread=True)
def show_link(request: Request[Any, Any, Any], services: UseServices, secret: FromPath[str]) -> Response[str]:
    with services.database.read() as connection:
        row = find_link(connection, secret, services.clock())
    return page(request, "password.html", row=row, error=None, shortest=MIN_LENGTH)


@post(PATH + "/{secret:str}", opt={"public": True})
async def set_password(request: Request[Any, Any, Any], services: UseServices, secret: FromPath[str]) -> Response[Any]:
    if not same_origin(request):
        raise Problem(Code.FORBIDDEN, "请求来自其他网站", "The request comes from another site")
    form = await request.form()
    password, again = str(form.get("password", "")), str(form.get("again", ""))
    try:
        if password != again:
            raise Problem(Code.INVALID_FIELD, "两次输入不同", "The two are different", "/again")
        await to_thread(use_link, services, secret, password)
    except Problem as problem:
        if problem.code is not Code.INVALID_FIELD:
            raise
        return await to_thread(_again, request, services, secret, problem)
    return Redirect("/login", status_code=303)


def _again(request: Request[Any, Any, Any], services: Services, secret: str, problem: Problem) -> Response[str]:
    with services.database.read() as connection:
        row = find_link(connection, secret, services.clock())
    error = problem.body(page_language(request))["detail"]
    return page(request, "password.html", problem.status, row=row, error=error, shortest=MIN_LENGTH)


HANDLERS = [all_users, add_user, one_user, act, show_link, set_password]
