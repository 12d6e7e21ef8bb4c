"""The worked week, published as final, and everybody who may want something of a dispute."""

from dataclasses import dataclass
from typing import Any

from litestar.testing import AsyncTestClient

from checklists.tables import Role
from inspect_api.directory import Directory
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import WEEK
from tests.world import PASSWORD_HASH, SteppedClock, World, log_in

RADIO = "worked_grooming.radio"
HAIR = "worked_grooming.hair"


@dataclass
class Court:
    """Everybody acts over HTTP."""

    world: World
    desk: Desk
    clock: SteppedClock
    client: AsyncTestClient[Any]

    async def head(self, login: str) -> dict[str, str]:
        """Logged in anew each time: the clock moves by days, and tokens end."""
        return await log_in(self.client, login)

    async def call(self, login: str, method: str, path: str, body: Any = None) -> Any:
        """The answer, whatever its status."""
        more = {} if body is None else {"json": body}
        return await self.client.request(method, f"/api/v1{path}", headers=await self.head(login), **more)

    async def open(self, login: str = "employee", check: str = "E", item: str = RADIO, **more: Any) -> Any:
        body = {"inspection_id": self.desk.sent[check], "item": item, "reason": "对讲机送修，有维修单", **more}
        return await self.call(login, "POST", "/disputes", body)

    async def opened(self) -> str:
        answer = await self.open()
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def answer(self, dispute_id: str, login: str = "manager", outcome: str = "void", **more: Any) -> Any:
        body = {"outcome": outcome, "reason": "对讲机当天在维修", **more}
        return await self.call(login, "POST", f"/disputes/{dispute_id}/answer", body)

    async def scorecard(self) -> dict[str, Any]:
        path = f"/employees/{self.world.employees['lobby-1']}/scorecards/{WEEK}"
        return dict((await self.call("manager", "GET", path)).json())

    async def versions(self) -> list[dict[str, Any]]:
        path = f"/employees/{self.world.employees['lobby-1']}/scorecards/{WEEK}/versions"
        return list((await self.call("manager", "GET", path)).json())

    def publish(self) -> None:
        publish_due(self.world.services)


def more_people(world: World) -> None:
    """Another manager, a manager of the other site, one who inspects as well, and a colleague with a log-in."""
    now = world.services.clock()
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        for login, site in (("second", "lobby"), ("towerboss", "tower")):
            world.users[login] = directory.add_user(login, login.title(), PASSWORD_HASH)
            directory.grant(world.users[login], Role.MANAGER, world.sites[site])
        directory.grant(world.users["liu"], Role.MANAGER, world.sites["lobby"])
        world.users["colleague"] = directory.add_user(
            "colleague", "李强", PASSWORD_HASH, employee_id=world.employees["lobby-2"]
        )
