"""What a page brings and what it takes away, whatever happens while it is taken in."""

import sqlite3
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from inspect_api.directory import Directory
from tests.sync.tablet.conftest import Device

Devices = Callable[..., Device]


@pytest.mark.parametrize("moment", ["before the rows", "after the rows"])
def test_a_tablet_that_dies_while_it_takes_a_page_in_gets_that_page_again(
    devices: Devices, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspections = [chen.fill() for _ in range(5)]
    chen.sync()
    directory = liu.tablet.directory
    apply, pages = directory.apply, [0]

    def die_at_the_second(connection: sqlite3.Connection, *page: Any) -> None:
        pages[0] += 1
        if pages[0] != 2 or moment == "after the rows":
            apply(connection, *page)
        if pages[0] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(directory, "apply", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        liu.sync(pull_limit=2)
    liu.restart()
    assert len(liu.tablet.inspections()) == 2
    assert liu.sync(pull_limit=2).pulled == 3
    assert liu.tablet.inspections() == sorted(inspections)


def test_who_goes_to_another_site_goes_from_the_tablets_of_the_former_one(devices: Devices) -> None:
    chen, zhao = devices("chen"), devices("zhao")
    world, moved = chen.world, chen.world.employees["lobby-2"]
    assert moved in chen.tablet.directory.bodies("employee")
    with (
        world.services.database.write() as connection,
        Directory(connection, world.organisation_id, world.services.clock()) as directory,
    ):
        tower = world.sites["tower"]
        directory.put_employee(tower, "lobby-2", "李强", date(2025, 1, 1), employee_id=moved)
    for device in (chen, zhao):
        device.sync()
    assert set(chen.tablet.directory.bodies("employee")) == {world.employees["lobby-1"]}
    assert moved in zhao.tablet.directory.bodies("employee")
