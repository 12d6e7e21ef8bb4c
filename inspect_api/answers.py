"""How problems become answers, in the reader's language."""

import logging
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
    SerializationException,
    ValidationException,
)
from litestar.types import ExceptionHandlersMap

from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem

AnyRequest = Request[Any, Any, Any]
LANGUAGE_COOKIE = "lang"
_log = logging.getLogger(__name__)
_RETRY_SECONDS = "5"


def language_of(request: AnyRequest) -> str:
    """``zh`` or ``en``: what the reader chose, else what the user is set to, else what the client asks for."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("zh", "en"):
        return chosen
    user = request.scope.get("user")
    asked = request.headers.get("accept-language", "").strip().lower()
    if asked.startswith("en"):
        return "en"
    if asked.startswith("zh") or not isinstance(user, Principal):
        return "zh"
    return "en" if user.language == "en" else "zh"


def answer_problem(request: AnyRequest, problem: Problem) -> Response[Any]:
    return Response(
        problem.body(language_of(request)),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def _answer_framework(request: AnyRequest, error: HTTPException) -> Response[Any]:
    return answer_problem(request, _problem_of(request, error))


def _problem_of(request: AnyRequest, error: HTTPException) -> Problem:
    match error:
        case ValidationException():
            return _invalid(error)
        case NotAuthorizedException():
            return Problem(Code.BAD_TOKEN, headers={"www-authenticate": "Bearer"})
        case PermissionDeniedException():
            return Problem(Code.FORBIDDEN)
        case NotFoundException():
            return Problem(Code.NOT_FOUND)
        case MethodNotAllowedException():
            return Problem(Code.METHOD_NOT_ALLOWED, headers=dict(error.headers or {}))
        case SerializationException():
            return Problem(Code.MALFORMED, "不是合法的 JSON", f"Not valid JSON: {error.detail}")
        case ClientException() if error.status_code == 413:
            limit = request.app.state.services.settings.push_body_limit
            size = request.headers.get("content-length", "")
            return Problem(
                Code.BODY_TOO_LARGE,
                f"请求不得超过 {limit} 字节，请分批发送",
                f"At most {limit} bytes, send it in parts",
                extra={"limit": limit, "received": int(size) if size.isdigit() else None},
            )
        case ClientException() if error.status_code == 415:
            return Problem(Code.UNSUPPORTED_MEDIA_TYPE)
        case _ if error.status_code < 500:
            return Problem(Code.MALFORMED, en=error.detail)
    _log.error("unexpected answer %s: %s", error.status_code, error.detail)
    return Problem(Code.INTERNAL)


def _invalid(error: ValidationException) -> Problem:
    """The framework names the field in ``extra``; a field it does not know is named in the message."""
    details = error.extra if isinstance(error.extra, list) else []
    first: dict[str, Any] = details[0] if details and isinstance(details[0], dict) else {}
    message, key = str(first.get("message", error.detail)), str(first.get("key", ""))
    if key == "data":  # the body as a whole
        key = ""
    path = "/" + key.replace(".", "/").replace("[", "/").replace("]", "") if key else ""
    if "unknown field `" in message:
        name = message.rpartition("unknown field `")[2].rstrip("`")
        return Problem(Code.UNKNOWN_FIELD, f"未知字段：{name}", f"Unknown field: {name}", f"{path}/{name}")
    if "missing required field `" in message:
        name = message.rpartition("missing required field `")[2].rstrip("`")
        return Problem(Code.INVALID_FIELD, f"缺少字段：{name}", f"Missing field: {name}", f"{path}/{name}")
    return Problem(Code.INVALID_FIELD, f"字段的值不正确：{message}", message, path)


def _answer_database(request: AnyRequest, error: sa.exc.DBAPIError) -> Response[Any]:
    """A full disk, a restarting database, a lock not got in time: the client may come back, nothing was written."""
    _log.error("the database did not do it: %s", error)
    temporary = isinstance(error, sa.exc.OperationalError) or error.connection_invalidated
    if temporary:
        return answer_problem(request, Problem(Code.UNAVAILABLE, headers={"retry-after": _RETRY_SECONDS}))
    return answer_problem(request, Problem(Code.INTERNAL))


def _answer_crowded(request: AnyRequest, error: sa.exc.TimeoutError) -> Response[Any]:
    """Every connection of the pool was in use for half a minute: nothing was begun."""
    _log.error("no connection to the database was free: %s", error)
    return answer_problem(request, Problem(Code.UNAVAILABLE, headers={"retry-after": _RETRY_SECONDS}))


def _answer_bug(request: AnyRequest, error: Exception) -> Response[Any]:
    _log.error("a bug in %s %s", request.method, request.url.path, exc_info=error)
    return answer_problem(request, Problem(Code.INTERNAL))


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Problem: answer_problem,
    HTTPException: _answer_framework,
    sa.exc.DBAPIError: _answer_database,
    sa.exc.TimeoutError: _answer_crowded,
    Exception: _answer_bug,
}
