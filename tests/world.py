"""A small organisation in a migrated database, and a client for each of its people."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from litestar import Litestar
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from checklists.tables import Role
from checklists.template import Template
from inspect_api.app import create_app
from inspect_api.blobs import open_blob_store
from inspect_api.database import Database
from inspect_api.directory import Directory, add_organisation
from inspect_api.mail.folder import FolderMailer
from inspect_api.services import Services
from inspect_api.settings import Settings
from sync.clock import HybridClock
from tests.migrated import migrated

START = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # a Friday noon in Shanghai
PASSWORD = "correct horse battery"
# Real but cheap: the suite logs in hundreds of times.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


_idle: defaultdict[tuple[int, int], list[Litestar]] = defaultdict(list)
"""Applications that no test uses now, by what they were put together from."""


class SteppedClock:
    """The service's clock in tests: stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


def make_services(folder: Path, clock: Any, database_url: str | None = None, **settings: Any) -> Services:
    """Services over a migrated database, the one that is there or a new one in ``folder``; mail goes to a folder, no
    jobs run."""
    made = Settings(mode="development", data_dir=folder, database_url=database_url, jobs=False, **settings)
    database = Database(made.effective_database_url())
    migrated(database)
    return Services(made, database, clock, open_blob_store(made), FolderMailer(folder / "mail"))


@dataclass
class World:
    """Ids of an organisation with two sites; logins are the keys of ``users`` (password ``PASSWORD``)."""

    services: Services
    organisation_id: str
    sites: dict[str, str] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)
    employees: dict[str, str] = field(default_factory=dict)
    workspaces: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncTestClient[Any]]:
        # Putting the application together takes longer than most tests, and nothing of a test stays in it.
        idle = _idle[self.services.settings.requests_per_minute, self.services.settings.push_body_limit]
        app = idle.pop() if idle else create_app(self.services)
        for name in list(app.state.dict()):
            del app.state[name]
        app.state.services = self.services
        async with AsyncTestClient(app) as client:
            yield client
        idle.append(app)


def build_world(services: Services, templates: tuple[Template, ...], prefix: str = "") -> World:
    """Two sites (lobby, tower) in Shanghai; supervisors chen, liu, wang at the lobby, zhao at the tower; a manager and
    an employee with a log-in at the lobby; an administrator. ``prefix`` keeps log-ins of two worlds apart."""
    now = services.clock()
    with services.database.write() as connection:
        world = World(services, add_organisation(connection, "示范物业", now))
        with Directory(connection, world.organisation_id, now) as directory:
            for code, name in (("lobby", "云顶大堂"), ("tower", "滨江塔楼")):
                site_id = world.sites[code] = directory.put_site(code, name, "Asia/Shanghai", season="winter")
                world.posts[code] = directory.put_post(site_id, "gate", "大门岗", "security_guard")
                world.workspaces[code] = directory.put_workspace(site_id, "desk", "前台工位")
                for number, person in ((f"{code}-1", "王芳"), (f"{code}-2", "李强")):
                    world.employees[number] = directory.put_employee(
                        site_id,
                        prefix + number,
                        person,
                        date(2025, 1, 1),
                        post_id=world.posts[code],
                        dress_variant="trousers",
                    )
                directory.assign_workspace(
                    world.workspaces[code], world.employees[f"{code}-1"], datetime(2025, 1, 1, tzinfo=UTC)
                )
            for template in templates:
                world.templates[template.key] = directory.publish_template(template)
            for login, role, site in (
                ("chen", Role.SUPERVISOR, "lobby"),
                ("liu", Role.SUPERVISOR, "lobby"),
                ("wang", Role.SUPERVISOR, "lobby"),
                ("zhao", Role.SUPERVISOR, "tower"),
                ("manager", Role.MANAGER, "lobby"),
                ("admin", Role.ADMINISTRATOR, None),
            ):
                user_id = directory.add_user(
                    prefix + login, login.title(), PASSWORD_HASH, email=f"{login}@example.test"
                )
                world.users[login] = user_id
                directory.grant(user_id, role, world.sites[site] if site else None)
            world.users["employee"] = directory.add_user(
                prefix + "employee", "王芳", PASSWORD_HASH, employee_id=world.employees["lobby-1"]
            )
    return world


async def log_in(client: AsyncTestClient[Any], login: str, replica_id: str | None = None) -> dict[str, str]:
    """Headers of a logged-in user; with a replica, those of a tablet."""
    body: dict[str, Any] = {"login": login, "password": PASSWORD}
    if replica_id:
        body["replica"] = {"id": replica_id, "device_name": f"tablet of {login}"}
    answer = await client.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


class Pen:
    """Writes changes as a tablet would, for tests that look at single messages."""

    def __init__(self, site_id: str, replica_id: str | None = None) -> None:
        self.site_id = site_id
        self.clock = HybridClock(replica_id or new_id())

    @property
    def replica_id(self) -> str:
        return self.clock.replica_id

    def change(
        self, inspection_id: str, fields: dict[str, Any], at: datetime = START, **members: Any
    ) -> dict[str, Any]:
        return {
            "id": new_id(),
            "inspection_id": inspection_id,
            "site_id": self.site_id,
            "stamp": self.clock.tick(int(at.timestamp() * 1000)),
            "captured_at": at.isoformat(),
            "fields": fields,
            **members,
        }

    def inspection(
        self,
        template_revision_id: str,
        responses: dict[str, Any],
        at: datetime = START,
        *,
        employee_id: str | None = None,
        workspace_id: str | None = None,
        submitted: bool = True,
        **more: Any,
    ) -> dict[str, Any]:
        """A whole inspection in one change."""
        subject = {"employee_id": employee_id} if employee_id else {"workspace_id": workspace_id}
        fields = {
            "inspection/template_revision_id": template_revision_id,
            "inspection/captured_at": at.isoformat(),
            **{f"inspection/{name}": value for name, value in subject.items()},
            **{
                f"responses/{key}": value if isinstance(value, dict) else {"value": value}
                for key, value in responses.items()
            },
            **more,
        }
        if submitted:
            fields["inspection/submitted"] = True
        return self.change(new_id(), fields, at)
