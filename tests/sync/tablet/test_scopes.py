"""What a supervisor may see changes while their tablet is out of reach, and nothing that they made is lost by it."""

from collections.abc import Callable

from checklists.tables import Role
from inspect_api.directory import Directory
from tests.databases import both_databases
from tests.photo_fixtures import jpeg
from tests.sync.tablet.conftest import HAIR, Device, stored
from tests.world import SteppedClock

Devices = Callable[..., Device]
database_kind = both_databases


def change_sites(device: Device, *, given: str | None = None, taken: str | None = None) -> None:
    """Now, by the server's clock."""
    world = device.world
    with (
        world.services.database.write() as connection,
        Directory(connection, world.organisation_id, world.services.clock()) as directory,
    ):
        if given:
            directory.grant(world.users[device.login], Role.SUPERVISOR, world.sites[given])
        if taken:
            directory.revoke(world.users[device.login], Role.SUPERVISOR, world.sites[taken])


def assert_same_scores(*devices: Device) -> None:
    for device in devices:
        for inspection in device.tablet.inspections():
            view = device.tablet.view(inspection)
            assert view.server is not None
            assert (view.view.state, view.view.score) == (view.server.state, view.server.score)


def test_work_and_photos_made_before_the_site_was_lost_still_arrive(devices: Devices, clock: SteppedClock) -> None:
    chen, liu = devices("chen"), devices("liu")
    chen.clock.forward(minutes=5)
    inspection = chen.begin()
    chen.tablet.attach_photo(inspection, "worked_grooming.hair", jpeg(640, 480, seed=3))
    complete = chen.fill("lobby-2")
    clock.forward(minutes=10)
    change_sites(chen, taken="lobby")
    chen.clock.forward(minutes=5)
    report = chen.sync()
    assert (report.stored, report.refused, report.photos, report.pending) == (2, 0, 1, 0)
    assert chen.tablet.inspections() == []
    liu.sync()
    assert liu.tablet.inspections() == sorted([inspection, complete])
    view = liu.tablet.view(inspection).server
    assert view is not None
    assert view.missing_photos == []
    assert_same_scores(liu)


def test_what_was_made_after_it_stays_on_the_tablet_with_its_reason(devices: Devices, clock: SteppedClock) -> None:
    chen = devices("chen")
    chen.clock.forward(minutes=5)
    early = chen.begin()
    clock.forward(minutes=10)
    change_sites(chen, taken="lobby")
    clock.forward(minutes=1)
    chen.clock.forward(minutes=6)
    late = chen.fill("lobby-2")
    report = chen.sync()
    assert (report.stored, report.refused) == (1, 1)
    assert [entry.code for entry in chen.tablet.refused()] == ["foreign_site"]
    assert {change.inspection_id for change in stored(chen)} == {early}
    assert chen.tablet.inspections() == [late]
    # Given back, it can be sent: nothing had to be typed twice.
    clock.forward(minutes=10)
    change_sites(chen, given="lobby")
    (entry,) = chen.tablet.refused()
    chen.sync()
    chen.tablet.correct(entry.change.id)
    assert chen.sync().stored == 1
    assert chen.tablet.view(late).view.state == "complete"
    assert_same_scores(chen)


def test_a_gained_site_brings_its_history_and_both_agree_on_every_score(devices: Devices, clock: SteppedClock) -> None:
    chen, zhao = devices("chen"), devices("zhao")
    inspection = chen.fill(hair="fail")
    chen.sync()
    clock.forward(minutes=5)
    change_sites(zhao, given="lobby")
    zhao.sync(pull_limit=2)
    assert zhao.tablet.view(inspection).view.score == "90.0"
    chen.tablet.resolve(inspection, HAIR, {"value": "pass"}, reason="复核")
    chen.sync()
    zhao.sync()
    assert zhao.tablet.view(inspection).view.score == "100.0"
    assert_same_scores(chen, zhao)


def test_a_site_that_was_lost_and_given_back_between_two_pulls_is_as_if_nothing_had_been(
    devices: Devices, clock: SteppedClock
) -> None:
    chen, liu = devices("chen"), devices("liu")
    clock.forward(minutes=2)
    change_sites(liu, taken="lobby")
    inspection = chen.fill()
    chen.sync()
    clock.forward(minutes=2)
    change_sites(liu, given="lobby")
    liu.sync()
    assert liu.tablet.inspections() == [inspection]
    assert_same_scores(chen, liu)


def test_an_unknown_cursor_costs_a_pull_from_the_beginning_and_nothing_of_the_outbox(devices: Devices) -> None:
    chen = devices("chen")
    shown = chen.fill()
    chen.sync()
    waiting = chen.fill("lobby-2")
    store = chen.tablet._local.store
    for cursor in ("not a cursor", "AAAA"):
        store.put("cursor", cursor)
        assert chen.sync().started_over
        assert chen.tablet.inspections() == sorted([shown, waiting])
    assert len(stored(chen)) == 2
    assert chen.sync().pending == 0
