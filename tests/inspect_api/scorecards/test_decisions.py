"""A manager decides what counts; an employee says that they have read their week."""

from datetime import timedelta
from typing import Any

import pytest

from checklists.periods import final_at, provisional_at
from checklists.responses import NOT_APPLICABLE
from checklists.tables import Audit, table_of
from inspect_api.scorecards.publication import publish_due
from tests.databases import both_databases
from tests.inspect_api.disputes.court import more_people
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_publication import corrections, shown
from tests.worked_numbers import GROOMING, WEEK, ZONE, grooming_check, site_time
from tests.world import SteppedClock, World, log_in

database_kind = both_databases

AGAIN = grooming_check("A2", "chen", site_time(16, 10, 8), hair="fail", badge="fail")
LITTLE = grooming_check(
    "L",
    "liu",
    site_time(21),
    hands="fail",
    **dict.fromkeys(("uniform", "badge", "hair", "shoes", "belt"), NOT_APPLICABLE),
)


async def call(world: World, login: str, method: str, path: str, body: Any = None) -> Any:
    async with world.client() as client:
        head = await log_in(client, login)
        more = {} if body is None else {"json": body}
        return await client.request(method, f"/api/v1{path}", headers=head, **more)


async def decide(world: World, inspection_id: str, login: str = "manager", **more: Any) -> int:
    body = {"kind": "duplicate", "counts": True, "reason": "两次是不同的班次", **more}
    answer = await call(world, login, "POST", f"/inspections/{inspection_id}/decisions", body)
    return int(answer.status_code)


async def test_a_probable_duplicate_counts_when_a_manager_says_so_and_the_next_version_says_why(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    desk.send_all()
    again = desk.send(AGAIN)
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    assert shown(world) == ["88.3"]

    clock.forward(hours=1)
    assert await decide(world, again) == 204
    publish_due(world.services)

    assert shown(world) == ["88.3", "87.7"]
    (correction,) = corrections(world)
    (reason,) = correction.reasons
    assert (reason.cause, reason.inspection_id, reason.note) == ("decision", again, "两次是不同的班次")
    assert await decide(world, again, counts=False, reason="同一次检查") == 204
    publish_due(world.services)
    assert shown(world)[-1] == "88.3"
    found = (await call(world, "manager", "GET", f"/inspections/{again}/decisions")).json()
    assert [(one["kind"], one["counts"], one["by"]) for one in found] == [
        ("duplicate", True, "Manager"),
        ("duplicate", False, "Manager"),
    ]
    with world.services.database.read() as connection:
        actions = [row.action for row in connection.execute(table_of(Audit).select())]
    assert actions.count("inspection.decide") == 2


async def test_low_coverage_counts_only_once_it_is_accepted(world: World, desk: Desk) -> None:
    desk.send_all()
    little = desk.send(LITTLE)
    path = f"/employees/{world.employees['lobby-1']}/scorecards/{WEEK}"

    async def total() -> str:
        return str((await call(world, "manager", "GET", path)).json()["total"]["shown"])

    before = await total()
    assert before == "88.3"
    assert await decide(world, little, kind="low_coverage", counts=False) == 204
    assert await total() == before
    assert await decide(world, little, kind="low_coverage") == 204
    assert await total() != before


@pytest.mark.parametrize(
    ("login", "status"),
    [("manager", 204), ("admin", 204), ("liu", 204), ("towerboss", 403), ("chen", 403), ("employee", 403)],
)
async def test_who_decides(world: World, desk: Desk, login: str, status: int) -> None:
    """liu inspects and manages, and had no part in this one; chen made it."""
    more_people(world)
    desk.send_all()
    assert await decide(world, desk.send(AGAIN), login) == status


async def test_only_what_waits_can_be_decided(world: World, desk: Desk) -> None:
    """Or a manager could leave out whatever they like as a duplicate."""
    desk.send_all()
    assert await decide(world, desk.sent["C"], counts=False) == 409
    assert await decide(world, desk.sent["C"], kind="low_coverage", counts=False) == 409
    assert await decide(world, desk.send(AGAIN), reason=" ") == 400


async def test_after_thirty_days_only_an_administrator(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    again = desk.send(AGAIN)
    clock.now = final_at(WEEK, ZONE) + timedelta(days=30)
    assert await decide(world, again) == 403
    assert await decide(world, again, "admin") == 204


async def test_the_employee_says_that_they_have_read_a_version(world: World, desk: Desk, clock: SteppedClock) -> None:
    path = f"/employees/{world.employees['lobby-1']}/scorecards/{WEEK}/receipts"

    async def read(login: str, version: int) -> int:
        return int((await call(world, login, "POST", path, {"version": version})).status_code)

    desk.send_all()
    assert await read("employee", 0) == 404
    clock.now = provisional_at(WEEK, ZONE)
    publish_due(world.services)
    assert await read("employee", 0) == 204
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    assert await read("employee", 0) == 409
    assert (await read("manager", 1), await read("admin", 1)) == (403, 403)
    first = clock.now
    assert await read("employee", 1) == 204
    clock.forward(hours=1)
    assert await read("employee", 1) == 204
    found = (await call(world, "manager", "GET", path)).json()
    assert [one["version"] for one in found] == [0, 1]
    assert found[1]["at"].startswith(f"{first:%Y-%m-%dT%H:%M}")


def test_the_sparse_check_is_of_low_coverage() -> None:
    judged = [key for key, response in LITTLE.responses.items() if response.value != NOT_APPLICABLE]
    weight = {item.key: item.weight for item in GROOMING.items()}
    assert sum(weight[key] for key in judged) * 100 < 60 * sum(weight.values())
