"""Push and pull as a tablet meets them: what is acknowledged is there, once, and what is refused is kept."""

import asyncio
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from tests.databases import both_databases
from tests.worked_numbers import CHECK_A, GROOMING
from tests.world import Pen, World, build_world, log_in

database_kind = both_databases

CLEAN = {key: {"value": response.value} for key, response in CHECK_A.responses.items()} | {
    "worked_grooming.hair": {"value": "pass"},
    "worked_grooming.belt": {"value": "pass"},
}


async def push(client: AsyncTestClient[Any], headers: dict[str, str], *changes: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/sync/push", json={"changes": list(changes)}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def pull_all(client: AsyncTestClient[Any], headers: dict[str, str], cursor: str | None = None) -> Any:
    """All rows after the cursor by kind and id, and the last cursor."""
    rows: dict[tuple[str, str], Any] = {}
    while True:
        parameters = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/sync/pull", params=parameters, headers=headers)).json()
        for row in page["rows"]:
            rows[row["kind"], row["id"]] = row["body"]
        cursor = page["cursor"]
        if not page["more"]:
            return rows, cursor


def make_the_database_refuse(world: World, *change_ids: str) -> None:
    """A trigger that fails for these rows, as a full disk or a damaged page would."""
    listed = ", ".join(f"'{change_id}'" for change_id in change_ids)
    with world.services.database.write() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "CREATE TRIGGER sour BEFORE INSERT ON change "
                f"WHEN NEW.id IN ({listed}) BEGIN SELECT RAISE(ABORT, 'the disk is sour'); END"
            )
            return
        connection.exec_driver_sql(
            "CREATE FUNCTION sour() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.id IN ({listed}) THEN RAISE 'the disk is sour'; END IF; RETURN NEW; END $$"
        )
        connection.exec_driver_sql("CREATE TRIGGER sour BEFORE INSERT ON change FOR EACH ROW EXECUTE FUNCTION sour()")


def clean_inspection(world: World, pen: Pen) -> dict[str, Any]:
    return pen.inspection(world.templates[GROOMING.key], CLEAN, employee_id=world.employees["lobby-1"])


async def test_a_pushed_inspection_is_stored_scored_and_pulled_by_the_colleague(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    colleague = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        liu = await log_in(client, "liu", colleague.replica_id)
        _, cursor = await pull_all(client, liu)
        change = clean_inspection(world, pen)
        answer = await push(client, chen, change)
        assert answer["results"] == [{"id": change["id"], "status": "stored"}]
        assert answer["counts"] == {"stored": 1, "refused": 0}
        rows, _ = await pull_all(client, liu, cursor)
    view = rows["inspection", change["inspection_id"]]
    assert list(rows) == [("inspection", change["inspection_id"])]
    assert view["state"] == "complete"
    assert view["score"] == "100.0"


async def test_the_same_batch_ten_times_five_at_once_is_stored_once(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        batch = [clean_inspection(world, pen) for _ in range(5)]
        first = await push(client, chen, *batch)
        assert {result["status"] for result in first["results"]} == {"stored"}
        for _ in range(2):
            again = await asyncio.gather(*(push(client, chen, *batch) for _ in range(5)))
            for answer in again:
                assert {result["status"] for result in answer["results"]} == {"duplicate"}
                assert answer["counts"] == first["counts"]
        rows, _ = await pull_all(client, chen)
    assert sum(kind == "inspection" for kind, _ in rows) == 5


async def test_the_same_id_with_other_content_is_refused_and_the_queue_goes_on(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        change = clean_inspection(world, pen)
        await push(client, chen, change)
        forged = change | {"fields": change["fields"] | {"inspection/note": "other"}}
        moved = change | {"site_id": world.sites["tower"]}
        answer = await push(client, chen, forged, moved, clean_inspection(world, pen))
        rows, _ = await pull_all(client, chen)
    assert [result["status"] for result in answer["results"]] == ["refused", "refused", "stored"]
    assert [result.get("code") for result in answer["results"]] == ["id_reused", "id_reused", None]
    view = rows["inspection", change["inspection_id"]]
    assert "inspection/note" not in view["writes"][0]["fields"]


async def test_an_id_of_another_organisation_is_refused_never_called_a_duplicate(world: World, services: Any) -> None:
    other = build_world(services, (GROOMING,), prefix="other-")
    pen, foreign = Pen(world.sites["lobby"]), Pen(other.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        stranger = await log_in(client, "other-chen", foreign.replica_id)
        change = clean_inspection(world, pen)
        await push(client, chen, change)
        copied = await push(client, stranger, change)
        mine = foreign.inspection(other.templates[GROOMING.key], CLEAN, employee_id=other.employees["lobby-1"])
        same_inspection = await push(client, stranger, mine | {"inspection_id": change["inspection_id"]})
        rows, _ = await pull_all(client, stranger)
    assert copied["results"][0]["code"] == "id_reused"
    assert same_inspection["results"][0]["code"] == "foreign_inspection"
    assert not [key for key in rows if key[0] == "inspection"]


async def test_two_offline_edits_of_one_field_stay_both_visible_until_resolved(world: World) -> None:
    chen_pen, liu_pen = Pen(world.sites["lobby"]), Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", chen_pen.replica_id)
        liu = await log_in(client, "liu", liu_pen.replica_id)
        begun = clean_inspection(world, chen_pen)
        await push(client, chen, begun)
        inspection, path = begun["inspection_id"], "responses/worked_grooming.shoes"
        liu_pen.clock.observe(begun["stamp"])
        edits = [
            pen.change(
                inspection,
                {path: {"value": value, "note": note}},
                supersedes={path: [begun["stamp"]]},
                reason="复核",
            )
            for pen, value, note in ((chen_pen, "fail", "鞋面脏"), (liu_pen, "pass", "已擦"))
        ]
        await push(client, liu, edits[1])
        await push(client, chen, edits[0])
        rows, cursor = await pull_all(client, liu)
        view = rows["inspection", inspection]
        assert view["conflicts"] == [path]
        values = {write["fields"][path]["value"] for write in view["writes"] if path in write["fields"]}
        assert values == {"fail", "pass"}

        stamps = [edit["stamp"] for edit in edits]
        for stamp in stamps:
            liu_pen.clock.observe(stamp)
        await push(
            client,
            liu,
            liu_pen.change(inspection, {path: {"value": "pass"}}, supersedes={path: stamps}, reason="看过两者"),
        )
        rows, _ = await pull_all(client, liu, cursor)
    assert "conflicts" not in rows["inspection", inspection]


async def test_a_change_before_its_beginning_waits_and_counts_once_it_arrives(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        whole = clean_inspection(world, pen)
        later = pen.change(whole["inspection_id"], {"inspection/note": "补充"}, reason="补充说明")
        assert (await push(client, chen, later))["results"][0]["status"] == "stored"
        rows, cursor = await pull_all(client, chen)
        assert rows["inspection", whole["inspection_id"]]["state"] == "waiting"
        await push(client, chen, whole)
        rows, _ = await pull_all(client, chen, cursor)
    assert rows["inspection", whole["inspection_id"]]["state"] == "complete"


@pytest.mark.parametrize(
    ("spoil", "code", "path"),
    [
        (lambda c: c | {"colour": "red"}, "unknown_field", "/colour"),
        (lambda c: c | {"stamp": 7}, "invalid_field", "/stamp"),
        (lambda c: c | {"site_id": new_id()}, "foreign_site", "/site_id"),
        (
            lambda c: c | {"fields": c["fields"] | {"responses/worked_grooming.hair": {"value": "maybe"}}},
            "invalid_field",
            "/fields/responses~1worked_grooming.hair/value",
        ),
        (
            lambda c: c | {"fields": c["fields"] | {"responses/worked_grooming.nose": {"value": "pass"}}},
            "unknown_item",
            "/fields/responses~1worked_grooming.nose",
        ),
        (
            lambda c: c | {"fields": c["fields"] | {"inspection/template_revision_id": new_id()}},
            "unknown_template_revision",
            "/fields/inspection~1template_revision_id",
        ),
        (
            lambda c: c | {"fields": c["fields"] | {"inspection/employee_id": new_id()}},
            "unknown_employee",
            "/fields/inspection~1employee_id",
        ),
        (lambda c: c | {"captured_at": "2026-11-20T12:00:00"}, "invalid_field", "/captured_at"),
        (lambda c: c | {"stamp": c["stamp"][:18] + new_id()}, "stamp_of_other_replica", "/stamp"),
        (
            lambda c: c | {"supersedes": {"inspection/note": [c["stamp"]]}},
            "invalid_field",
            "/supersedes/inspection~1note",
        ),
        (lambda c: c | {"fields": {}}, "invalid_field", "/fields"),
        (lambda c: 7, "invalid_field", ""),
    ],
)
async def test_a_bad_change_is_refused_alone_with_code_and_path_and_kept(
    world: World, spoil: Any, code: str, path: str
) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        bad, good = spoil(clean_inspection(world, pen)), clean_inspection(world, pen)
        answer = await push(client, chen, bad, good)
        again = await push(client, chen, bad)
    refused, stored = answer["results"]
    assert (refused["status"], refused["code"], refused["path"]) == ("refused", code, path)
    assert refused["message"]
    assert stored["status"] == "stored"
    assert answer["counts"] == {"stored": 1, "refused": 1}
    assert again["counts"] == {"stored": 1, "refused": 1}


async def test_what_an_inspection_is_about_is_fixed_once_it_has_begun(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        begun, other = clean_inspection(world, pen), world.employees["lobby-2"]
        await push(client, chen, begun)
        moved = pen.change(begun["inspection_id"], {"inspection/employee_id": other}, reason="看错人")
        answer = await push(client, chen, moved)
    assert answer["results"][0]["code"] == "beginning_is_fixed"


async def test_a_clock_that_is_years_off_is_flagged_never_refused(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        whole = clean_inspection(world, pen)
        old = whole | {"captured_at": "1999-01-01T08:00:00+08:00", "clock_offset_ms": 879_000_000_000}
        answer = await push(client, chen, old)
        rows, _ = await pull_all(client, chen)
    assert answer["results"][0]["status"] == "stored"
    assert rows["inspection", whole["inspection_id"]]["clock_skewed"] is True


async def test_a_change_after_submission_needs_a_reason(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        whole = clean_inspection(world, pen)
        await push(client, chen, whole)
        path = "responses/worked_grooming.hair"
        edit = pen.change(whole["inspection_id"], {path: {"value": "fail"}}, supersedes={path: [whole["stamp"]]})
        refused = await push(client, chen, edit)
        accepted = await push(client, chen, edit | {"id": new_id(), "reason": "看错人"})
    assert refused["results"][0]["code"] == "reason_required"
    assert accepted["results"][0]["status"] == "stored"


async def test_what_the_database_refuses_is_refused_alone_and_everything_called_stored_is_pulled(world: World) -> None:
    pen = Pen(world.sites["lobby"])
    batch = [clean_inspection(world, pen) for _ in range(25)]
    make_the_database_refuse(world, batch[12]["id"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        answer = await push(client, chen, *batch)
        rows, _ = await pull_all(client, chen)
    statuses = [result["status"] for result in answer["results"]]
    assert statuses == ["stored"] * 12 + ["refused"] + ["stored"] * 12
    assert answer["results"][12]["retry"] is True
    assert {key for kind, key in rows if kind == "inspection"} == {
        change["inspection_id"] for place, change in enumerate(batch) if place != 12
    }


async def test_a_supervisor_of_another_site_pulls_nothing_of_it(world: World) -> None:
    pen, elsewhere = Pen(world.sites["lobby"]), Pen(world.sites["tower"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        zhao = await log_in(client, "zhao", elsewhere.replica_id)
        await push(client, chen, clean_inspection(world, pen))
        rows, _ = await pull_all(client, zhao)
    kinds = {kind for kind, _ in rows}
    assert "inspection" not in kinds
    assert ("employee", world.employees["lobby-1"]) not in rows
    assert ("employee", world.employees["tower-1"]) in rows
    assert "template_revision" in kinds


@pytest.mark.parametrize("cursor", ["x", "AAAA", "kqFhgaFi0P8", "%00", "A" * 400])
async def test_a_cursor_that_is_not_ours_is_a_400(world: World, cursor: str) -> None:
    async with world.client() as client:
        chen = await log_in(client, "chen", new_id())
        answer = await client.get("/api/v1/sync/pull", params={"cursor": cursor}, headers=chen)
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_cursor"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stamp_that_is_used_twice_is_refused_or_one_write_could_erase_the_other_unseen(world: World) -> None:
    """What a tablet does that was set back to an older copy of its disk: its clock repeats itself."""
    pen, colleague = Pen(world.sites["lobby"]), Pen(world.sites["lobby"])
    async with world.client() as client:
        chen = await log_in(client, "chen", pen.replica_id)
        liu = await log_in(client, "liu", colleague.replica_id)
        begun = clean_inspection(world, pen)
        key, note = begun["inspection_id"], "inspection/note"
        first = pen.change(key, {note: "first"}, reason="复核")
        await push(client, chen, begun, first)
        await push(
            client, liu, colleague.change(key, {note: "liu"}, supersedes={note: [first["stamp"]]}, reason="复核")
        )
        again = pen.change(key, {note: "typed after the restore"}, reason="复核") | {"stamp": first["stamp"]}
        answer = await push(client, chen, again, first)
        assert [result.get("code", result["status"]) for result in answer["results"]] == ["stamp_reused", "duplicate"]
        await push(client, chen, pen.change(key, {note: "typed after the restore"}, reason="复核"))
        rows, _ = await pull_all(client, liu)
    assert rows["inspection", key]["conflicts"] == [note]
