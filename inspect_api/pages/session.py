"""Log-in and log-out of the pages, and where everyone begins."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from checklists.tables import Role
from inspect_api.auth.middleware import SESSION_COOKIE, same_origin
from inspect_api.auth.service import PAGE_SESSION, log_in
from inspect_api.auth.throttle import address_of
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.rendering import page, page_language
from inspect_api.pages.site_pages import sites_of
from inspect_api.problems import Code, Problem


@dataclass
class LoginForm:
    login: str = ""
    password: str = ""
    next: str = "/"


@get("/login", opt={"public": True}, sync_to_thread=False)
def show_login(request: Request[Any, Any, Any]) -> Response[str]:
    target = local_path(request.query_params.get("next", "/"))
    return page(request, "login.html", login="", target=target, error=None)


@post("/login", opt={"public": True}, sync_to_thread=True)
def do_login(request: Request[Any, Any, Any], services: UseServices, data: URLEncodedBody[LoginForm]) -> Response[Any]:
    """A wrong password shows the form again, with what was wrong."""
    if not same_origin(request):
        raise Problem(Code.FORBIDDEN, "请求来自其他网站", "The request comes from another site")
    target = local_path(data.next)
    try:
        session = log_in(services, data.login, data.password, address=address_of(request))
    except Problem as problem:
        error = problem.body(page_language(request))["detail"]
        shown = page(request, "login.html", problem.status, login=data.login, target=target, error=error)
        shown.headers.update(problem.headers)
        return shown
    cookie = Cookie(
        key=SESSION_COOKIE,
        value=session.access_token,
        max_age=int(PAGE_SESSION.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.effective_public_url().startswith("https:"),
    )
    return Redirect(target, status_code=303, cookies=[cookie])


@post("/logout", opt={"public": True}, sync_to_thread=False)
def do_logout(request: Request[Any, Any, Any]) -> Response[Any]:
    if not same_origin(request):
        raise Problem(Code.FORBIDDEN, "请求来自其他网站", "The request comes from another site")
    gone = Cookie(key=SESSION_COOKIE, value="", max_age=0, httponly=True, samesite="lax")
    return Redirect("/login", status_code=303, cookies=[gone])


@get("/", sync_to_thread=True)
def start(request: UserRequest, services: UseServices) -> Response[Any]:
    """A manager begins at their sites, an employee at their own results, a supervisor at the tablet app."""
    with services.database.read() as connection:
        sites = sites_of(connection, request.user)
    if sites:
        return Redirect("/sites" if len(sites) > 1 else f"/sites/{sites[0].id}", status_code=303)
    if request.user.employee_id is not None:
        return Redirect("/me", status_code=303)
    return page(request, "start.html", is_supervisor=Role.SUPERVISOR in request.user.sites)


def local_path(target: str) -> str:
    """The target if it is an address of this service, else the beginning: a log-in must not lead to another site."""
    parts = urlsplit(target)
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if safe and target.isprintable() else "/"


HANDLERS = [show_login, do_login, do_logout, start]
