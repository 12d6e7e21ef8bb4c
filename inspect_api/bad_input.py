"""What no route takes, refused before it reaches one: characters and numbers that not every database keeps, and JSON
nested so deeply that it cannot be read.

A push is not read here: one such change refuses itself alone, and stops no other.
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from inspect_api.problems import Code, Problem

LARGEST = 2**63 - 1
"""What a database takes for a whole number."""


class CheckedRequest(Request[Any, Any, Any]):
    """Its JSON and its forms hold no NUL, and no number past 64 bits.

    Problem MALFORMED, INVALID_FIELD with the path of the first that does.
    """

    async def json(self) -> Any:
        try:
            content = await super().json()
            path = unkept(content)
        except RecursionError as error:
            raise Problem(Code.MALFORMED, "JSON 嵌套过深", "The JSON is nested too deeply") from error
        if path is not None:
            raise _refused(path)
        return content

    async def form(self) -> FormMultiDict:
        found = await super().form()
        for name, value in found.multi_items():
            if isinstance(value, str) and "\x00" in value:
                raise _refused(f"/{name}")
        return found


class CheckedAddress(ASGIMiddleware):
    """A NUL in the path names nothing; one in a query is a wrong value. Problem NOT_FOUND, INVALID_FIELD."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if "\x00" in scope["path"]:
            raise Problem(Code.NOT_FOUND)
        for pair in scope["query_string"].split(b"&"):
            name, _, value = pair.partition(b"=")
            if b"%00" in value or b"%00" in name:
                raise Problem(Code.INVALID_FIELD, path=f"/{unquote_to_bytes(name).decode(errors='replace')}")
        await next_app(scope, receive, send)


def _refused(path: str) -> Problem:
    zh, en = "含有无法保存的字符或数值", "There is a character or number that cannot be kept"
    return Problem(Code.INVALID_FIELD, zh, en, path)


def unkept(content: Any) -> str | None:
    """The JSON Pointer of the first value, or name, that cannot be kept; None when there is none."""
    match content:
        case str():
            return "" if "\x00" in content else None
        case int():
            return "" if abs(content) > LARGEST else None
        case list():
            parts: Any = enumerate(content)
        case dict():
            parts = content.items()
        case _:
            return None
    for name, value in parts:
        if isinstance(name, str) and "\x00" in name:
            return ""
        below = unkept(value)
        if below is not None:
            return f"/{str(name).replace('~', '~0').replace('/', '~1')}{below}"
    return None
