"""An export gives the same scorecards without the database; whoever changed it is found out, card by card."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checklists.periods import final_at, provisional_at
from checklists.responses import NOT_APPLICABLE
from checklists.tables import Employee, table_of
from inspect_api.cli.main import run
from inspect_api.exporting.material import NotAnExport, read
from inspect_api.exporting.recompute import Outcome, recompute
from inspect_api.exporting.writing import export_lines
from inspect_api.privacy.erasure import erase
from inspect_api.scorecards.publication import publish_due
from inspect_api.scorecards.service import find_site
from tests.databases import both_databases
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_decisions import AGAIN, call, decide
from tests.inspect_api.scorecards.test_service import absence
from tests.worked_numbers import GROOMING_CHECKS, LATE_CHECK, WEEK, ZONE, grooming_check, site_time
from tests.world import SteppedClock, World

database_kind = both_databases

Lines = list[bytes]


def exported(world: World) -> Lines:
    with world.services.database.read() as connection:
        site = find_site(connection, world.sites["lobby"])
        return list(export_lines(connection, site, [WEEK], world.services.clock()))


def compared(lines: Lines) -> Outcome:
    return recompute(read(lines))


@pytest.fixture
async def history(world: World, desk: Desk, clock: SteppedClock) -> World:
    """Provisional, final with a late check, then a dispute, a decision and a revision: versions 0 to 4."""
    desk.send_all()
    again = desk.send(AGAIN)
    clock.now = provisional_at(WEEK, ZONE)
    publish_due(world.services)
    clock.now = site_time(24, 9, 12)
    desk.send(LATE_CHECK)
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    clock.forward(hours=1)
    dispute = {"inspection_id": desk.sent["E"], "item": "worked_grooming.radio", "reason": "在维修"}
    dispute_id = (await call(world, "employee", "POST", "/disputes", dispute)).json()["id"]
    desk.revise("C", "chen", {"responses/worked_grooming.hair": {"value": "fail"}}, "看错了", clock.now)
    publish_due(world.services)  # under review meanwhile
    clock.forward(hours=1)
    answer = {"outcome": "void", "reason": "查有维修单"}
    assert (await call(world, "manager", "POST", f"/disputes/{dispute_id}/answer", answer)).status_code == 200
    publish_due(world.services)
    clock.forward(hours=1)
    assert await decide(world, again) == 204
    publish_due(world.services)
    clock.forward(hours=1)
    return world


async def test_every_version_is_made_again_byte_for_byte(history: World) -> None:
    lines = exported(history)
    cards = [line for line in map(msgspec.json.decode, lines) if line["kind"] == "scorecard"]
    assert sorted(card["version"] for card in cards) == [0, 0, 1, 1, 2, 3, 4]
    assert compared(lines) == Outcome(compared=9, same=9, differences=())


async def test_the_same_data_are_the_same_file(history: World) -> None:
    assert exported(history) == exported(history)


async def test_leave_that_was_entered_later_is_a_note_at_the_versions_before(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    desk.send_all()
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    absence(world, "lobby-1", WEEK.monday, WEEK.sunday)
    clock.forward(days=7)
    publish_due(world.services)
    outcome = compared(exported(world))
    assert outcome.differences == ()
    assert [(one.employee, one.version) for one in outcome.notes] == [("lobby-1 王芳", 1)]


async def test_after_an_erasure_the_scores_are_the_same_and_the_missing_words_are_a_note(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    for check in (*GROOMING_CHECKS[:4], grooming_check("Z", "liu", site_time(20, 9), belt=NOT_APPLICABLE)):
        desk.send(check, "lobby-2")
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    clock.forward(days=60)
    employee = table_of(Employee)
    with world.services.database.write() as connection:
        mine = employee.c.id == world.employees["lobby-2"]
        connection.execute(employee.update().where(mine).values(employed_until=date(2026, 11, 30)))
        erase(connection, world.organisation_id, world.employees["lobby-2"], world.users["admin"], clock(), 7)
    outcome = compared(exported(world))
    assert outcome.differences == ()
    assert outcome.same == outcome.compared
    (note,) = outcome.notes
    assert note.en.endswith("were erased; their hashes tell nothing")


def changed(lines: Lines, kind: str, change: Callable[[dict[str, Any]], None], **where: Any) -> Lines:
    """Every line of the kind that matches altered, and the last line made to fit, as a forger would."""
    made: Lines = []
    for text in lines[:-1]:
        line = msgspec.json.decode(text)
        if line["kind"] == kind and all(line[name] == value for name, value in where.items()):
            change(line)
            text = msgspec.json.encode(line, order="sorted") + b"\n"
        made.append(text)
    end = {"kind": "end", "lines": len(made), "sha256": hashlib.sha256(b"".join(made)).hexdigest()}
    return [*made, msgspec.json.encode(end) + b"\n"]


def better_total(line: dict[str, Any]) -> None:
    """A forger who lets everything fit that can be made to fit."""
    if line["total"] is None:
        return
    line["total"], line["grade"] = "95/1", "A"
    body = msgspec.json.decode(line["body"]) | {"total": "95/1", "shown": "95.0", "grade": "A"}
    line["body"] = msgspec.json.encode(body, order="sorted").decode()


def another_answer(line: dict[str, Any]) -> None:
    for change in line["changes"]:
        change["body"] = change["body"].replace('{"value":"fail"}', '{"value":"pass"}')
        change["digest"] = hashlib.sha256(change["body"].encode()).hexdigest()


async def test_a_forged_scorecard_is_the_one_that_differs(history: World) -> None:
    forged = changed(exported(history), "scorecard", better_total, version=1)
    outcome = compared(forged)
    assert [(one.employee, one.week, one.version) for one in outcome.differences] == [("lobby-1 王芳", "2026-W47", 1)]
    assert outcome.differences[0].en == "total: 95.0 in the file, 89.4 recomputed"
    assert outcome.same == outcome.compared - 1


async def test_a_forged_answer_changes_every_card_that_it_is_in(history: World, desk: Desk) -> None:
    lines = exported(history)
    outcome = compared(changed(lines, "inspection", another_answer, id=desk.sent["D"]))
    assert {one.employee for one in outcome.differences} == {"lobby-1 王芳"}
    assert [one.version for one in outcome.differences] == [0, 1, 2, 3, 4, None]
    assert "grooming" in outcome.differences[0].en


async def test_a_change_taken_out_is_missed(history: World, desk: Desk) -> None:
    outcome = compared(
        changed(exported(history), "inspection", lambda line: line["changes"].clear(), id=desk.sent["A"])
    )
    assert all(one.employee == "lobby-1 王芳" for one in outcome.differences)
    assert desk.sent["A"] in outcome.differences[0].en


async def test_a_file_cut_off_or_changed_is_told_first(history: World) -> None:
    lines = exported(history)
    assert "ends too early" in compared(lines[:-1]).differences[0].en
    assert "was changed" in compared([*lines[:3], *lines[4:]]).differences[0].en
    with pytest.raises(NotAnExport, match="line 2"):
        read([lines[0], b"{}\n"])
    with pytest.raises(NotAnExport, match="empty"):
        read([])


async def test_the_command_needs_no_database(
    history: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSPECT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    lines = exported(history)
    good.write_bytes(b"".join(lines))
    bad.write_bytes(b"".join(changed(lines, "scorecard", better_total, version=1)))
    assert run(["recompute", str(good)]) == 0
    assert "9 / 9" in capsys.readouterr().out
    assert run(["recompute", str(bad)]) == 1
    told = capsys.readouterr().out
    assert "✗ lobby-1 王芳 2026-W47 版本 version 1" in told
    assert run(["recompute", str(bad), "--json"]) == 1
    found = msgspec.json.decode(capsys.readouterr().out)
    assert (found["compared"], found["same"]) == (9, 8)
    assert run(["recompute", __file__]) == 1


async def test_over_the_api_for_those_who_manage_the_site(history: World) -> None:
    path = f"/export?site_id={history.sites['lobby']}&week={WEEK}"
    answers = {login: await call(history, login, "GET", path) for login in ("manager", "admin", "employee", "chen")}
    assert {login: answer.status_code for login, answer in answers.items()} == {
        "manager": 200,
        "admin": 200,
        "employee": 403,
        "chen": 403,
    }
    assert answers["manager"].content.splitlines(keepends=True) == exported(history)
    assert (await call(history, "manager", "GET", f"{path}&until=2020-W01")).status_code == 400
