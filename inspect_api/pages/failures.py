"""What no page has caught, as a page: an address that there is none of, a database that is away, a bug.

Whoever asks for JSON, or for an address of the interface, gets the problem itself.
"""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.types import ExceptionHandlersMap

from checklists.tables import Language
from inspect_api.answers import EXCEPTION_HANDLERS, language_of
from inspect_api.pages.rendering import page

_NO_PAGES = ("/api/", "/tablet/", "/static/", "/health")
Answer = Callable[[Request[Any, Any, Any], Any], Response[Any]]


def _for_readers(answer: Answer) -> Answer:
    def answered(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
        told = answer(request, error)
        if request.url.path.startswith(_NO_PAGES) or "text/html" not in request.headers.get("accept", ""):
            return told
        body = told.content
        texts, language = {"title": body["title"], "detail": body["detail"]}, Language(language_of(request))
        shown = page(request, "problem.html", told.status_code or 500, language=language, **texts)
        shown.headers.update(told.headers)
        return shown

    return answered


FAILURES: ExceptionHandlersMap = {kind: _for_readers(answer) for kind, answer in EXCEPTION_HANDLERS.items()}
