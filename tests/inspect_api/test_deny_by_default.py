"""No route answers a stranger unless it is on this list; a new one is closed until somebody opens it on purpose."""

from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from inspect_api.app import create_app
from tests.world import World

PUBLIC = {
    "/health",
    "/login",
    "/logout",
    "/static",
    "/unsubscribe",
    "/password",
    "/tablet",  # the app's own files; they hold no data
    "/api/schema",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/api/v1/enrolment",  # the code is what shows who asks
}


def routes(world: World) -> list[tuple[str, str, bool]]:
    """Method, path with made-up parameters, and whether the route says it is public."""
    found = []
    for route in create_app(world.services).routes:
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)]):
            if not isinstance(handler, HTTPRouteHandler):
                continue
            path = "/".join(new_id() if part.startswith("{") else part for part in route.path.split("/"))
            found += [(method, path, bool(handler.opt.get("public"))) for method in handler.http_methods]
    return found


def is_public(path: str) -> bool:
    return any(path == open_ or path.startswith(f"{open_}/") for open_ in PUBLIC)


async def test_only_these_routes_are_public(world: World) -> None:
    said = {path for method, path, public in routes(world) if public and method != "OPTIONS"}
    assert {path for path in said if not is_public(path)} == set()


async def test_a_stranger_gets_nowhere_else(world: World) -> None:
    closed = [(method, path) for method, path, _ in routes(world) if not is_public(path) and method != "OPTIONS"]
    assert len(closed) > 30
    async with world.client() as client:
        for method, path in closed:
            answer = await ask(client, method, path)
            to_login = answer.status_code == 303 and answer.headers["location"].startswith("/login")
            assert answer.status_code == 401 or to_login, f"{method} {path}: {answer.status_code}"


async def ask(client: AsyncTestClient[Any], method: str, path: str) -> Any:
    return await client.request(method, path, follow_redirects=False)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_page_of_another_site_cannot_act_with_our_cookie(world: World, site: str) -> None:
    async with world.client() as client:
        login = {"login": "admin", "password": "correct horse battery"}
        token = (await client.post("/api/v1/auth/login", json=login)).json()["access_token"]
        client.cookies.set("inspect_session", token)
        path = f"/api/v1/replicas/{new_id()}/revoke"
        forged = await client.post(path, headers={"sec-fetch-site": site})
        own = await client.post(path, headers={"sec-fetch-site": "same-origin"})
    assert forged.status_code == 403
    assert own.status_code == 404
