"""In which order tablets come back on line decides nothing: not a score, not a conflict, not a week."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.testing import TestClient

from checklists.periods import Week
from checklists.tables import Evidence, Finding, Inspection
from checklists.tables.columns import table_of
from inspect_api.app import create_app
from inspect_api.scorecards.service import site_week
from inspect_api.services import Services
from sync.tables import FeedRow
from tests.sync.tablet.conftest import HAIR, SHANGHAI, Device, Line
from tests.worked_numbers import ALL_CHECKS, TEMPLATES
from tests.world import START, SteppedClock, World, build_world, make_services

LOGINS = ("chen", "liu", "wang")
SLOW = {"chen": timedelta(0), "liu": timedelta(minutes=3), "wang": timedelta(days=400)}
"""By how much each tablet's clock is behind."""
Prepared = tuple[Path, World, str]
"""The folder, the people, and the id of the inspection that all three argue over."""
LATER = START.replace(day=22)


@contextmanager
def opened(folder: Path, world: World, services: Services) -> Iterator[dict[str, Device]]:
    """The server and the tablets that lie in ``folder``."""
    world.services = services
    with TestClient(create_app(services), base_url="http://testserver.local") as client:
        devices = {login: Device(folder / login, Line(client), world, login) for login in LOGINS}
        yield devices
        for device in devices.values():
            device.tablet.close()
    services.database.dispose()


def fill_offline(devices: dict[str, Device], world: World, shared: str) -> None:
    """The checks of the worked example, each on the tablet of its supervisor, and an argument over a shared one."""
    for check in ALL_CHECKS:
        device = devices[check.supervisor]
        device.clock.now = check.captured_at.astimezone(SHANGHAI) - SLOW[check.supervisor]
        subject = (
            {"workspace_id": world.workspaces["lobby"]}
            if check.template.subject == "workspace"
            else {"employee_id": world.employees["lobby-1"]}
        )
        inspection = device.tablet.begin(world.templates[check.template.key], **subject)
        for key, response in check.responses.items():
            device.tablet.respond(inspection, key, response.value, response.note)
        assert device.tablet.submit(inspection) == ()
    for minutes, (login, value) in enumerate((("chen", "pass"), ("liu", "fail"), ("wang", "fail"))):
        # Equal stamps would leave the choice to the replica's id.
        devices[login].clock.now = START.astimezone(SHANGHAI) - SLOW[login] + timedelta(minutes=minutes)
        devices[login].tablet.revise(shared, "worked_grooming.hair", value, reason=f"复核：{login}")


def everything(services: Services, world: World) -> dict[str, Any]:
    """Whatever a person could read of it, without when it arrived."""

    def rows(connection: sa.Connection, model: type[Any], *without: str) -> list[Any]:
        columns = [column for column in table_of(model).c if column.name not in without]
        return sorted((tuple(row) for row in connection.execute(sa.select(*columns))), key=repr)

    with services.database.read() as connection:
        week = site_week(connection, world.sites["lobby"], Week(2026, 47), services.clock())
        return {
            "inspections": rows(connection, Inspection, "updated_at"),
            "findings": rows(connection, Finding),
            "evidence": rows(connection, Evidence),
            "feed": rows(connection, FeedRow, "seq"),
            "scores": {row.employee_id: row.score for row in week.rows},
        }


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    """A server and three tablets, all on the disk, each tablet with a week of work that the server has not seen."""
    folder = tmp_path / "prepared"
    folder.mkdir()
    clock = SteppedClock()
    services = make_services(folder, clock)
    world = build_world(services, TEMPLATES)
    with opened(folder, world, services) as devices:
        for device in devices.values():
            device.log_in()
            device.sync()
        shared = devices["chen"].fill("lobby-2")
        for device in devices.values():
            device.sync()
        fill_offline(devices, world, shared)
    return folder, world, shared


def test_every_order_of_arrival_gives_the_same_scores_conflicts_and_rows(prepared: Prepared, tmp_path: Path) -> None:
    folder, world, shared = prepared
    chance = random.Random(47)
    outcomes = []
    for number in range(4):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(folder, copy)
        clock = SteppedClock(LATER)
        services = make_services(copy, clock)
        with opened(copy, world, services) as devices:
            queue = [login for login in LOGINS for _ in range(8)]
            chance.shuffle(queue)
            for login in queue:
                clock.forward(minutes=chance.randrange(600))
                devices[login].clock.now = clock.now.astimezone(SHANGHAI) - SLOW[login]
                if chance.random() < 0.5:  # a part only: one change, and the line is gone
                    _send_one(devices[login])
                else:
                    devices[login].sync(push_batch=chance.choice((1, 2, 25)))
            for login in (*LOGINS, *LOGINS):
                devices[login].clock.now = clock.now.astimezone(SHANGHAI) - SLOW[login]
                assert devices[login].sync().complete
            outcomes.append(everything(services, world))
            _check_tablets(devices, shared)
    for outcome in outcomes[1:]:
        for name, rows in outcomes[0].items():
            assert outcome[name] == rows, name
    assert outcomes[0]["scores"][world.employees["lobby-1"]].total is not None


def _send_one(device: Device) -> None:
    sent = [0]

    def only_one(method: str, path: str) -> None:
        if path == "/api/v1/sync/push":
            sent[0] += 1
            if sent[0] > 1:
                raise KeyboardInterrupt

    device.line.before = only_one
    try:
        device.sync(push_batch=1)
    except KeyboardInterrupt:
        pass
    finally:
        device.line.mend()


def _check_tablets(devices: dict[str, Device], shared: str) -> None:
    """The same score on every tablet, computed there, as on the server."""
    for device in devices.values():
        ids = device.tablet.inspections()
        assert len(ids) == len(ALL_CHECKS) + 1
        for key in ids:
            view = device.tablet.view(key)
            assert view.server is not None
            assert (view.view.score, view.view.state, view.view.conflicts) == (
                view.server.score,
                view.server.state,
                view.server.conflicts,
            )
        argued = device.tablet.view(shared)
        assert argued.view.conflicts == [HAIR]
        assert sorted(version.value["value"] for version in argued.versions[HAIR]) == ["fail", "fail", "pass"]
    seen = [device.tablet.view(shared).versions[HAIR] for device in devices.values()]
    assert all(versions == seen[0] for versions in seen)
