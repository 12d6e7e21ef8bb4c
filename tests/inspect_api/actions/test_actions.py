"""Corrective actions: by rule and by hand, mended, inspected again, late."""

import re
from datetime import timedelta
from typing import Any

import pytest

from checklists.periods import final_at
from checklists.tables import ReportRun, table_of
from inspect_api.actions import minding
from inspect_api.reports.plan import WEEKLY
from inspect_api.reports.runs import Run
from inspect_api.reports.sending import Recipient
from inspect_api.reports.weekly import weekly_mail
from inspect_api.scorecards.publication import publish_due
from sync import feed
from tests.databases import both_databases
from tests.inspect_api.disputes.court import RADIO, Court, more_people
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import CHEN, LIU, WANG, WEEK, ZONE, grooming_check, site_time
from tests.world import SteppedClock, World, log_in

database_kind = both_databases

PLAN = {"task": "补发新工牌", "due_on": "2026-12-02", "priority": "high"}


async def create(court: Court, login: str = "manager", check: str = "D", item: str = "badge", **plan: Any) -> Any:
    body = {
        "inspection_id": court.desk.sent[check],
        "item": f"worked_grooming.{item}",
        "plan": {**PLAN, "owner_id": court.world.users["chen"], **plan},
    }
    return await court.call(login, "POST", "/actions", body)


async def created(court: Court) -> str:
    answer = await create(court)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def action(court: Court, action_id: str, login: str = "manager") -> dict[str, Any]:
    return dict((await court.call(login, "GET", f"/actions/{action_id}")).json())


async def fixed(court: Court) -> str:
    action_id = await created(court)
    answer = await court.call("chen", "POST", f"/actions/{action_id}/fix", {"note": "已换新工牌"})
    assert answer.status_code == 204, answer.text
    return action_id


async def test_a_failed_critical_item_makes_one_action(court: Court) -> None:
    for _ in range(2):
        publish_due(court.world.services)
    (made,) = (await court.call("manager", "GET", "/actions")).json()
    assert (made["origin"], made["item"], made["priority"]) == ("critical_item", RADIO, "high")
    assert made["employee"] == "王芳"
    assert made["owner"] == "Manager"
    assert made["due_on"] == "2026-12-01"  # three working days after Thursday 26 November


async def test_an_upheld_dispute_withdraws_what_was_to_be_mended(court: Court) -> None:
    (made,) = (await court.call("manager", "GET", "/actions")).json()
    await court.answer(await court.opened())
    shown = await action(court, made["id"])
    assert shown["state"] == "withdrawn"
    assert shown["steps"][-1]["note"] == "申诉成立 / dispute upheld"


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("manager", 201),
        ("chen", 201),
        ("admin", 201),
        ("employee", 404),
        ("colleague", 404),
        ("zhao", 404),
        ("towerboss", 404),
    ],
)
async def test_who_may_make_one(court: Court, login: str, status: int) -> None:
    assert (await create(court, login)).status_code == status


async def test_what_an_action_needs(court: Court) -> None:
    assert (await create(court, item="hair")).status_code == 400  # did not fail
    assert (await create(court, due_on="2026-11-25")).status_code == 400  # is over
    assert (await create(court, owner_id=court.world.users["zhao"])).status_code == 400  # works elsewhere
    assert (await create(court, task=" ")).status_code == 400
    assert (await create(court, owner_id=None)).status_code == 201


async def test_the_next_good_inspection_closes_it(court: Court) -> None:
    action_id = await fixed(court)
    court.clock.forward(hours=3)
    court.desk.send(grooming_check("X", LIU, court.clock() - timedelta(hours=1)))
    assert minding.judge_fixed(court.world.services) == 1
    shown = await action(court, action_id)
    assert (shown["state"], shown["reinspection_id"]) == ("closed", court.desk.sent["X"])
    assert [step["step"] for step in shown["steps"]] == ["created", "fixed", "closed"]
    assert minding.judge_fixed(court.world.services) == 0


async def test_a_bad_one_opens_it_again_with_a_new_day(court: Court) -> None:
    action_id = await fixed(court)
    court.clock.now = site_time(30, 12)
    court.desk.send(grooming_check("X", LIU, court.clock() - timedelta(hours=1), badge="fail"))
    minding.judge_fixed(court.world.services)
    shown = await action(court, action_id)
    assert (shown["state"], shown["reopened"], shown["due_on"]) == ("open", 1, "2026-12-03")


@pytest.mark.parametrize("why", ["before", "mender", "other person"])
async def test_an_inspection_that_says_nothing_of_the_fix(court: Court, why: str) -> None:
    action_id = await fixed(court)
    court.clock.forward(hours=3)
    at = court.clock() - timedelta(hours=5 if why == "before" else 1)
    check = grooming_check("X", CHEN if why == "mender" else LIU, at)
    court.desk.send(check, "lobby-2" if why == "other person" else "lobby-1")
    assert minding.judge_fixed(court.world.services) == 0
    body = {"inspection_id": court.desk.sent["X"]}
    assert (await court.call("manager", "POST", f"/actions/{action_id}/reinspection", body)).status_code == 400
    assert (await action(court, action_id))["state"] == "fixed"


async def test_a_manager_can_judge_at_once(court: Court) -> None:
    action_id = await fixed(court)
    court.clock.forward(hours=3)
    court.desk.send(grooming_check("X", LIU, court.clock() - timedelta(hours=1)))
    path, body = f"/actions/{action_id}/reinspection", {"inspection_id": court.desk.sent["X"]}
    assert (await court.call("towerboss", "POST", path, body)).status_code == 404
    assert (await court.call("manager", "POST", path, body)).json() == {"state": "closed"}
    assert (await court.call("manager", "POST", path, body)).status_code == 409


async def test_only_an_inspection_closes_a_failed_item(court: Court) -> None:
    action_id = await created(court)
    word = {"note": "已处理"}
    assert (await court.call("manager", "POST", f"/actions/{action_id}/close", word)).status_code == 409
    assert (await court.call("chen", "POST", f"/actions/{action_id}/withdraw", word)).status_code == 403
    assert (await court.call("manager", "POST", f"/actions/{action_id}/withdraw", word)).status_code == 204
    assert (await court.call("manager", "POST", f"/actions/{action_id}/withdraw", word)).status_code == 409


async def test_late_it_is_escalated_once(court: Court) -> None:
    action_id = await created(court)
    (rule_made,) = [one for one in (await court.call("manager", "GET", "/actions")).json() if one["id"] != action_id]
    assert minding.escalate_due(court.world.services) == 0
    court.clock.now = site_time(30, 12) + timedelta(days=3)  # 3 December: both are late
    assert minding.escalate_due(court.world.services) == 2
    assert minding.escalate_due(court.world.services) == 0
    shown = await action(court, action_id)
    assert shown["overdue"] is True
    assert shown["steps"][-1]["step"] == "escalated"
    assert rule_made["escalated_at"] is None
    # A manager who gives it a new day takes it back.
    plan = {**PLAN, "due_on": "2026-12-08"}
    assert (await court.call("chen", "PUT", f"/actions/{action_id}", plan)).status_code == 403
    assert (await court.call("manager", "PUT", f"/actions/{action_id}", plan)).status_code == 204
    shown = await action(court, action_id)
    assert (shown["overdue"], shown["escalated_at"], shown["due_on"]) == (False, None, "2026-12-08")


@pytest.mark.parametrize(
    ("login", "reads"), [("manager", True), ("chen", True), ("admin", True), ("towerboss", False), ("employee", False)]
)
async def test_who_may_read_one(court: Court, login: str, reads: bool) -> None:
    action_id = await created(court)
    assert (await court.call(login, "GET", f"/actions/{action_id}")).status_code == (200 if reads else 404)
    assert (action_id in str((await court.call(login, "GET", "/actions")).json())) is reads
    answer = await court.call(login, "POST", f"/actions/{action_id}/fix", {"note": "好了"})
    assert answer.status_code == (204 if reads else 404)


async def test_the_owner_sees_and_mends_it_whoever_they_are(court: Court) -> None:
    made = await create(court, owner_id=court.world.users["employee"])
    path = f"/actions/{made.json()['id']}"
    assert (await court.call("employee", "GET", path)).status_code == 200
    assert (
        await court.call("employee", "POST", f"{path}/fix", {"note": "领了新的", "photo": "cd" * 32})
    ).status_code == 400
    assert (await court.call("employee", "POST", f"{path}/fix", {"note": "领了新的"})).status_code == 204
    assert (await court.call("employee", "POST", f"{path}/withdraw", {"note": "不用"})).status_code == 403


async def test_tablets_of_the_site_see_it(court: Court) -> None:
    action_id = await created(court)
    seen = {}
    for login in ("chen", "zhao"):
        pen = court.desk.pen(login)
        head = await log_in(court.client, login, pen.replica_id)
        rows = (await court.client.get("/api/v1/sync/pull", headers=head)).json()["rows"]
        seen[login] = {row["id"]: row["body"] for row in rows if row["kind"] == feed.CORRECTIVE_ACTION}
    assert seen["chen"][action_id]["state"] == "open"
    assert seen["chen"][action_id]["task"] == "补发新工牌"
    assert seen["zhao"] == {}


async def test_a_low_grade_two_weeks_running(world: World, clock: SteppedClock) -> None:
    more_people(world)
    desk = Desk(world)
    clock.now = WEEK.next().ends_at(ZONE)
    days = ((CHEN, 16), (LIU, 17), (WANG, 18))
    for supervisor, day in days:
        for weeks in (0, 1):
            at = site_time(day) + timedelta(weeks=weeks)
            desk.send(grooming_check(f"{supervisor}{weeks}", supervisor, at, uniform="none", hair="fail", hands="fail"))
    publish_due(world.services)  # the first week is final, the second not yet
    async with world.client() as client:
        court = Court(world, desk, clock, client)
        assert (await court.call("manager", "GET", "/actions")).json() == []
        clock.now = final_at(WEEK.next(), ZONE)
        publish_due(world.services)
        publish_due(world.services)
        (made,) = (await court.call("manager", "GET", "/actions")).json()
        assert (made["origin"], made["week"], made["employee"]) == ("low_grade", "2026-W48", "王芳")
        word = {"note": "已谈话，计划见附"}
        assert (await court.call("manager", "POST", f"/actions/{made['id']}/close", word)).status_code == 204
        assert (await action(court, made["id"]))["state"] == "closed"


@pytest.mark.parametrize(
    ("language", "answer", "overdue"),
    [("zh", "答复申诉：对讲机", "已逾期：工牌"), ("en", "Answer the dispute: Radio", "Overdue: Badge")],
)
async def test_the_report_says_what_is_overdue_and_what_is_to_be_answered(
    court: Court, language: str, answer: str, overdue: str
) -> None:
    dispute_id = await court.opened()
    action_id = await created(court)
    court.clock.now = site_time(30, 12) + timedelta(days=3)
    world, services = court.world, court.world.services
    run = Run(
        id="r",
        organisation_id=world.organisation_id,
        report=WEEKLY,
        site_id=world.sites["lobby"],
        period=str(WEEK),
        revision=1,
        recipient_id=world.users["manager"],
        message_id="<r@example.test>",
        attempts=0,
        planned_at=court.clock(),
        claim="c",
    )
    with services.database.write() as connection:
        plan = table_of(ReportRun)
        kept = {"next_attempt_at": run.planned_at, "state": "planned"}
        columns = {column.name: getattr(run, column.name) for column in plan.c if hasattr(run, column.name)}
        connection.execute(plan.insert(), columns | kept)
    with services.database.read() as connection:
        recipient = Recipient(run.recipient_id, "Manager", "manager@example.test", language)
        mail = weekly_mail(services, connection, run, recipient)
    plain, html = (mail.get_body([kind]) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    for part in (plain.get_content(), html.get_content()):
        shown = " ".join(re.sub(r"<[^>]+>", "", part).split())
        assert answer in shown
        assert overdue in shown
        assert f"/disputes/{dispute_id}" in part
        assert f"/actions/{action_id}" in part
    assert "4" in mail["subject"].rpartition("·")[2]  # the red flag, its action, the badge's, and the dispute
