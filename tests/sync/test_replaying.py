"""A server that understands more than the one before it: what that one kept without understanding it counts now."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from checklists.tables import Inspection
from checklists.tables.columns import table_of
from inspect_api.services import Services
from sync import paths, projection, replaying
from sync.tables import ProjectionReplay
from tests.databases import both_databases
from tests.sync.tablet.conftest import Device
from tests.sync.tablet.conftest import devices as devices

Devices = Callable[..., Device]
database_kind = both_databases
_inspection, _replay = table_of(Inspection), table_of(ProjectionReplay)


def replay(services: Services, most: int = 2) -> int:
    """How many transactions it took."""
    for number in range(100):
        with services.database.write() as connection:
            if not replaying.replay_some(connection, services.clock(), most):
                return number
    raise AssertionError("it has no end")


def touched(services: Services) -> dict[str, str]:
    """Inspection → when it was last written."""
    with services.database.read() as connection:
        return {row.id: row.updated_at for row in connection.execute(sa.select(_inspection))}


def test_what_an_older_server_kept_without_understanding_it_counts_after_the_upgrade(
    devices: Devices, monkeypatch: pytest.MonkeyPatch
) -> None:
    chen, liu = devices("chen"), devices("liu")
    services = chen.world.services
    others = [chen.fill() for _ in range(4)]
    voided = chen.fill(hair="fail")
    chen.sync()
    with monkeypatch.context() as older:
        older.setattr(paths, "VOID", "inspection/unheard-of")
        chen.tablet.write(voided, {"inspection/void": True}, reason="演练")
        assert chen.sync().stored == 1
        liu.sync()
        assert liu.tablet.view(voided).server.state == "complete"
        assert liu.tablet.view(voided).value("inspection/void") is True  # nothing of it is lost meanwhile
    before = touched(services)
    with services.database.write() as connection:
        connection.execute(_replay.update().values(version=projection.VERSION - 1))
    services.clock.forward(minutes=1)
    with services.database.read() as connection:
        assert replaying.is_due(connection)
    assert replay(services) == 3
    assert [key for key, at in touched(services).items() if at != before[key]] == [voided]
    assert liu.sync().pulled == 1
    assert liu.tablet.view(voided).server.state == "void"
    assert sorted(liu.tablet.inspections()) == sorted([*others, voided])
    with services.database.read() as connection:
        assert not replaying.is_due(connection)


def test_a_crash_half_way_costs_nothing_and_a_newer_servers_work_is_left_alone(devices: Devices) -> None:
    chen = devices("chen")
    services = chen.world.services
    for _ in range(3):
        chen.fill()
    chen.sync()
    with services.database.write() as connection:
        connection.execute(_replay.update().values(version=projection.VERSION - 1))
    with services.database.write() as connection:
        assert replaying.replay_some(connection, services.clock(), 2)
    assert replay(services, 2) == 1  # the third one, and nothing again
    with services.database.write() as connection:
        connection.execute(_replay.update().values(version=projection.VERSION + 1, reached="x"))
        assert not replaying.replay_some(connection, services.clock(), 2)


def test_whoever_teaches_the_projection_something_raises_its_version() -> None:
    """These are the paths that version 1 understands. A new one needs a greater version, or what older servers have
    kept of it never counts."""
    known = {value for name, value in vars(paths).items() if name.isupper() and isinstance(value, str)}
    assert projection.VERSION == 1
    assert known == {
        "inspection/template_revision_id",
        "inspection/employee_id",
        "inspection/workspace_id",
        "inspection/captured_at",
        "inspection/circumstances",
        "inspection/submitted",
        "inspection/void",
        "inspection/note",
        "responses/",
        "evidence/",
    }
