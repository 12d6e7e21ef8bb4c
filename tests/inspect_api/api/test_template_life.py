"""A revision of a template: drafted by one, compared, approved by another, in force from a date, retired."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from checklists.tables import Role, TemplateRevision, table_of
from inspect_api.directory import Directory
from inspect_api.services import Services
from tests.databases import both_databases
from tests.inspect_api.api.test_push_pull import pull_all
from tests.worked_numbers import GROOMING
from tests.world import PASSWORD_HASH, START, SteppedClock, World, log_in

database_kind = both_databases
PATH = "/api/v1/templates"


def yaml_of(**changes: Any) -> bytes:
    """The worked template as a file; JSON is YAML."""
    return msgspec.json.encode(msgspec.structs.replace(GROOMING, **changes))


@pytest.fixture
def world(world: World) -> World:
    now = world.services.clock()
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        world.users["second"] = directory.add_user("second", "Second", PASSWORD_HASH)
        directory.grant(world.users["second"], Role.ADMINISTRATOR)
    return world


async def test_drafted_by_one_approved_by_another_and_in_force_from_its_day(world: World, clock: SteppedClock) -> None:
    later = (START + timedelta(days=3)).isoformat()
    async with world.client() as client:
        admin, second = await log_in(client, "admin"), await log_in(client, "second")
        chen = await log_in(client, "chen", "01939f00-0000-7000-8000-00000000abcd")
        draft = await client.post(f"{PATH}?note=stricter", content=yaml_of(critical_cap=50), headers=admin)
        assert (draft.status_code, draft.json()["state"], draft.json()["number"]) == (201, "draft", 2), draft.text
        one = f"{PATH}/{draft.json()['id']}"
        before, _ = await pull_all(client, chen)
        unseen = await client.get(one, headers=chen)
        own = await client.post(f"{one}/approve", json={}, headers=admin)
        approved = await client.post(f"{one}/approve", json={"in_force_from": later}, headers=second)
        twice = await client.post(f"{one}/approve", json={}, headers=second)
        after, _ = await pull_all(client, chen)
        retired = await client.post(f"{one}/retire", headers=second)
    assert ("template_revision", draft.json()["id"]) not in before
    assert unseen.status_code == 404
    assert (own.status_code, own.json()["code"]) == (403, "forbidden")
    assert (approved.json()["state"], approved.json()["in_force_from"][:10]) == ("approved", later[:10])
    assert (approved.json()["created_by"], approved.json()["approved_by"]) == (
        world.users["admin"],
        world.users["second"],
    )
    assert twice.status_code == 409
    assert after["template_revision", draft.json()["id"]]["template"]["critical_cap"] == 50
    assert retired.json()["state"] == "retired"


async def test_the_comparison_names_every_item_and_whether_it_scores(world: World) -> None:
    section = GROOMING.sections[0]
    first, second, *others = section.items
    changed = msgspec.structs.replace(first, weight=first.weight + 1)
    added = msgspec.structs.replace(first, key=f"{GROOMING.key}.new")
    new = (msgspec.structs.replace(section, items=(changed, *others, added)), *GROOMING.sections[1:])
    async with world.client() as client:
        admin = await log_in(client, "admin")
        draft = await client.post(PATH, content=yaml_of(sections=new, critical_cap=50), headers=admin)
        answer = (await client.get(f"{PATH}/{draft.json()['id']}/comparison", headers=admin)).json()
    found = {one["key"]: one for one in answer["items"]}
    assert {key: one["kind"] for key, one in found.items()} == {
        first.key: "changed",
        second.key: "removed",
        added.key: "added",
    }
    assert found[first.key]["fields"] == [{"field": "weight", "old": str(first.weight), "new": str(first.weight + 1)}]
    assert found[first.key]["scores"] is True
    assert answer["template"] == [{"field": "critical_cap", "old": "59", "new": "50"}]
    assert answer["in_force"]["number"] == 1
    assert answer["unchanged"] == len(GROOMING.items()) - 2


async def test_what_is_in_force_or_waits_already_is_no_new_draft(world: World) -> None:
    async with world.client() as client:
        admin = await log_in(client, "admin")
        same = await client.post(PATH, content=yaml_of(), headers=admin)
        first = await client.post(PATH, content=yaml_of(critical_cap=50), headers=admin)
        again = await client.post(PATH, content=yaml_of(critical_cap=50), headers=admin)
    assert (same.status_code, first.status_code, again.status_code) == (409, 201, 409)


async def test_problems_come_with_line_and_column(world: World) -> None:
    text = (
        "key: cleaning\ntitle: {zh: 清洁, en: Cleaning}\ndimension: grooming\nmethod: weighted\nsubject: employee\n"
        "sections:\n  - key: one\n    title: {zh: 一, en: One}\n    items:\n"
        "      - key: other.item\n        text: {zh: 地面, en: Floor}\n        response: {kind: pass_fail}\n"
        "        source: [{document: a.docx, clause: '1'}]\n        weight: 1\n"
    )
    async with world.client() as client:
        admin = await log_in(client, "admin")
        wrong_key = (await client.post(PATH, content=text.encode(), headers=admin)).json()["problems"]
        shape = text.replace("weight: 1", "weight: much")
        wrong_shape = (await client.post(PATH, content=shape.encode(), headers=admin)).json()["problems"]
        broken = (await client.post(PATH, content=b"a: 1\nb: [", headers=admin)).json()["problems"]
    assert [(one["line"], one["column"]) for one in wrong_key] == [(10, 14)]
    assert [(one["line"], one["column"]) for one in wrong_shape] == [(14, 17)]
    assert [one["line"] for one in broken] in ([2], [3])


def test_the_same_content_after_a_retirement_is_a_new_revision(world: World, services: Services) -> None:
    """It used to be reported as already there, and no tablet could begin an inspection with it."""
    revision = table_of(TemplateRevision)
    with services.database.write() as connection:
        connection.execute(
            revision.update().where(revision.c.id == world.templates[GROOMING.key]).values(state="retired")
        )
        with Directory(connection, world.organisation_id, services.clock()) as directory:
            made = directory.publish_template(GROOMING)
            assert directory.publish_template(GROOMING) == made
    assert made != world.templates[GROOMING.key]
    with services.database.read() as connection:
        row = connection.execute(sa.select(revision).where(revision.c.id == made)).one()
    assert (row.number, row.state) == (2, "approved")


def test_two_who_publish_the_same_key_at_once_take_turns(world: World, services: Services) -> None:
    start, made, errors = threading.Barrier(6), [], []

    def publish(cap: int) -> None:
        start.wait()
        try:
            with (
                services.database.write() as connection,
                Directory(connection, world.organisation_id, services.clock()) as directory,
            ):
                made.append(directory.publish_template(msgspec.structs.replace(GROOMING, critical_cap=cap)))
        except sa.exc.DBAPIError as error:
            errors.append(error)

    threads = [threading.Thread(target=publish, args=(40 + number // 2,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    revision = table_of(TemplateRevision)
    with services.database.read() as connection:
        numbers = sorted(
            connection.execute(
                sa.select(revision.c.number).where(
                    revision.c.organisation_id == world.organisation_id, revision.c.template_key == GROOMING.key
                )
            ).scalars()
        )
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(set(made)) == len(numbers) - 1
