"""Problems as pages: whoever is not logged in goes to the log-in, everyone else reads what is wrong."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException, ValidationException
from litestar.response import Redirect
from litestar.status_codes import HTTP_202_ACCEPTED
from litestar.types import ExceptionHandlersMap

from inspect_api.pages.rendering import page, page_language
from inspect_api.pages.site_pages import Preparing
from inspect_api.problems import Code, Problem

AGAIN_SECONDS = 2
"""After which the browser asks again for a page that is being prepared."""

AnyRequest = Request[Any, Any, Any]


def _show(request: AnyRequest, problem: Problem) -> Response[Any]:
    if problem.code is Code.BAD_TOKEN:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Redirect(f"/login?{urlencode({'next': wanted})}" if wanted != "/" else "/login", status_code=303)
    body = problem.body(page_language(request))
    return page(request, "problem.html", problem.status, title=body["title"], detail=body["detail"])


def _show_framework(request: AnyRequest, error: HTTPException) -> Response[Any]:
    match error:
        case NotAuthorizedException():
            return _show(request, Problem(Code.BAD_TOKEN))
        case NotFoundException():
            return _show(request, Problem(Code.NOT_FOUND))
        case ValidationException():
            return _show(request, Problem(Code.INVALID_FIELD))
    if error.status_code < 500:
        return _show(request, Problem(Code.MALFORMED))
    raise error


def _show_preparing(request: AnyRequest, what: Preparing) -> Response[Any]:
    """What is being made, and since when; the browser comes again by itself, without a script."""
    shown = page(
        request,
        "preparing.html",
        HTTP_202_ACCEPTED,
        site=what.site,
        week=what.week,
        employees=what.employees,
        seconds=what.seconds,
    )
    shown.headers["refresh"] = str(AGAIN_SECONDS)
    return shown


PAGE_EXCEPTIONS: ExceptionHandlersMap = {
    Problem: _show,
    Preparing: _show_preparing,
    HTTPException: _show_framework,
}
