"""A fix that was reported offline: it counts once and for its day, and is not lost where somebody was faster."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from checklists.ids import new_id
from checklists.tables import Role
from inspect_api.actions import minding
from inspect_api.directory import Directory
from tests.databases import both_databases
from tests.inspect_api.actions.test_actions import action, created, fixed
from tests.inspect_api.api.test_queues import queue
from tests.inspect_api.disputes.court import Court
from tests.worked_numbers import LIU, grooming_check
from tests.world import Pen, log_in

database_kind = both_databases


def told(court: Court, hours_ago: float = 0, note: str = "已换新工牌", **more: Any) -> dict[str, Any]:
    """What a tablet says whose clock is an hour fast, and which knows that."""
    at = court.clock() - timedelta(hours=hours_ago) + timedelta(hours=1)
    report = {"id": new_id(), "captured_at": at.isoformat(), "clock_offset_ms": -3_600_000, **more}
    return {"note": note, "report": report}


async def tell(court: Court, action_id: str, body: dict[str, Any], login: str = "chen") -> int:
    answer = await court.call(login, "POST", f"/actions/{action_id}/fix", body)
    return int(answer.status_code)


async def test_eight_times_the_same_report_is_one(court: Court) -> None:
    action_id = await created(court)
    court.clock.forward(hours=2)
    body = told(court, hours_ago=1)
    head = await log_in(court.client, "chen")
    path = f"/api/v1/actions/{action_id}/fix"
    answers = await asyncio.gather(*(court.client.post(path, json=body, headers=head) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {204}
    shown = await action(court, action_id)
    assert (shown["state"], shown["fix_note"]) == ("fixed", "已换新工牌")
    assert datetime.fromisoformat(shown["fixed_at"]) == court.clock() - timedelta(hours=1)
    assert [step["step"] for step in shown["steps"]] == ["created", "fixed"]
    # The id is used up, for whoever and whatever.
    for other in ({**body, "note": "没换"}, {**body, "photo": "cd" * 32}):
        assert await tell(court, action_id, other) in (400, 409)
    assert await tell(court, action_id, body, "liu") == 409
    assert await tell(court, await created(court), body) == 409


async def test_an_inspection_between_the_fix_and_its_arrival_closes_it(court: Court) -> None:
    action_id = await created(court)
    court.clock.forward(hours=6)
    court.desk.send(grooming_check("X", LIU, court.clock() - timedelta(hours=1)))
    assert await tell(court, action_id, told(court, hours_ago=3)) == 204
    assert minding.judge_fixed(court.world.services) == 1
    assert (await action(court, action_id))["state"] == "closed"


async def test_no_clock_mends_before_it_was_asked_for(court: Court) -> None:
    """A check from before the action says nothing of the fix, whatever a tablet believes the date to be."""
    before = court.clock()
    action_id = await created(court)
    court.clock.forward(hours=2)
    for at in (before - timedelta(days=900), datetime.fromisoformat("0001-01-01T00:00:00+14:00")):
        late = told(court)
        late["report"] |= {"captured_at": at.isoformat()}
        assert await tell(court, action_id, late) == 204
    shown = await action(court, action_id)
    assert shown["fixed_at"] == shown["created_at"]
    future = told(court, hours_ago=-9000)
    assert await tell(court, await created(court), future) == 204


async def test_where_somebody_was_faster_the_report_is_kept_and_changes_nothing(court: Court) -> None:
    action_id = await fixed(court)
    before = await action(court, action_id)
    assert await tell(court, action_id, told(court, note="我也换了"), "liu") == 204
    shown = await action(court, action_id)
    assert (shown["fix_note"], shown["fixed_at"]) == (before["fix_note"], before["fixed_at"])
    assert [(step["step"], step["note"]) for step in shown["steps"]][-1] == ("reported_late", "我也换了")


async def test_a_report_of_the_round_before_does_not_end_the_next(court: Court) -> None:
    action_id = await fixed(court)
    offline = told(court, note="上周换的", reopened=0)
    court.clock.forward(hours=3)
    court.desk.send(grooming_check("X", LIU, court.clock() - timedelta(hours=1), badge="fail"))
    minding.judge_fixed(court.world.services)
    assert await tell(court, action_id, offline) == 204
    assert (await action(court, action_id))["state"] == "open"
    assert await tell(court, action_id, told(court, reopened=1)) == 204
    assert (await action(court, action_id))["state"] == "fixed"


@pytest.mark.parametrize(("hours_ago", "status"), [(2, 204), (0, 404)])
async def test_what_was_mended_while_the_site_was_theirs_is_taken(court: Court, hours_ago: int, status: int) -> None:
    action_id = await created(court)
    court.clock.forward(hours=3)
    services, now = court.world.services, court.clock() - timedelta(hours=1)
    with services.database.write() as connection, Directory(connection, court.world.organisation_id, now) as directory:
        directory.revoke(court.world.users["wang"], Role.SUPERVISOR, court.world.sites["lobby"])
    assert await tell(court, action_id, told(court, hours_ago=hours_ago), "wang") == status


async def test_it_comes_in_a_queue_as_well(court: Court) -> None:
    action_id = await created(court)
    pen = Pen(court.world.sites["lobby"])
    await log_in(court.client, "chen", pen.replica_id)
    content = queue(pen, court.world.users["chen"], [], [])
    good, bad = told(court), told(court)
    fixes = [{"action_id": action_id, **good}, {"action_id": new_id(), **bad}, {"action_id": "x"}]
    content = content.replace(b'"photos": []', b'"photos": [], "fixes": ' + json.dumps(fixes).encode())
    for _ in range(2):
        head = await log_in(court.client, "admin")
        answer = (await court.client.post("/api/v1/queues", content=content, headers=head)).json()
        assert answer["fixes"] == [
            {"id": good["report"]["id"]},
            {"id": bad["report"]["id"], "code": "not_found"},
            {"id": None, "code": "malformed"},
        ]
    assert (await action(court, action_id))["state"] == "fixed"
    assert await tell(court, action_id, good) == 204  # the tablet found a network after all
