"""``/tablet/``: the files of the tablet app. They hold no data of anybody, so they are public."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from inspect_api.problems import Code, Problem
from inspect_api.web.files import INDEX, PREFIX, WORKER, WebFile, tablet_app

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",  # photos that are still on the tablet
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Always asked for again: what is kept is kept by the service worker, as one version.
    "cache-control": "no-cache",
    "vary": "accept-encoding",
}
_OPTIONS: dict[str, Any] = {"opt": {"public": True}, "include_in_schema": False, "sync_to_thread": False}


@get("/tablet", **_OPTIONS)
def entrance(request: Request[Any, Any, Any]) -> Response[Any]:
    """The app's scope ends with a slash."""
    if request.scope["raw_path"].endswith(b"/"):  # the framework takes the slash off the path
        return _answer(request, INDEX)
    return Redirect(PREFIX, status_code=307)


@get("/tablet/{name:path}", **_OPTIONS)
def file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[Any]:
    return _answer(request, name.lstrip("/") or INDEX)


def _answer(request: Request[Any, Any, Any], name: str) -> Response[Any]:
    # Looked up among the names that are there, never joined to a path: the name comes from outside.
    found = tablet_app().files.get(name)
    if found is None:
        raise Problem(Code.NOT_FOUND)
    tag = f'"{found.digest}"'
    headers = {**_HEADERS, "etag": tag}
    if name == WORKER:
        headers["service-worker-allowed"] = PREFIX
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers=headers)
    return _send(request, found, headers)


def _send(request: Request[Any, Any, Any], found: WebFile, headers: dict[str, str]) -> Response[Any]:
    taken = request.headers.get("accept-encoding", "")
    for coding, content in found.packed.items():
        if coding in taken:
            return Response(content, media_type=found.media_type, headers=headers | {"content-encoding": coding})
    return Response(found.content, media_type=found.media_type, headers=headers)


HANDLERS = [entrance, file]
