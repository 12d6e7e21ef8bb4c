"""The worked numbers of the scoring rules, from tablets to what a manager reads over HTTP."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from checklists.responses import Response
from checklists.template import Subject
from inspect_api.scorecards.publication import publish_due
from tests.databases import both_databases
from tests.worked_numbers import (
    ALL_CHECKS,
    CHECK_E,
    LATE_CHECK,
    LIU,
    POST_STANDING,
    WANG,
    Check,
    post_check,
    site_time,
)
from tests.world import Pen, SteppedClock, World, log_in

database_kind = both_databases

WEEK = "2026-W47"
PREVIOUS = [
    # 91.0 last week, nothing the week before, 84.0 three weeks ago.
    post_check("p1", LIU, site_time(9), posture=2, telephone=1),
    post_check("p2", WANG, site_time(10), posture=2, telephone=1),
    post_check("p3", WANG, site_time(11), posture=2, telephone=1),
    post_check("q1", LIU, site_time(2) - timedelta(weeks=1), posture=3, telephone=2),
    post_check("q2", WANG, site_time(3) - timedelta(weeks=1), posture=3, telephone=2),
    post_check("q3", WANG, site_time(4) - timedelta(weeks=1), posture=3, telephone=2),
]


@dataclass
class Field:
    """Three tablets at the lobby, and the manager. Each logs in for every request: the clock jumps by days."""

    world: World
    client: AsyncTestClient[Any]
    pens: dict[str, Pen]

    def inspection(self, check: Check) -> dict[str, Any]:
        world = self.world
        subject: dict[str, Any] = (
            {"employee_id": world.employees["lobby-1"]}
            if check.template.subject is Subject.EMPLOYEE
            else {"workspace_id": world.workspaces["lobby"]}
        )
        responses = {key: wire(response) for key, response in check.responses.items()}
        pen = self.pens[check.supervisor]
        return pen.inspection(world.templates[check.template.key], responses, check.captured_at, **subject)

    async def push(self, supervisor: str, *changes: dict[str, Any]) -> list[str]:
        answer = await self.client.post(
            "/api/v1/sync/push",
            json={"changes": changes},
            headers=await log_in(self.client, supervisor, self.pens[supervisor].replica_id),
        )
        assert answer.status_code == 200, answer.text
        return [result["status"] for result in answer.json()["results"]]

    async def push_checks(self, checks: Sequence[Check]) -> dict[str, dict[str, Any]]:
        """Each check alone, in a random order; gives the pushed change by the check's name."""
        pushed = {check.name: self.inspection(check) for check in checks}
        for check in random.sample(checks, len(checks)):
            assert await self.push(check.supervisor, pushed[check.name]) == ["stored"]
        return pushed

    async def scorecard(self, week: str = WEEK) -> dict[str, Any]:
        path = f"/api/v1/employees/{self.world.employees['lobby-1']}/scorecards/{week}"
        return dict(await self.read(path))

    async def read(self, path: str) -> Any:
        """What the manager reads there."""
        answer = await self.client.get(path, headers=await log_in(self.client, "manager"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def versions(self) -> list[dict[str, Any]]:
        path = f"/api/v1/employees/{self.world.employees['lobby-1']}/scorecards/{WEEK}/versions"
        return list(await self.read(path))


def wire(response: Response) -> dict[str, Any]:
    return {"value": response.value} | ({"note": response.note} if response.note else {})


def shown(scorecard: dict[str, Any]) -> dict[str, str | None]:
    scores = {entry["dimension"]: entry["score"]["shown"] for entry in scorecard["dimensions"] if entry["score"]}
    return scores | {"total": scorecard["total"]["shown"] if scorecard["total"] else None}


@pytest.fixture
async def field(world: World) -> AsyncIterator[Field]:
    async with world.client() as client:
        yield Field(world, client, {name: Pen(world.sites["lobby"]) for name in ("chen", "liu", "wang")})


async def test_the_week(field: Field) -> None:
    await field.push_checks([*PREVIOUS, *ALL_CHECKS])
    scorecard = await field.scorecard()
    assert shown(scorecard) == {"grooming": "82.0", "post_standing": "93.0", "workspace_5s": "77.8", "total": "88.3"}
    standing = {entry["dimension"]: entry["standing"] for entry in scorecard["dimensions"]}
    assert standing["workspace_5s"]["en"] == "not enough checks (1 of 3)"
    assert "1" in standing["workspace_5s"]["zh"]
    grooming = next(entry for entry in scorecard["dimensions"] if entry["dimension"] == "grooming")
    assert (grooming["inspections"], grooming["supervisors"], grooming["days"]) == (5, 2, 5)
    assert grooming["score"]["exact"] == "1969/24"  # 82.0416…
    assert (scorecard["inspections"], scorecard["supervisors"]) == (8, 3)
    assert scorecard["grade"] == "B"
    assert scorecard["red_flags"] == 1
    assert (await field.scorecard("2026-W46"))["total"]["shown"] == "91.0"
    assert (await field.scorecard("2026-W45"))["total"] is None
    assert (await field.scorecard("2026-W44"))["total"]["shown"] == "84.0"
    assert scorecard["trend"]["shown"] == "88.8"


@pytest.mark.parametrize(
    ("name", "score", "uncapped"),
    [
        ("A", "88.9", "88.9"),
        ("B", "90.0", "90.0"),
        ("C", "100.0", "100.0"),
        ("D", "80.0", "80.0"),
        ("E", "59.0", "80.0"),
    ],
)
async def test_each_check(field: Field, name: str, score: str, uncapped: str) -> None:
    (check,) = (entry for entry in ALL_CHECKS if entry.name == name)
    pushed = await field.push_checks([check])
    path = f"/api/v1/inspections/{pushed[name]['inspection_id']}"
    inspection = await field.read(path)
    assert (inspection["score"]["shown"], inspection["uncapped"]["shown"]) == (score, uncapped)


async def test_a_check_pushed_five_times_in_parallel_counts_once(field: Field) -> None:
    pushed = await field.push_checks([check for check in ALL_CHECKS if check is not CHECK_E])
    change = field.inspection(CHECK_E)
    statuses = await asyncio.gather(*(field.push(LIU, change) for _ in range(5)))
    assert sorted(status for (status,) in statuses) == ["duplicate"] * 4 + ["stored"]
    scorecard = await field.scorecard()
    assert shown(scorecard)["grooming"] == "82.0"
    assert scorecard["inspections"] == len(pushed)  # the 5S check counts in no official dimension


async def test_a_late_sync_becomes_a_final_version_with_its_cause(field: Field, clock: SteppedClock) -> None:
    await field.push_checks(ALL_CHECKS)
    clock.now = site_time(23, 9)  # Monday after 08:00
    publish_due(field.world.services)
    (provisional,) = await field.versions()
    assert (provisional["version"], provisional["total"]["shown"]) == (0, "88.3")

    clock.now = site_time(24, 9)
    assert await field.push(LIU, field.inspection(LATE_CHECK)) == ["stored"]
    now = await field.scorecard()
    assert shown(now)["grooming"] == "84.6"
    assert shown(now)["total"] == "89.4"
    assert (await field.versions())[0]["total"]["shown"] == "88.3"

    clock.now = site_time(26, 13)  # Thursday after 12:00
    publish_due(field.world.services)
    _, final = await field.versions()
    assert (final["version"], final["total"]["shown"]) == (1, "89.4")
    assert [reason["cause"] for reason in final["reasons"]] == ["late_sync"]


async def test_an_upheld_dispute_gives_a_new_version_and_the_old_one_stays(field: Field, clock: SteppedClock) -> None:
    pushed = await field.push_checks(ALL_CHECKS)
    clock.now = site_time(26, 13)
    publish_due(field.world.services)
    before = await field.versions()
    assert before[-1]["total"]["shown"] == "88.3"

    clock.forward(hours=2)
    begun = pushed["E"]
    radio = "responses/worked_grooming.radio"
    pen = field.pens[LIU]
    change = pen.change(
        begun["inspection_id"],
        {radio: {"value": "not_applicable", "note": "对讲机送修"}},
        site_time(26, 12),
        supersedes={radio: [begun["stamp"]]},
        reason="申诉成立：对讲机送修",
    )
    assert await field.push(LIU, change) == ["stored"]
    scorecard = await field.scorecard()
    assert shown(scorecard)["grooming"] == "92.3"
    assert shown(scorecard)["total"] == "92.7"
    publish_due(field.world.services)
    versions = await field.versions()
    assert [version["total"]["shown"] for version in versions[-2:]] == ["88.3", "92.7"]
    assert "申诉成立" in str(versions[-1]["reasons"])


async def test_the_order_of_arrival_changes_nothing(field: Field) -> None:
    await field.push_checks(ALL_CHECKS)
    digest = (await field.scorecard())["digest"]
    assert POST_STANDING.key in field.world.templates
    for name in field.pens:
        replay = [field.inspection(check) for check in ALL_CHECKS if check.supervisor == name]
        # New ids, same moments: probable duplicates, which never count beside the first.
        await field.push(name, *replay)
    assert shown(await field.scorecard())["total"] == "88.3"
    assert digest
