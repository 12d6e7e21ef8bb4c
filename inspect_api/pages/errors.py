"""Problems as pages: whoever is not logged in goes to the log-in, everyone else reads what is wrong."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException, ValidationException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from inspect_api.pages.rendering import page, page_language
from inspect_api.problems import Code, Problem

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


PAGE_EXCEPTIONS: ExceptionHandlersMap = {Problem: _show, HTTPException: _show_framework}
