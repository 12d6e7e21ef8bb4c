"""A dispute from the employee's objection to the corrected number, over HTTP, on both databases."""

import json

import pytest
import sqlalchemy as sa

from checklists.tables import Role, table_of
from inspect_api.directory import Directory
from inspect_api.disputes import deciding
from sync import feed
from sync.store import stored_changes
from sync.tables import Change, FeedRow, Replica
from tests.databases import both_databases
from tests.inspect_api.disputes.court import HAIR, RADIO, Court
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import LIU, WEEK, ZONE, site_time
from tests.world import SteppedClock, World, log_in

database_kind = both_databases


async def test_an_upheld_dispute_is_a_correction_with_its_cause(court: Court) -> None:
    """Also when it is answered in the very instant in which the number was published."""
    dispute_id = await court.opened()
    answer = await court.answer(dispute_id, outcome="void")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["outcome"]) == ("answered", "void")
    assert (await court.scorecard())["total"]["shown"] == "92.7"
    court.publish()
    versions = await court.versions()
    assert [version["total"]["shown"] for version in versions] == ["88.3", "92.7"]
    (reason,) = versions[-1]["reasons"]
    assert reason["cause"] == "dispute"
    assert reason["inspection_id"] == court.desk.sent["E"]
    assert (
        reason["text"]["en"]
        == "Dispute upheld, item Radio, check: Grooming (worked example) by Liu, captured Wed 18 Nov, 10:00. "
        "Reason given: “对讲机当天在维修”."
    )
    assert "申诉成立" in reason["text"]["zh"]
    assert "对讲机" in reason["text"]["zh"]


async def test_the_outcome_is_a_change_of_the_inspection_like_any_other(court: Court) -> None:
    dispute_id = await court.opened()
    inspection_id = court.desk.sent["E"]
    services = court.world.services
    with services.database.read() as connection:
        (before,) = stored_changes(connection, [inspection_id])[inspection_id]
    await court.answer(dispute_id)
    with services.database.read() as connection:
        changes = {one.change.id: one for one in stored_changes(connection, [inspection_id])[inspection_id]}
        replicas = connection.execute(sa.select(table_of(Replica)).where(table_of(Replica).c.device_name == "server"))
        (replica,) = replicas.all()
        row = connection.execute(
            sa.select(table_of(FeedRow)).where(table_of(FeedRow).c.object_id == inspection_id)
        ).one()
    assert changes.pop(before.change.id) == before  # what was written stays as it was
    (written,) = changes.values()
    assert written.author_id == court.world.users["manager"]
    assert written.change.supersedes == {f"responses/{RADIO}": [before.change.stamp]}
    assert written.change.stamp > before.change.stamp
    assert written.change.reason == "申诉成立 / dispute upheld: 对讲机当天在维修"
    assert replica.revoked_at is not None
    view = json.loads(row.body)
    assert "conflicts" not in view
    assert view["score"] == "100.0"


async def test_one_replica_writes_for_the_whole_organisation(court: Court) -> None:
    await court.answer(await court.opened())
    other = (await court.open(check="A", item=HAIR)).json()["id"]
    await court.answer(other, "second", "change", value="pass")
    with court.world.services.database.read() as connection:
        change = table_of(Change)
        server = table_of(Replica)
        made = connection.execute(
            sa.select(change.c.replica_id)
            .join(server, server.c.id == change.c.replica_id)
            .where(server.c.device_name == "server")
        ).scalars()
        assert len(found := list(made)) == 2
        assert len(set(found)) == 1


async def test_while_it_is_open_the_week_counts_and_is_not_ranked(court: Court) -> None:
    assert (await court.scorecard())["ranked"] is True
    dispute_id = await court.opened()
    during = await court.scorecard()
    assert (during["total"]["shown"], during["ranked"], during["under_review"]) == ("88.3", False, True)
    court.publish()
    assert len(await court.versions()) == 1  # nothing has changed yet
    await court.answer(dispute_id, outcome="keep")
    after = await court.scorecard()
    assert (after["total"]["shown"], after["ranked"]) == ("88.3", True)
    court.publish()
    assert len(await court.versions()) == 1


async def test_a_value_is_changed_to_a_better_one_only(court: Court) -> None:
    dispute_id = (await court.open(check="B", item="worked_grooming.uniform")).json()["id"]
    for value, code in (("none", 400), ("half", 400), ("silk", 400), (None, 400)):
        assert (await court.answer(dispute_id, outcome="change", value=value)).status_code == code, value
    assert (await court.scorecard())["total"]["shown"] == "88.3"
    assert (await court.answer(dispute_id, outcome="change", value="full")).status_code == 200
    path = f"/inspections/{court.desk.sent['B']}"
    assert (await court.call("manager", "GET", path)).json()["score"]["shown"] == "100.0"


async def test_in_a_deduction_template_less_is_better(court: Court) -> None:
    dispute_id = (await court.open(check="F", item="worked_post.posture")).json()["id"]
    assert (await court.answer(dispute_id, outcome="change", value=4)).status_code == 400
    assert (await court.answer(dispute_id, outcome="change", value=1)).status_code == 200
    path = f"/inspections/{court.desk.sent['F']}"
    assert (await court.call("manager", "GET", path)).json()["score"]["shown"] == "93.0"


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("employee", 403),  # their own
        ("colleague", 404),
        ("chen", 404),  # supervises, does not manage
        ("liu", 403),  # manages, and inspected
        ("towerboss", 404),  # manages another site
        ("manager", 200),
        ("second", 200),
        ("admin", 200),
    ],
)
async def test_who_may_answer(court: Court, login: str, status: int) -> None:
    dispute_id = await court.opened()
    assert (await court.answer(dispute_id, login)).status_code == status


async def test_whoever_wrote_any_of_the_inspection_does_not_decide(court: Court) -> None:
    world, now = court.world, court.clock()
    noted = court.desk.pen("chen").change(court.desk.sent["E"], {"inspection/note": "另记"}, now, reason="补记")
    court.desk.push("chen", noted)
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        directory.grant(world.users["chen"], Role.MANAGER, world.sites["lobby"])
    court.publish()
    dispute_id = await court.opened()
    assert (await court.answer(dispute_id, "chen")).status_code == 403


@pytest.mark.parametrize(
    ("login", "check", "item", "status"),
    [
        ("employee", "E", RADIO, 201),
        ("employee", "E", HAIR, 404),  # full marks
        ("employee", "E", "worked_grooming.nothing", 404),
        ("employee", "I", "worked_5s.c2", 201),  # a workspace they answer for
        ("colleague", "E", RADIO, 404),  # somebody else's
        ("colleague", "I", "worked_5s.c2", 404),  # not their workspace
        ("manager", "E", RADIO, 403),
        ("liu", "E", RADIO, 403),
        ("admin", "E", RADIO, 403),
    ],
)
async def test_who_may_dispute_what(court: Court, login: str, check: str, item: str, status: int) -> None:
    assert (await court.open(login, check, item)).status_code == status


async def test_an_item_is_disputed_once(court: Court) -> None:
    await court.opened()
    assert (await court.open()).status_code == 409


async def test_the_time_to_dispute_is_seven_days(court: Court) -> None:
    published = court.clock.now
    court.clock.forward(days=6, hours=23)
    assert (await court.open(check="A", item=HAIR)).status_code == 201
    court.clock.now = published
    court.clock.forward(days=7)
    late = await court.open()
    assert late.status_code == 409
    assert late.json()["detail"] == "已超过申诉期限"


async def test_what_arrived_late_can_be_disputed_from_its_own_publication(court: Court) -> None:
    court.clock.forward(days=8)
    assert (await court.open()).status_code == 409
    court.desk.revise("E", LIU, {"responses/" + HAIR: {"value": "fail", "note": "补记"}}, "漏记", court.clock())
    court.publish()
    court.clock.forward(days=6)
    assert (await court.open(item=HAIR)).status_code == 201


async def test_before_publication_there_is_nothing_to_dispute(world: World, clock: SteppedClock) -> None:
    clock.now = WEEK.ends_at(ZONE)
    desk = Desk(world)
    desk.send_all()
    async with world.client() as client:
        court = Court(world, desk, clock, client)
        assert (await court.open()).status_code == 409


async def test_one_appeal_to_another_reviewer(court: Court) -> None:
    dispute_id = await court.opened()
    path = f"/disputes/{dispute_id}/appeal"
    assert (await court.call("employee", "POST", path, {"reason": "早了"})).status_code == 409
    await court.answer(dispute_id, "manager", "keep")
    assert (await court.call("colleague", "POST", path, {"reason": "我"})).status_code == 404
    assert (await court.call("manager", "POST", path, {"reason": "我"})).status_code == 403
    assert (await court.call("employee", "POST", path, {"reason": "请看维修单"})).status_code == 204
    assert (await court.scorecard())["under_review"] is True
    assert (await court.answer(dispute_id, "manager")).status_code == 403
    assert (await court.answer(dispute_id, "second")).status_code == 200
    assert (await court.scorecard())["total"]["shown"] == "92.7"
    assert (await court.call("employee", "POST", path, {"reason": "再来"})).status_code == 409
    steps = (await court.call("employee", "GET", f"/disputes/{dispute_id}")).json()["steps"]
    assert [step["step"] for step in steps] == ["opened", "answered", "appealed", "answered"]
    assert [step["actor"] for step in steps] == ["王芳", "Manager", "王芳", "Second"]


async def test_the_time_to_appeal_ends(court: Court) -> None:
    dispute_id = await court.opened()
    await court.answer(dispute_id, "manager", "keep")
    court.clock.forward(days=7)
    answer = await court.call("employee", "POST", f"/disputes/{dispute_id}/appeal", {"reason": "晚了"})
    assert answer.status_code == 409


async def test_late_it_goes_to_an_administrator(court: Court) -> None:
    # Published on Thursday 26 November: three working days end with Tuesday 1 December.
    dispute_id = await court.opened()
    due = (await court.call("employee", "GET", f"/disputes/{dispute_id}")).json()["due_at"]
    assert due == "2026-12-01T16:00:00Z"
    court.clock.now = site_time(30, 23)
    assert deciding.escalate_due(court.world.services) == 0
    court.clock.forward(days=1, hours=1)
    assert deciding.escalate_due(court.world.services) == 1
    assert deciding.escalate_due(court.world.services) == 0
    assert (await court.answer(dispute_id, "manager")).status_code == 403
    shown = (await court.call("manager", "GET", f"/disputes/{dispute_id}")).json()
    assert shown["escalated_at"] is not None
    assert shown["may_answer"] is False
    assert (await court.answer(dispute_id, "admin")).status_code == 200


async def test_a_holiday_of_the_site_is_no_working_day(court: Court) -> None:
    site = f"/sites/{court.world.sites['lobby']}/calendar"
    holiday = {"working": False, "name": "司庆"}
    assert (await court.call("manager", "PUT", f"{site}/2026-11-27", holiday)).status_code == 403
    assert (await court.call("admin", "PUT", f"{site}/2026-11-27", holiday)).status_code == 204
    assert (await court.call("admin", "PUT", f"{site}/friday", holiday)).status_code == 400
    assert (await court.call("towerboss", "GET", site)).status_code == 403
    assert (await court.call("manager", "GET", site)).json() == [{"day": "2026-11-27", **holiday}]
    dispute_id = await court.opened()
    due = (await court.call("employee", "GET", f"/disputes/{dispute_id}")).json()["due_at"]
    assert due == "2026-12-02T16:00:00Z"
    assert (await court.call("admin", "DELETE", f"{site}/2026-11-27")).status_code == 204
    assert (await court.call("manager", "GET", site)).json() == []


async def test_the_employee_acknowledges_the_answer(court: Court) -> None:
    dispute_id = await court.opened()
    path = f"/disputes/{dispute_id}/acknowledge"
    assert (await court.call("employee", "POST", path)).status_code == 409
    await court.answer(dispute_id)
    assert (await court.call("manager", "POST", path)).status_code == 403
    assert [(await court.call("employee", "POST", path)).status_code for _ in range(2)] == [204, 204]
    shown = (await court.call("manager", "GET", f"/disputes/{dispute_id}")).json()
    assert shown["acknowledged_at"] is not None
    assert [step["step"] for step in shown["steps"]].count("acknowledged") == 1


@pytest.mark.parametrize(
    ("login", "reads"),
    [("employee", 200), ("manager", 200), ("admin", 200), ("colleague", 404), ("chen", 404), ("towerboss", 404)],
)
async def test_who_may_read_a_dispute(court: Court, login: str, reads: int) -> None:
    dispute_id = await court.opened()
    assert (await court.call(login, "GET", f"/disputes/{dispute_id}")).status_code == reads
    listed = [one["id"] for one in (await court.call(login, "GET", "/disputes")).json()]
    assert listed == ([dispute_id] if reads == 200 else [])


async def test_tablets_see_that_there_is_one_and_how_it_ended(court: Court) -> None:
    dispute_id = await court.opened()
    pen = court.desk.pen("chen")

    async def pulled() -> dict[str, object]:
        head = await log_in(court.client, "chen", pen.replica_id)
        rows = (await court.client.get("/api/v1/sync/pull", headers=head)).json()["rows"]
        (body,) = (row["body"] for row in rows if row["kind"] == feed.DISPUTE and row["id"] == dispute_id)
        return dict(body)

    assert (await pulled())["state"] == "open"
    await court.answer(dispute_id)
    body = await pulled()
    assert (body["state"], body["outcome"], body["item"]) == ("answered", "void", RADIO)
    assert "维修单" not in json.dumps(body, ensure_ascii=False)  # the employee's words stay with the reviewer


async def test_a_photo_must_be_ones_own(court: Court) -> None:
    assert (await court.open(photo="ab" * 32)).status_code == 400
    assert (await court.open(photo="nonsense")).status_code == 400


async def test_an_answer_comes_once(court: Court) -> None:
    dispute_id = await court.opened()
    assert (await court.answer(dispute_id, "manager", "keep")).status_code == 200
    assert (await court.answer(dispute_id, "second")).status_code == 409


async def test_a_reason_is_needed(court: Court) -> None:
    assert (await court.open(reason="")).status_code == 400
    assert (await court.open(reason=" \n ")).status_code == 400
