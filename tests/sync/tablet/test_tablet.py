"""What a supervisor relies on: nothing typed is lost, nothing arrives twice, and the tablet says what is missing."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from checklists.tables.columns import table_of
from sync.tables import Instance
from sync.tablet.connection import Declined
from sync.tablet.inspecting import NotAllowed
from sync.tablet.tablet import Tablet
from sync.tablet.views import Owed
from tests.sync.tablet.conftest import HAIR, Device, cut, stored
from tests.world import PASSWORD

Devices = Callable[..., Device]
PUSH = ("POST", "/api/v1/sync/push")
PULL = ("GET", "/api/v1/sync/pull")


def test_a_whole_inspection_made_offline_arrives_as_one_change_and_scores_the_same_everywhere(
    devices: Devices,
) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspection = chen.fill(hair="fail")
    own = chen.tablet.view(inspection)
    assert (own.view.state, own.view.score, own.unsent, own.server) == ("complete", "90.0", 1, None)
    report = chen.sync()
    assert (report.stored, report.pending, report.problem, report.reconciled) == (1, 0, None, True)
    assert len(stored(chen)) == 1
    liu.sync()
    for device in (chen, liu):
        view = device.tablet.view(inspection)
        assert view.server is not None
        assert view.server.score == view.view.score == "90.0"
        assert view.unsent == 0
    circumstances = stored(chen)[0].fields["inspection/circumstances"]
    assert circumstances == {"post_type": "security_guard", "dress_variant": "trousers", "season": "winter"}


def test_every_tap_survives_a_restart(devices: Devices) -> None:
    chen = devices("chen")
    replica = chen.tablet.replica_id
    inspection = chen.begin()
    for key, value in (("hair", "fail"), ("badge", "pass")):
        stamp = chen.tablet.respond(inspection, f"worked_grooming.{key}", value).stamp
        chen.restart()
        assert chen.tablet.view(inspection).response(f"worked_grooming.{key}") == {"value": value}
    assert chen.tablet.replica_id == replica
    chen.clock.forward(days=-4000)  # the battery died, the clock believes another decade
    # Of an item that nobody has answered: nothing but the clock that was kept tells what was written before.
    assert chen.tablet.respond(inspection, "worked_grooming.shoes", "pass").stamp > stamp
    assert chen.tablet.respond(inspection, "worked_grooming.hair", "pass").stamp > stamp
    report = chen.sync()
    assert report.stored == 1
    assert stored(chen)[0].fields[HAIR] == {"value": "pass"}


def test_another_folder_is_another_replica(tmp_path: Any, devices: Devices) -> None:
    chen = devices("chen")
    again = Tablet(tmp_path / "reinstalled", chen.clock)
    assert again.replica_id != chen.tablet.replica_id
    again.close()


def test_one_folder_belongs_to_one_user(devices: Devices) -> None:
    chen = devices("chen")
    with pytest.raises(Declined) as declined:
        chen.tablet.log_in(chen.line, "liu", PASSWORD)
    assert declined.value.code == "replica_revoked"


def test_submit_says_what_is_missing_and_writes_nothing(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    chen.tablet.respond(inspection, "worked_grooming.hair", "pass")
    owed = chen.tablet.submit(inspection)
    assert Owed("worked_grooming.badge", "response") in owed
    assert Owed("worked_grooming.hair", "response") not in owed
    assert chen.tablet.view(inspection).view.state == "draft"


@pytest.mark.parametrize(("item", "value"), [("hair", "maybe"), ("nose", "pass"), ("hair", "not_applicable")])
def test_what_the_server_would_refuse_is_not_taken_in_the_first_place(devices: Devices, item: str, value: str) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    with pytest.raises(NotAllowed):
        chen.tablet.respond(inspection, f"worked_grooming.{item}", value)


def test_drafts_travel_too(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspection = chen.begin()
    chen.tablet.respond(inspection, "worked_grooming.hair", "fail")
    chen.sync()
    liu.sync()
    view = liu.tablet.view(inspection)
    assert (view.view.state, view.response("worked_grooming.hair")) == ("draft", {"value": "fail"})


def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_there_twice(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.fill()
    chen.line.after = cut(*PUSH)
    first = chen.sync()
    assert first.problem is not None
    assert first.pending_changes == 1
    assert 1 <= (first.retry_in or 0) <= 300
    chen.restart()
    chen.clock.forward(minutes=3)
    second = chen.sync()
    assert (second.stored, second.duplicate, second.pending, second.reconciled) == (0, 1, 0, True)
    assert len(stored(chen)) == 1
    assert chen.tablet.view(inspection).view.score == "100.0"


def test_an_edit_between_push_and_answer_is_sent_next(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    chen.tablet.respond(inspection, "worked_grooming.hair", "pass")
    edits = ["fail"]

    def edit(method: str, path: str) -> None:
        if (method, path) == PUSH and edits:
            chen.tablet.respond(inspection, "worked_grooming.hair", edits.pop())

    chen.line.after = edit
    report = chen.sync()
    assert (report.stored, report.pending) == (2, 0)
    view = chen.tablet.view(inspection)
    assert view.response("worked_grooming.hair") == {"value": "fail"}
    assert view.view.conflicts == []
    first, second = stored(chen)
    assert second.supersedes[HAIR] == [first.stamp]


def test_a_change_in_flight_never_changes(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    chen.tablet.respond(inspection, "worked_grooming.hair", "pass")
    chen.line.before = cut(*PUSH)
    chen.sync()
    (sent,) = chen.tablet._local.outbox.unsent()
    chen.tablet.respond(inspection, "worked_grooming.hair", "fail")
    again, later = chen.tablet._local.outbox.unsent()
    assert again.body == sent.body
    assert later.change.supersedes[HAIR] == [sent.change.stamp]


def test_an_acknowledged_change_leaves_only_with_the_pull_that_shows_it(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.fill(hair="fail")
    chen.line.after = lambda *request: setattr(chen.line, "before", cut(*PULL)) if request == PUSH else None
    report = chen.sync()
    assert (report.stored, report.pending, report.complete) == (1, 0, False)
    assert chen.tablet.view(inspection).view.score == "90.0"
    assert [entry.state for entry in chen.tablet._local.outbox.of(inspection)] == ["acknowledged"]
    chen.restart()
    chen.sync()
    assert chen.tablet._local.outbox.of(inspection) == []
    assert chen.tablet.view(inspection).view.score == "90.0"


def test_it_stays_while_the_pull_has_not_come_so_far(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    liu.fill()
    liu.sync()
    inspection = chen.fill(hair="fail")
    pulls = [0]

    def break_at_the_second_page(method: str, path: str) -> None:
        pulls[0] += (method, path) == PULL
        if pulls[0] == 3:  # the first one asks for the time
            raise httpx.ReadError("the line broke")

    chen.line.before = break_at_the_second_page
    report = chen.sync(pull_limit=1)
    assert (report.stored, report.pulled, report.complete) == (1, 1, False)
    assert chen.tablet.view(inspection).view.score == "90.0"


def push_without_pull(device: Device) -> None:
    device.line.after = lambda *request: setattr(device.line, "before", cut(*PULL, 9)) if request == PUSH else None
    assert device.sync().stored == 1
    device.line.mend()


def supersede_hair(liu: Device, inspection: str) -> None:
    """And something newer, for one more page."""
    liu.sync()
    liu.tablet.revise(inspection, "worked_grooming.hair", "fail", "过领", reason="复核")
    assert liu.sync().complete
    liu.fill()
    assert liu.sync().complete


def test_an_own_change_that_others_have_superseded_does_not_come_back_as_a_conflict(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspection = chen.fill()
    chen.sync()
    chen.tablet.revise(inspection, "worked_grooming.hair", "not_applicable", "戴帽", reason="复核")
    push_without_pull(chen)
    supersede_hair(liu, inspection)
    pulls = [0]

    def break_at_the_second_page(method: str, path: str) -> None:
        pulls[0] += (method, path) == PULL
        if pulls[0] == 2:
            raise httpx.ReadError("the line broke")

    chen.line.before = break_at_the_second_page
    report = chen.sync(pull_limit=1)
    assert (report.pulled, report.complete) == (1, False)
    view = chen.tablet.view(inspection)
    assert (view.view.conflicts, view.response("worked_grooming.hair")) == ([], {"value": "fail", "note": "过领"})
    chen.line.mend()
    chen.sync()
    assert chen.tablet._local.outbox.of(inspection) == []


def test_nor_does_it_when_a_restored_server_is_to_get_it_again(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspection = chen.fill()
    push_without_pull(chen)
    supersede_hair(liu, inspection)
    with chen.world.services.database.write() as connection:
        connection.execute(sa.update(table_of(Instance)).values(epoch="another life"))
    chen.line.before = cut(*PUSH)
    report = chen.sync()
    assert (report.started_over, report.pending_changes) == (True, 1)
    view = chen.tablet.view(inspection)
    assert (view.view.conflicts, view.response("worked_grooming.hair")) == ([], {"value": "fail", "note": "过领"})


def test_the_tablet_dies_between_two_pages_and_goes_on_where_it_was(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspections = [chen.fill() for _ in range(7)]
    chen.sync()
    pages = [0]

    def die_at_the_third(method: str, path: str) -> None:
        pages[0] += (method, path) == PULL
        if pages[0] == 3:
            raise KeyboardInterrupt

    liu.line.after = die_at_the_third
    with pytest.raises(KeyboardInterrupt):
        liu.sync(pull_limit=2)
    liu.line.after = lambda method, path: None
    liu.restart()
    assert len(liu.tablet.inspections()) == 4
    assert liu.sync(pull_limit=2).pulled == 3
    assert liu.tablet.inspections() == sorted(inspections)


def test_two_offline_edits_conflict_on_both_and_are_resolved_on_one(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspection = chen.fill()
    chen.sync()
    liu.sync()
    chen.tablet.revise(inspection, "worked_grooming.hair", "fail", "过领", reason="复核")
    liu.tablet.revise(inspection, "worked_grooming.hair", "pass", "刚剪过", reason="复核")
    for device in (chen, liu, chen):
        assert device.sync().complete
    for device in (chen, liu):
        view = device.tablet.view(inspection)
        assert view.view.conflicts == [HAIR]
        assert {version.value["value"] for version in view.versions[HAIR]} == {"fail", "pass"}
        assert {version.author for version in view.versions[HAIR]} == {
            device.world.users["chen"],
            device.world.users["liu"],
        }
    liu.tablet.resolve(inspection, HAIR, {"value": "fail"}, reason="两人一起看过")
    assert liu.tablet.view(inspection).view.conflicts == []
    liu.sync()
    chen.sync()
    for device in (chen, liu):
        view = device.tablet.view(inspection)
        assert (view.view.conflicts, view.view.score) == ([], "90.0")


def test_after_submission_a_change_needs_a_reason_and_is_a_change_of_its_own(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.fill()
    with pytest.raises(NotAllowed):
        chen.tablet.respond(inspection, "worked_grooming.hair", "fail")
    chen.tablet.revise(inspection, "worked_grooming.hair", "fail", reason="看错人")
    chen.tablet.void(inspection, reason="演练")
    assert chen.tablet.view(inspection).view.state == "void"
    report = chen.sync()
    assert (report.stored, report.refused) == (3, 0)
    assert [change.reason for change in stored(chen)] == [None, "看错人", "演练"]
    assert chen.tablet.view(inspection).view.state == "void"


def test_long_notes_become_several_changes_that_the_server_takes(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    for step in range(70):
        chen.tablet.write(inspection, {f"notes/{step}": "长" * 1500})
    assert len(chen.tablet._local.outbox.unsent()) > 1
    report = chen.sync()
    assert (report.refused, report.pending) == (0, 0)
    assert len({path for change in stored(chen) for path in change.fields if path.startswith("notes/")}) == 70
