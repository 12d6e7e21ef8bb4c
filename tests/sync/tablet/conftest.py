"""Tablets on a server in this very process; their line can be cut, and looked into, at any request."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from litestar.testing import TestClient

from checklists.tables.columns import table_of
from inspect_api.app import create_app
from sync.messages import Change as ChangeMessage
from sync.tables import Change, Replica
from sync.tablet.connection import Connection
from sync.tablet.tablet import SyncReport, Tablet
from tests.worked_numbers import CHECK_C, GROOMING
from tests.world import PASSWORD, START, World

SHANGHAI = timezone(timedelta(hours=8))
HAIR = "responses/worked_grooming.hair"


class DeviceClock:
    """A tablet's wall clock: stands where it is put, and may be wrong by years."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now.astimezone(SHANGHAI)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


class Line(Connection):
    """A connection with hooks: ``before`` and ``after`` see each request and may raise an ``httpx`` error;
    ``alter`` may put another answer in the place of the server's. ``requests``: method, path and size of each."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__("http://testserver.local", client)
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.after: Callable[[str, str], None] = lambda method, path: None
        self.alter: Callable[[str, str, httpx.Response], httpx.Response] = lambda method, path, answer: answer
        self.requests: list[tuple[str, str, int]] = []
        self._inner = client
        self._client = _Hooked(self)  # type: ignore[assignment]

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        path = url.removeprefix("http://testserver.local").partition("?")[0]
        self.requests.append((method, path, len(more.get("content") or b"")))
        self.before(method, path)
        answer = self._inner.request(method, url, **more)
        self.after(method, path)
        return self.alter(method, path, answer)

    def mend(self) -> None:
        self.before = self.after = lambda method, path: None
        self.alter = lambda method, path, answer: answer


class _Hooked:
    def __init__(self, line: Line) -> None:
        self.request = line.send


class Device:
    """A tablet, its clock, its folder and its line, as one thing to test with."""

    def __init__(self, folder: Path, line: Line, world: World, login: str) -> None:
        self.clock = DeviceClock()
        self.folder = folder
        self.line = line
        self.world = world
        self.login = login
        self.tablet = Tablet(folder, self.clock)

    def restart(self) -> None:
        """The process dies; what is on the disk is all there is."""
        self.tablet.close()
        self.tablet = Tablet(self.folder, self.clock)

    def log_in(self) -> None:
        self.tablet.log_in(self.line, self.login, PASSWORD, f"tablet of {self.login}")

    def sync(self, **options: Any) -> SyncReport:
        return self.tablet.sync(self.line, **options)

    def begin(self, employee: str = "lobby-1") -> str:
        return self.tablet.begin(self.world.templates[GROOMING.key], employee_id=self.world.employees[employee])

    def fill(self, employee: str = "lobby-1", **answers: str) -> str:
        """A submitted inspection in which everything is in order but for ``answers`` (last part of the key → value)."""
        inspection = self.begin(employee)
        for key, response in CHECK_C.responses.items():
            self.clock.forward(seconds=1)
            value = answers.get(key.rpartition(".")[2], response.value)
            self.tablet.respond(inspection, key, value)
        assert self.tablet.submit(inspection) == ()
        return inspection


@pytest.fixture
def devices(tmp_path: Path, world: World) -> Iterator[Callable[..., Device]]:
    """Makes devices that are logged in and have pulled: ``devices("chen")``."""
    made: list[Device] = []
    with TestClient(create_app(world.services), base_url="http://testserver.local") as client:

        def make(login: str = "chen", *, ready: bool = True) -> Device:
            device = Device(tmp_path / f"tablet{len(made)}", Line(client), world, login)
            made.append(device)
            if ready:
                device.log_in()
                assert device.sync().complete
            return device

        yield make
        for device in made:
            device.tablet.close()


def cut(method: str, path: str, times: int = 1) -> Callable[[str, str], None]:
    """A hook that breaks the line at the first ``times`` such requests."""
    left = [times]

    def hook(*request: str) -> None:
        if request == (method, path) and left[0]:
            left[0] -= 1
            raise httpx.ReadError("the line broke")

    return hook


def stored(device: Device) -> list[ChangeMessage]:
    """Every change in the server's database, oldest first."""
    change = table_of(Change)
    with device.world.services.database.read() as connection:
        bodies = connection.execute(sa.select(change.c.body).order_by(change.c.received_at, change.c.id)).scalars()
        return [msgspec.json.decode(body, type=ChangeMessage) for body in bodies]


def told(device: Device) -> Any:
    """What the server knows of the replica."""
    replica = table_of(Replica)
    with device.world.services.database.read() as connection:
        return connection.execute(sa.select(replica).where(replica.c.id == device.tablet.replica_id)).one()
