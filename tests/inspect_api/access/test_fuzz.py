"""Bad input at every route of the application: never a bug, always a problem with a code and the field's path.

The routes are those of the application, as in ``test_access``: a new one is asked the same.
"""

import inspect
import json
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from inspect_api.app import create_app
from inspect_api.problems import Code
from tests.databases import both_databases
from tests.inspect_api.access.asking import NO_PLACE, ROLES, routes
from tests.inspect_api.access.places import OWN, Place, build_places
from tests.inspect_api.access.sending import ADDRESSES, FIXED, QUERIES, TUS, body_of
from tests.inspect_api.access.test_access import rules
from tests.worked_numbers import ZONE
from tests.world import SteppedClock, World, log_in

database_kind = both_databases

BROKEN = {
    "nothing": b"",
    "cut off": b'{"a": ',
    "no JSON": b"<a/>",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep lists": b"[" * 100_000,
    "endless number": b'{"a": 1' + b"0" * 5000 + b"}",
    "half a character": b'{"a": "\\ud800"}',
}
VALUES = {
    "null": "null",
    "a list": "[]",
    "an object": '{"x": [1]}',
    "a huge number": "1" + "0" * 400,
    "a large number": str(2**63),
    "a number past 32 bits": str(2**40),
    "a negative number": "-1",
    "a fraction": "1.5e300",
    "NUL": '"\\u0000"',
    "NUL in a text": '"ab\\u0000c"',
    "a long text": json.dumps("长" * 20_000),
    "empty": '""',
    "true": "true",
}
STRANGE = ("%00", "%ff", quote("长" * 300), "-1", str(2**70), "%27%22%3C..%2f")
"""In addresses, as they stand there."""
TEXTS = ("", "a\x00b", "长" * 3000, str(2**70))
"""In forms."""
OF_THE_DATABASE = ("NUL", "NUL in a text", "a large number", "a number past 32 bits", "a long text", "a fraction")
"""Whether the database keeps it: asked of both. The rest is told before one is asked."""
_GIVEN = {"request", "services", "data", "body"}


@pytest.fixture
def clock() -> SteppedClock:
    """Sunday 22 November 2026, 20:00 at the site."""
    return SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE).astimezone(UTC))


class Fuzzer:
    """Asks as whoever may do it, so that the answer is about the input."""

    def __init__(self, client: AsyncTestClient[Any], heads: dict[str, dict[str, str]], place: Place) -> None:
        self.client, self.heads, self.place = client, heads, place
        self.found: list[str] = []
        self.asked = 0
        self._may = {
            route: next((role for role, one in reversed(list(zip(ROLES, row, strict=True))) if one < "4"), None)
            for (route, place), row in rules().items()
            if place in (OWN, NO_PLACE)
        }

    def address(self, path: str, **strange: str) -> str:
        values = {name: quote(value) for name, value in (self.place.parameters | FIXED).items()} | strange
        return (ADDRESSES.get(path, path) + QUERIES.get(path, "")).format_map(values)

    def head(self, method: str, path: str) -> dict[str, str]:
        return self.heads[self._may.get(f"{method} {path}") or "administrator"] | TUS

    async def ask(self, method: str, path: str, address: str, why: str, field: str | None = None, **more: Any) -> Any:
        self.asked += 1
        head = self.head(method, path) | more.pop("headers", {})
        answer = await self.client.request(method, address, headers=head, follow_redirects=False, **more)
        self.client.cookies.clear()
        wrong = self._wrong(path, answer, field)
        if wrong:
            self.found.append(f"{method} {path} ({why}): {wrong}")
        return answer

    def _wrong(self, path: str, answer: Any, field: str | None) -> str:
        if answer.status_code >= 500:
            return f"{answer.status_code} {answer.text[:200]}"
        if answer.status_code < 400 or not path.startswith("/api/v1"):
            return ""
        if answer.headers.get("content-type") != "application/problem+json":
            return f"no problem: {answer.text[:200]}"
        told = answer.json()
        if told["code"] not in set(Code) or not told["detail"] or told["status"] != answer.status_code:
            return f"an unknown problem: {told}"
        if field is not None and answer.status_code == 400 and not told["path"].startswith(f"/{field}"):
            return f"the path is {told['path']!r}, not /{field}"
        return ""


async def fuzzer_of(world: World, client: AsyncTestClient[Any]) -> Fuzzer:
    place = build_places(world)[OWN]
    heads: dict[str, dict[str, str]] = {}
    for role, login in ROLES.items():
        heads[role] = await log_in(client, login, new_id() if login == "chen" else None) if login else {}
    return Fuzzer(client, heads, place)


def spoiled(body: dict[str, Any], only: Container[str]) -> Iterator[tuple[str, str, bytes]]:
    """What is wrong, which field, and the body as JSON: each member with each wrong value, and one that is unknown.

    ``only``: these values, where it has any.
    """
    for name in body:
        for why, text in VALUES.items():
            if only and why not in only:
                continue
            members = [
                f"{json.dumps(key)}: {text if key == name else json.dumps(value)}" for key, value in body.items()
            ]
            yield f"{name} is {why}", name, f"{{{', '.join(members)}}}".encode()
    yield "an unknown field", "never_heard_of", json.dumps({**body, "never_heard_of": 1}).encode()


async def test_no_body_brings_the_service_down_and_each_is_told_what_is_wrong(world: World, database_kind: str) -> None:
    only = OF_THE_DATABASE if database_kind == "postgresql" else ()
    async with AsyncTestClient(create_app(world.services), raise_server_exceptions=False) as client:
        fuzzer = await fuzzer_of(world, client)
        for method, path in routes(client.app):  # type: ignore[arg-type]
            if method == "GET":
                continue
            address, sent = fuzzer.address(path), body_of(method, path, fuzzer.place)
            json_head = {"headers": {"content-type": "application/json"}}
            for why, content in BROKEN.items() if "json" in sent and not only else ():
                answer = await fuzzer.ask(method, path, address, why, content=content, **json_head)
                if answer.status_code < 400:
                    fuzzer.found.append(f"{method} {path} ({why}): taken")
            for why, field, content in spoiled(sent["json"], only) if "json" in sent else ():
                await fuzzer.ask(method, path, address, why, field, content=content, **json_head)
            for name in sent.get("data", {}):
                for text in TEXTS:
                    await fuzzer.ask(method, path, address, f"{name} is {text[:3]!r}", data=sent["data"] | {name: text})
    assert not fuzzer.found, "\n".join(fuzzer.found)
    assert fuzzer.asked > 300


async def test_no_address_brings_the_service_down(world: World) -> None:
    async with AsyncTestClient(create_app(world.services), raise_server_exceptions=False) as client:
        fuzzer = await fuzzer_of(world, client)
        for method, path, queries in addresses(client.app):
            names = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
            for name in names - {"file_path", "path"}:
                for text in STRANGE:
                    address = fuzzer.address(path, **{name: text})
                    await fuzzer.ask(
                        method, path, address, f"{name}={text[:12]}", **body_of(method, path, fuzzer.place)
                    )
            plain = fuzzer.address(path).partition("?")[0]
            for name in queries if method == "GET" else ():
                for text in STRANGE:
                    await fuzzer.ask(method, path, f"{plain}?{name}={text}", f"?{name}={text[:12]}")
    assert not fuzzer.found, "\n".join(fuzzer.found)
    assert fuzzer.asked > 500


def addresses(app: Any) -> Iterator[tuple[str, str, set[str]]]:
    """Method, path and the names of the queries of each route."""
    known = set(routes(app))
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if not isinstance(handler, HTTPRouteHandler):
                continue
            path = route.path_format
            taken = set(inspect.signature(handler.fn).parameters) - _GIVEN
            for method in handler.http_methods:
                if (str(method), path) in known:
                    yield str(method), path, taken - set(path.replace("}", "{").split("{")[1::2])
