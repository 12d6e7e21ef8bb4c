"""What others have broken: a photo that goes before it has arrived, a draft that changes its checklist, a server that
came back from a backup, a tablet that was switched off."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from playwright.sync_api import Browser

from checklists.tables import table_of
from inspect_api.directory import Directory
from sync.tables import Instance
from tests.browser.tablets import EngineFailure, Tablets
from tests.server_process import running_server
from tests.worked_numbers import GROOMING
from tests.world import World

HAIR = f"{GROOMING.key}.hair"
_BYTES_HERE = "async (digest) => (await engine.photo(digest))?.size ?? 0"


def test_a_photo_stays_on_the_tablet_until_a_receipt_names_its_hash(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    digest = tablet.photo(inspection, HAIR, seed=51)

    def say_another(route: Any) -> None:
        if route.request.method != "GET":
            return route.continue_()
        answer = route.fetch()
        return route.fulfill(response=answer, json=answer.json() | {"sha256": "0" * 64})

    tablet.page.route("**/api/v1/uploads/*", say_another)
    state = tablet.sync()
    assert (state["unsentPhotos"], state["problems"][0]["code"]) == (1, "unreachable")
    photo = tablet.item(inspection, HAIR)["photos"][0]
    assert (photo["state"], photo["local"]) == ("here", True)
    tablet.page.unroute_all()
    tablet.context.set_offline(True)
    assert tablet.page.evaluate(_BYTES_HERE, digest) > 100
    tablet.context.set_offline(False)
    tablet.finish()
    photo = tablet.item(inspection, HAIR)["photos"][0]
    assert (photo["state"], photo["local"]) == ("received", False)


def publish_without_shoes(world: World) -> None:
    """The next revision of the checklist, in force at once: one item fewer."""
    section = GROOMING.sections[0]
    fewer = replace(section, items=tuple(item for item in section.items if not item.key.endswith(".shoes")))
    services = world.services
    with (
        services.database.write() as connection,
        Directory(connection, world.organisation_id, services.clock()) as directory,
    ):
        directory.publish_template(replace(GROOMING, sections=(fewer,)))


def test_a_draft_keeps_the_revision_it_began_with(chromium: Browser, tmp_path: Path) -> None:
    with running_server(tmp_path) as (server, world), Tablets(chromium, server.url, world) as tablets:
        tablet = tablets.new("chen")
        tablet.log_in()
        before = tablet.begin()
        publish_without_shoes(world)
        tablet.finish()
        after = tablet.begin(employee="lobby-2")
        numbers = [tablet.view(inspection)["revisionNumber"] for inspection in (before, after)]
        assert numbers[1] == numbers[0] + 1
        assert "shoes" in items_of(tablet.view(before))
        assert "shoes" not in items_of(tablet.view(after))
        for inspection in (before, after):
            tablet.fill(inspection, hair="fail")
            tablet.submit(inspection)
        tablet.finish()
        scores = [tablet.view(inspection)["score"] for inspection in (before, after)]
        assert scores == ["90.0", "88.9"]  # of 10, and of 9
        other = tablets.new("liu")
        other.log_in()
        assert [other.view(inspection)["score"] for inspection in (before, after)] == scores


def items_of(view: dict[str, Any]) -> set[str]:
    return {item["key"].split(".")[-1] for section in view["sections"] for item in section["items"]}


def test_after_a_restored_backup_the_tablet_begins_anew_and_keeps_what_waits(chromium: Browser, tmp_path: Path) -> None:
    with running_server(tmp_path) as (server, world), Tablets(chromium, server.url, world) as tablets:
        tablet = tablets.new("chen")
        tablet.log_in()
        sent = tablet.inspect()
        tablet.finish()
        with tablet.offline():
            waits = tablet.inspect("lobby-2", hair="fail")
            digest = tablet.photo(tablet.begin(), HAIR, seed=52)
        instance = table_of(Instance)
        server.kill()
        with world.services.database.write() as connection:  # what `inspect-api after-restore` does
            connection.execute(sa.update(instance).values(epoch="0199c0de-0000-7000-8000-000000000001"))
        server.start()
        state = tablet.sync()
        assert [problem["code"] for problem in state["problems"]] == ["server_restored"]  # said, not hidden
        state = tablet.finish()
        assert (state["problems"], state["unsentChanges"], state["unsentPhotos"]) == ([], 0, 0)
        assert [tablet.view(inspection)["state"] for inspection in (sent, waits)] == ["complete", "complete"]
        photos = [photo for one in tablet.call("inspections") for photo in all_photos(tablet.view(one["id"]))]
        assert [(photo["sha256"], photo["state"]) for photo in photos] == [(digest, "received")]


def all_photos(view: dict[str, Any]) -> list[Any]:
    return [photo for section in view["sections"] for item in section["items"] for photo in item["photos"]]


def test_a_tablet_that_was_switched_off_keeps_everything(tablets: Tablets) -> None:
    tablet = tablets.new("zhao")
    tablet.log_in()
    with tablet.offline():
        inspection = tablet.begin(employee="tower-1")
        tablet.call("respond", inspection, HAIR, "fail")
    switch_off(tablets, tablet.get("account.user.replicaId"))
    state = tablet.sync()
    assert [problem["code"] for problem in state["problems"]] == ["replica_revoked"]
    assert state["unsentChanges"] == 1
    assert tablet.value(inspection, HAIR) == "fail"
    tablet.call("account.lock")
    tablet.unlock()
    assert tablet.value(inspection, HAIR) == "fail"
    with pytest.raises(EngineFailure, match="replica_revoked"):
        tablet.call("account.logIn", "zhao", "correct horse battery")
    assert tablet.page.evaluate("async () => (await engine.exportQueue()).blob.size") > 100


def switch_off(tablets: Tablets, replica: str) -> None:
    """As an administrator does with a lost tablet."""
    admin = tablets.new("admin")
    request = admin.context.request
    login = {"login": "admin", "password": "correct horse battery"}
    token = request.post(f"{admin.url}/api/v1/auth/login", data=login).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert request.post(f"{admin.url}/api/v1/replicas/{replica}/revoke", headers=headers).status == 204
