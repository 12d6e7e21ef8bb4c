from fractions import Fraction
from typing import Any

import pytest

from checklists.ids import new_id
from checklists.periods import final_at, provisional_at
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import CHECK_A, LATE_CHECK, WEEK, ZONE, site_time
from tests.world import SteppedClock, World, build_world, log_in


async def get(world: World, login: str, path: str, status: int = 200) -> Any:
    async with world.client() as client:
        answer = await client.get(f"/api/v1{path}", headers=await log_in(client, login))
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_site_in_exact_numbers_and_in_words(world: World, desk: Desk) -> None:
    desk.send_all()
    found = await get(world, "manager", f"/scorecards?site_id={world.sites['lobby']}&week=2026-W47")
    first, second = found["scorecards"]
    total = (30 * (3 * (Fraction(800, 9) + 90 + 100 + 80) / 4 + 59) / 4 + 40 * 93) / 70
    assert first["total"] == {"exact": str(total), "long": "88.3035…", "shown": "88.3"}
    assert (first["grade"], first["state"], first["version"]) == ("B", "live", None)
    assert [one["official"] for one in first["dimensions"]] == [True, True, False]
    assert first["dimensions"][2]["standing"] == {"zh": "检查次数不足（1/3）", "en": "not enough checks (1 of 3)"}
    assert first["dimensions"][0]["standing"] == {"zh": "正式", "en": "official"}
    assert found["not_seen"] == [second["employee_id"]]


async def test_without_a_week_it_is_the_running_one(world: World) -> None:
    found = await get(world, "manager", f"/scorecards?site_id={world.sites['lobby']}")
    assert found["week"] == "2026-W47"


async def test_explain_goes_down_to_responses_rules_and_people(world: World, desk: Desk) -> None:
    desk.send_all()
    found = await get(world, "employee", f"/employees/{world.employees['lobby-1']}/scorecards/2026-W47/explain")
    assert "Grooming = (3 × 89.7222… + 1 × 59) ÷ 4 = 82.0416…, shown as 82.0" in {
        line["text"]["en"] for line in found["lines"]
    }
    check = next(one for one in found["inspections"] if one["id"] == desk.sent["A"])
    assert (check["supervisor"], check["score"]["exact"], check["template_number"]) == ("Chen", "800/9", 1)
    assert check["captured_at"] == "2026-11-16T02:00:00Z"
    (lost,) = check["lost"]
    assert (lost["item"], lost["value"], lost["points"]["exact"]) == ("worked_grooming.hair", "fail", "100/9")
    assert lost["sources"] == [{"document": "计分规则", "clause": "算例 6"}]


async def test_lost_points_and_the_score_make_a_hundred(world: World, desk: Desk) -> None:
    desk.send_all()
    found = await get(world, "manager", f"/employees/{world.employees['lobby-1']}/scorecards/2026-W47/explain")
    assert len(found["inspections"]) == 9
    for one in found["inspections"]:
        lost = sum(Fraction(item["points"]["exact"]) for item in one["lost"])
        assert Fraction(one["uncapped"]["exact"]) + lost == 100


async def test_versions_with_reasons_and_corrections(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    for moment in (provisional_at(WEEK, ZONE), final_at(WEEK, ZONE)):
        clock.now = moment
        publish_due(world.services)
    clock.forward(hours=2)
    desk.send(LATE_CHECK)
    publish_due(world.services)
    versions = await get(world, "employee", f"/employees/{world.employees['lobby-1']}/scorecards/2026-W47/versions")
    assert [(one["version"], one["state"], one["total"]["shown"]) for one in versions] == [
        (0, "provisional", "88.3"),
        (1, "final", "88.3"),
        (2, "final", "89.4"),
    ]
    marks = [[mark["score"]["shown"] for mark in one["dimensions"]] for one in versions]
    assert marks == [["82.0", "93.0", "77.8"], ["82.0", "93.0", "77.8"], ["84.6", "93.0", "77.8"]]
    assert [one["dimensions"][0]["inspections"] for one in versions] == [5, 5, 6]
    (reason,) = versions[2]["reasons"]
    assert reason["cause"] == "late_sync"
    assert reason["text"]["zh"] == (
        "迟到同步：Liu 于 11月22日 周日 18:00 的“仪容仪表（算例）”检查，11月26日 周四 14:00 才送达。"
    )
    (corrected,) = await get(world, "manager", f"/scorecards/corrections?site_id={world.sites['lobby']}")
    assert (corrected["old"]["shown"], corrected["new"]["shown"], corrected["version"]) == ("88.3", "89.4", 2)


async def test_an_inspection_shows_every_change_and_what_is_in_conflict(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    """Two write over the same answer without having seen each other."""
    desk.send(CHECK_A)
    for supervisor, value, at in (("chen", "pass", site_time(17, 10)), ("liu", "fail", site_time(17, 11))):
        change = desk.pen(supervisor).change(
            desk.sent["A"], {"responses/worked_grooming.badge": {"value": value}}, at, reason="看错了"
        )
        desk.push(supervisor, change)
    found = await get(world, "chen", f"/inspections/{desk.sent['A']}")
    assert found["conflicts"] == ["responses/worked_grooming.badge"]
    (conflict,) = found["conflicting"]
    assert conflict["text"]["en"] == "Badge"
    assert [(said["author"], said["value"]["value"], said["counts"]) for said in conflict["said"]] == [
        ("Liu", "fail", True),
        ("Chen", "pass", False),
    ]
    assert [(change["author"], change["reason"]) for change in found["changes"]] == [
        ("Chen", None),
        ("Chen", "看错了"),
        ("Liu", "看错了"),
    ]


@pytest.mark.parametrize(
    ("login", "site", "own", "other", "inspection"),
    [
        ("manager", 200, 200, 200, 200),
        ("admin", 200, 200, 200, 200),
        ("employee", 403, 200, 403, 200),
        ("chen", 403, 403, 403, 200),
        ("zhao", 403, 403, 403, 403),
    ],
)
async def test_who_may_read_what(
    world: World, desk: Desk, login: str, site: int, own: int, other: int, inspection: int
) -> None:
    desk.send(CHECK_A)
    week = "scorecards/2026-W47"
    await get(world, login, f"/scorecards?site_id={world.sites['lobby']}", site)
    await get(world, login, f"/employees/{world.employees['lobby-1']}/{week}", own)
    await get(world, login, f"/employees/{world.employees['lobby-1']}/{week}/explain", own)
    await get(world, login, f"/employees/{world.employees['lobby-1']}/{week}/versions", own)
    await get(world, login, f"/employees/{world.employees['lobby-2']}/{week}", other)
    await get(world, login, f"/inspections/{desk.sent['A']}", inspection)


async def test_an_employee_sees_no_draft_and_no_colleagues_check(world: World, desk: Desk) -> None:
    draft = desk.send(CHECK_A, submitted=False)
    colleague = desk.send(CHECK_A, "lobby-2")
    await get(world, "employee", f"/inspections/{draft}", 403)
    await get(world, "employee", f"/inspections/{colleague}", 403)


async def test_another_organisation_does_not_exist(world: World, desk: Desk) -> None:
    desk.send(CHECK_A)
    other = build_world(world.services, (), prefix="other-")
    for path in (
        f"/scorecards?site_id={world.sites['lobby']}",
        f"/scorecards/corrections?site_id={world.sites['lobby']}",
        f"/employees/{world.employees['lobby-1']}/scorecards/2026-W47",
        f"/inspections/{desk.sent['A']}",
        f"/inspections/{new_id()}",
    ):
        await get(other, "other-admin", path, 404)


@pytest.mark.parametrize("query", ["site_id=1", "site_id={site}&week=2026-W54", "site_id={site}&week=now"])
async def test_a_wrong_question_is_answered_as_one(world: World, query: str) -> None:
    answer = await get(world, "manager", f"/scorecards?{query.format(site=world.sites['lobby'])}", 400)
    assert answer["code"] == "invalid_field"


async def test_nobody_gets_in_without_a_token(world: World) -> None:
    async with world.client() as client:
        for path in (f"/scorecards?site_id={world.sites['lobby']}", f"/inspections/{new_id()}"):
            assert (await client.get(f"/api/v1{path}")).status_code == 401
