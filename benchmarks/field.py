"""What the measurements share: a server process with one site, its supervisors' tablets, and made-up inspections."""

import http.client
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checklists.template import Bilingual, Dimension, Item, Method, PassFail, Section, Source, Subject, Template
from inspect_api.services import Services
from inspect_api.serving import build_services
from inspect_api.settings import Settings
from tests.server_process import ServerProcess
from tests.world import PASSWORD, Pen, World, build_world, make_services

RESPONSES = 15
PER_PUSH = 25
CIRCUMSTANCES = {"post_type": "security_guard", "dress_variant": "trousers", "season": "winter"}


def _text(name: str) -> Bilingual:
    return Bilingual(zh=name, en=name)


TEMPLATE = Template(
    key="bench",
    title=_text("bench"),
    dimension=Dimension.GROOMING,
    method=Method.WEIGHTED,
    subject=Subject.EMPLOYEE,
    sections=(
        Section(
            key="bench.all",
            title=_text("all"),
            items=tuple(
                Item(
                    key=f"bench.all.item_{n}",
                    text=_text(f"item {n}"),
                    response=PassFail(),
                    source=(Source(document="bench", clause="bench"),),
                    weight=1 + n % 3,
                )
                for n in range(RESPONSES)
            ),
        ),
    ),
)


def responses() -> dict[str, str]:
    """Every seventh item failed."""
    return {item.key: "fail" if n % 7 == 0 else "pass" for n, item in enumerate(TEMPLATE.items())}


@dataclass
class Tablet:
    """One logged-in connection. Bodies are made before the clock runs: the client must not be what is timed."""

    connection: http.client.HTTPConnection
    headers: dict[str, str]
    pen: Pen

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        self.connection.request(method, path, body, self.headers | headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content


@dataclass
class Bench:
    """A running server; ``services`` look into the same database from outside."""

    server: ServerProcess
    services: Services
    world: World

    def tablet(self) -> Tablet:
        pen = Pen(self.world.sites["lobby"])
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port)
        login = json.dumps({"login": "chen", "password": PASSWORD, "replica": {"id": pen.replica_id}})
        connection.request("POST", "/api/v1/auth/login", login, {"content-type": "application/json"})
        token = json.loads(connection.getresponse().read())["access_token"]
        return Tablet(connection, {"authorization": f"Bearer {token}", "content-type": "application/json"}, pen)

    def push_body(self, pen: Pen, number: int = PER_PUSH) -> bytes:
        return json.dumps({"changes": self.changes(pen, number)}).encode()

    def changes(self, pen: Pen, number: int) -> list[dict[str, Any]]:
        """Each a whole inspection, submitted now."""
        now = datetime.now(UTC)
        return [
            pen.inspection(
                self.world.templates[TEMPLATE.key],
                responses(),
                now,
                employee_id=self.world.employees[f"lobby-{1 + place % 2}"],
                **{"inspection/circumstances": CIRCUMSTANCES},
            )
            for place in range(number)
        ]

    def status(self, name: str) -> int:
        """A figure of the server process from ``/proc``, in kB (``VmHWM``: its peak memory)."""
        lines = Path(f"/proc/{self.server.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1])

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.server.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(database_url: str | None = None) -> Iterator[Bench]:
    """A fresh server; everything of it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="inspect-bench-") as name:
        folder = Path(name)
        make_services(folder, lambda: datetime.now(UTC), database_url).database.dispose()
        services = build_services(Settings(mode="development", data_dir=folder, database_url=database_url, jobs=False))
        world = build_world(services, (TEMPLATE,))
        # No tablet asks as often as one that is measured.
        server = ServerProcess(folder, database_url, requests_per_minute="1000000")
        server.start()
        try:
            yield Bench(server, services, world)
        finally:
            server.kill()
            services.database.dispose()
