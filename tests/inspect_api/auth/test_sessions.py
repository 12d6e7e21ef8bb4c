"""Who may not get in any more is out at once, on every page and every tablet, and stays out."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import jwt
import pytest
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from inspect_api.auth import service
from inspect_api.auth.password_links import make_link, use_link
from tests.databases import both_databases
from tests.inspect_api.pages.browser import browser
from tests.world import PASSWORD, World

database_kind = both_databases
Client = AsyncTestClient[Any]
NEW = "another password"


class Somebody:
    """Logged in on a page and on a tablet."""

    def __init__(self, page: Client, tablet: dict[str, Any]) -> None:
        self.page, self.tablet = page, tablet

    async def gets_in(self) -> dict[str, bool]:
        head = {"authorization": f"Bearer {self.tablet['access_token']}"}
        again = {"refresh_token": self.tablet["refresh_token"]}
        page = await self.page.get("/actions", follow_redirects=False)
        pull = await self.page.get("/api/v1/sync/pull", headers=head)
        renewed = await self.page.post("/api/v1/auth/refresh", json=again)
        assert {page.status_code, pull.status_code, renewed.status_code} <= {200, 303, 401}
        return {
            "page": page.status_code == 200,
            "tablet": pull.status_code == 200,
            "refresh": renewed.status_code == 200,
        }


async def on_a_tablet(client: Client, login: str, password: str = PASSWORD) -> Any:
    body = {"login": login, "password": password, "replica": {"id": new_id()}}
    return await client.post("/api/v1/auth/login", json=body)


@pytest.fixture
async def chen(world: World) -> AsyncIterator[Somebody]:
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(browser(world, "chen"))
        yield Somebody(page, (await on_a_tablet(page, "chen")).json())


@pytest.fixture
async def admin(world: World) -> AsyncIterator[Client]:
    async with browser(world, "admin") as client:
        yield client


EVERYWHERE = {"page": True, "tablet": True, "refresh": True}
NOWHERE = dict.fromkeys(EVERYWHERE, False)


async def test_a_new_password_ends_every_session_and_nobody_elses(world: World, chen: Somebody, admin: Client) -> None:
    shown = await admin.post(f"/admin/users/{world.users['chen']}", data={"step": "link"})
    [link] = re.findall(r"/password/[\w-]+", shown.text)
    assert await chen.gets_in() == EVERYWHERE
    set_ = await admin.post(link, data={"password": NEW, "again": NEW}, follow_redirects=False)
    assert set_.status_code == 303
    assert await chen.gets_in() == NOWHERE
    assert (await admin.get("/admin")).status_code == 200
    assert (await on_a_tablet(admin, "chen")).status_code == 401
    assert (await on_a_tablet(admin, "chen", NEW)).status_code == 200


async def test_who_was_disabled_logs_in_anew_and_not_by_an_old_invitation(
    world: World, chen: Somebody, admin: Client
) -> None:
    path = f"/admin/users/{world.users['chen']}"
    link = re.findall(r"/password/[\w-]+", (await admin.post(path, data={"step": "link"})).text)[0]
    made = await admin.post("/replicas/enrol", data={"user_id": world.users["chen"]})
    code = made.text.partition('translate="no">')[2].partition("<")[0]
    await admin.post(path, data={"step": "disable"})
    assert await chen.gets_in() == NOWHERE
    await admin.post(path, data={"step": "enable"})
    assert await chen.gets_in() == NOWHERE
    assert (await admin.get(link)).status_code == 404
    enrolled = await admin.post("/api/v1/enrolment", json={"code": code, "replica": {"id": new_id()}})
    assert enrolled.status_code == 401
    assert (await on_a_tablet(admin, "chen")).status_code == 200


async def test_an_administrator_ends_every_session_of_a_lost_telephone(
    world: World, chen: Somebody, admin: Client
) -> None:
    answer = await admin.post(f"/admin/users/{world.users['chen']}", data={"step": "log_out"}, follow_redirects=False)
    assert answer.status_code == 303
    assert await chen.gets_in() == NOWHERE
    assert "user.log_out" in (await admin.get("/admin/audit?action=user.")).text
    assert (await on_a_tablet(admin, "chen")).status_code == 200


async def test_a_role_that_was_taken_back_opens_no_page_any_more(world: World, admin: Client) -> None:
    path, user = f"/sites/{world.sites['lobby']}/weeks/2026-W47", f"/admin/users/{world.users['manager']}"
    async with browser(world, "manager") as manager:
        assert (await manager.get(path)).status_code == 200
        [grant] = re.findall(r'name="grant_id" value="([0-9a-f-]{36})"', (await admin.get(user)).text)
        await admin.post(user, data={"step": "revoke", "grant_id": grant})
        assert (await manager.get(path)).status_code == 403


async def test_a_session_that_is_made_while_the_password_is_reset_does_not_outlive_it(
    world: World, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password was found good; before the tablet is bound, the new one is set."""
    services, user_id = world.services, world.users["chen"]
    genuine = service.verify_password

    def meanwhile(password_hash: str, password: str) -> bool:
        good = genuine(password_hash, password)
        with services.database.write() as connection:
            life = timedelta(hours=1)
            secret = make_link(connection, world.organisation_id, user_id, None, services.clock(), life)
        use_link(services, secret, NEW)
        return good

    monkeypatch.setattr(service, "verify_password", meanwhile)
    assert (await on_a_tablet(admin, "chen")).status_code == 401
    page = await admin.post("/api/v1/auth/login", json={"login": "chen", "password": NEW})
    monkeypatch.undo()
    head = {"authorization": f"Bearer {page.json()['access_token']}"}
    assert (await admin.get("/api/v1/auth/me", headers=head)).status_code == 401


async def test_an_update_of_the_server_logs_nobody_out(world: World, chen: Somebody) -> None:
    """Tokens of a version that knew no session numbers."""
    secret = world.services.settings.effective_secret_key()
    claims = jwt.decode(chen.tablet["access_token"], secret, algorithms=["HS256"], options={"verify_exp": False})
    del claims["ses"]
    old = jwt.encode(claims, secret, algorithm="HS256")
    assert (await chen.page.get("/api/v1/sync/pull", headers={"authorization": f"Bearer {old}"})).status_code == 200
