"""What a supervisor relies on, with the real engine in Chromium and a real server."""

import json
from typing import Any

import pytest

from checklists.tables import table_of
from sync.tables import RefreshToken
from tests.browser.tablets import PIN, EngineFailure, Tablet, Tablets
from tests.server_process import ServerProcess
from tests.worked_numbers import GROOMING
from tests.world import PASSWORD, START, World

HAIR = f"{GROOMING.key}.hair"
_EVERYTHING_STORED = """async () => {
  const texts = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const store of database.objectStoreNames) {
      const rows = await new Promise((resolve) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
      });
      for (const row of rows) {
        const data = row?.data instanceof Blob ? await row.data.arrayBuffer() : row?.sealed?.data;
        texts.push(JSON.stringify(row) + (data ? new TextDecoder("latin1").decode(data) : ""));
      }
    }
    database.close();
  }
  return texts.join("\\n");
}"""


def test_a_tap_is_a_score_and_a_submission_arrives_once(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    first = tablet.view(inspection)
    assert (first["state"], first["delivery"], first["running"]["points"]) == ("draft", "here", None)
    assert {missing["what"] for missing in first["missing"]} == {"response"}
    tablet.call("respond", inspection, HAIR, "fail", {"note": "过领"})
    assert tablet.item(inspection, HAIR)["note"] == "过领"
    assert not tablet.call("submit", inspection)["ok"]
    tablet.fill(inspection)
    assert tablet.view(inspection)["running"]["points"] == "90.0"
    digest = tablet.photo(inspection, HAIR, seed=1)
    tablet.submit(inspection)
    with pytest.raises(EngineFailure, match="reason_required"):
        tablet.call("respond", inspection, HAIR, "pass")
    tablet.finish()
    tablet.finish()
    view = tablet.view(inspection)
    assert (view["state"], view["score"], view["delivery"]) == ("complete", "90.0", "received")
    photo = tablet.item(inspection, HAIR)["photos"][0]
    assert (photo["sha256"], photo["state"], photo["local"]) == (digest, "received", False)
    tablet.call("respond", inspection, HAIR, "pass", {"reason": "复核", "note": ""})
    tablet.finish()
    other = tablets.new("liu")
    other.log_in()
    seen = other.view(inspection)
    assert (seen["score"], seen["mine"], seen["revisions"][0]["reason"]) == ("100.0", False, "复核")
    coverage = next(one for one in other.call("today")["employees"] if one["number"] == "lobby-1")["coverage"]
    assert next(one for one in coverage if one["templateKey"] == GROOMING.key)["count"] >= 1


def test_the_next_user_never_sees_the_forms_of_the_one_before(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    with tablet.offline():
        tablet.fill(inspection)
        tablet.call("account.logOut")
        assert tablet.get("account.state") == "logged_out"
        waiting = tablet.call("account.users")
        assert [(user["login"], user["loggedOut"], user["unsent"]) for user in waiting] == [("chen", True, 1)]
        with pytest.raises(EngineFailure, match="not_open"):
            tablet.call("inspection", inspection)
    tablet.log_in("liu", "9999")
    # The log-in has sent what the one before left, with their own log-in, and then forgot them.
    assert [user["login"] for user in tablet.call("account.users")] == ["liu"]
    assert tablet.get("account.user.name") == "Liu"
    view = tablet.view(inspection)  # by way of the server, where it belongs to Chen
    assert (view["supervisor"], view["mine"], view["state"]) == ("Chen", False, "draft")
    assert tablet.call("today")["drafts"] == []


def test_on_the_disk_nothing_can_be_read_without_the_pin(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    tablet.call("respond", inspection, HAIR, "fail", {"note": "头发过领三厘米"})
    tablet.photo(inspection, HAIR, seed=2)
    stored = tablet.page.evaluate(_EVERYTHING_STORED)
    assert inspection in stored  # it did look
    for secret in ("头发过领三厘米", "王芳", "responses/", "eyJhbGciOi", "JFIF", PASSWORD):
        assert secret not in stored, secret
    tablet.call("account.lock")
    with pytest.raises(EngineFailure, match="not_open"):
        tablet.call("today")
    for left in (4, 3, 2, 1):
        with pytest.raises(EngineFailure, match="bad_pin") as failure:
            tablet.unlock("0000")
        assert failure.value.detail == {"left": left, "wait": 0}
    with pytest.raises(EngineFailure, match="bad_pin") as failure:
        tablet.unlock("0000")
    assert failure.value.detail["wait"] == 30
    with pytest.raises(EngineFailure, match="bad_pin"):
        tablet.unlock(PIN)  # not even the right one, before the pause is over
    assert tablet.sync()["problems"] == []
    assert [user["unsent"] for user in tablet.call("account.users")] == [0]  # sent while locked


def test_a_pin_survives_a_restart_and_can_be_changed(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    with pytest.raises(EngineFailure, match="bad_login"):
        tablet.call("account.logIn", "chen", "wrong")
    tablet.call("account.logIn", "chen", PASSWORD)
    with pytest.raises(EngineFailure, match="weak_pin"):
        tablet.call("account.setPin", "12")
    tablet.call("account.setPin", PIN)
    tablet.sync()
    inspection = tablet.begin()
    tablet.call("account.setPin", "777777")
    tablet.close()
    assert tablet.open() == "locked"
    with pytest.raises(EngineFailure, match="bad_pin"):
        tablet.unlock(PIN)
    tablet.unlock("777777")
    assert tablet.view(inspection)["state"] == "draft"
    # Forgotten: what waits is sent first, then they begin anew.
    tablet.call("account.lock")
    tablet.call("account.forgetPin", "chen", PASSWORD)
    tablet.call("account.setPin", PIN)
    tablet.sync()
    assert tablet.view(inspection)["state"] == "draft"


def test_a_code_from_the_administrator_brings_a_tablet_into_use(
    tablets: Tablets, server: ServerProcess, served_world: World
) -> None:
    tablet = tablets.new()
    body = json.dumps({"login": "admin", "password": PASSWORD})
    api = tablet.context.request
    headers = {"content-type": "application/json"}
    token = api.post(f"{server.url}/api/v1/auth/login", data=body, headers=headers).json()["access_token"]
    asked = {"data": {"user_id": served_world.users["wang"]}, "headers": {"authorization": f"Bearer {token}"}}
    made = api.post(f"{server.url}/api/v1/enrolment-codes", **asked).json()
    with pytest.raises(EngineFailure, match="bad_code"):
        tablet.call("account.enrol", "AAAAA-AAAAA")
    fragment = made["address"].partition("#")[2]
    tablet.page.evaluate("(text) => { location.hash = text; }", fragment)
    code = tablet.page.evaluate("engine.account.codeInAddress()")
    assert code == made["code"]
    assert tablet.page.evaluate("engine.account.codeInAddress()") is None
    tablet.call("account.enrol", code.lower())
    assert tablet.get("account.state") == "pin_needed"
    tablet.close()
    assert tablet.open() == "pin_needed"  # the code is used up, the log-in must not be lost
    tablet.call("account.setPin", PIN)
    assert tablet.sync()["problems"] == []
    assert tablet.get("account.user.name") == "Wang"
    assert len(tablet.call("today")["employees"]) == 2
    # The log-in ends on the server while something waits: another code for the same user brings the queue on its way.
    inspection = tablet.begin()
    replica = tablet.get("account.user.replicaId")
    with served_world.services.database.write() as connection:
        token = table_of(RefreshToken)
        connection.execute(token.update().where(token.c.replica_id == replica).values(revoked_at=START))
    tablet.page.route("**/api/v1/sync/push", lambda route: route.fulfill(status=401, **_NOBODY))
    tablet.page.route("**/api/v1/sync/pull*", lambda route: route.fulfill(status=401, **_NOBODY))
    assert tablet.sync()["problems"][0]["code"] == "log_in_needed"
    tablet.page.unroute_all()
    made = api.post(f"{server.url}/api/v1/enrolment-codes", **asked).json()
    tablet.call("account.enrol", made["code"])
    assert (tablet.get("account.state"), tablet.get("account.user.replicaId")) == ("locked", replica)
    tablet.unlock()
    tablet.finish()
    assert tablet.view(inspection)["delivery"] == "received"


_NOBODY = {"content_type": "application/problem+json", "body": '{"code": "bad_token", "detail": ""}'}


def test_a_conflict_is_on_both_tablets_and_gone_on_both(tablets: Tablets) -> None:
    chen, liu = tablets.new("chen"), tablets.new("liu")
    chen.log_in()
    liu.log_in()
    inspection = chen.begin()
    chen.call("respond", inspection, HAIR, "pass")
    chen.finish()
    liu.finish()
    chen.call("respond", inspection, HAIR, "fail", {"note": "过领"})
    liu.call("respond", inspection, HAIR, "not_applicable", {"note": "戴帽"})
    for tablet in (chen, liu, chen):
        tablet.finish()
    values = []
    for tablet, own in ((chen, "Chen"), (liu, "Liu")):
        conflict = tablet.item(inspection, HAIR)["conflict"]
        assert {version["by"] for version in conflict["versions"]} == {"Chen", "Liu"}
        assert [version["by"] for version in conflict["versions"] if version["mine"]] == [own]
        values.append([version["value"] for version in conflict["versions"]])
        assert inspection in [one["id"] for one in tablet.call("today")["attention"]]
    assert values[0] == values[1]
    liu.call("resolve", inspection, f"responses/{HAIR}", values[1][0])
    for tablet in (liu, chen):
        tablet.finish()
        assert tablet.item(inspection, HAIR)["conflict"] is None
        assert tablet.view(inspection)["conflicts"] == 0


def test_an_edit_made_while_its_change_is_on_the_way_survives(tablets: Tablets) -> None:
    """The answer is lost, the change stays as it was sent, and the later edit is another change."""
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    tablet.call("respond", inspection, HAIR, "fail")
    sent: list[Any] = []

    def lose(route: Any) -> None:
        sent.append(route.request.post_data_json["changes"])
        route.fetch()  # the server has it
        route.abort()

    tablet.page.route("**/api/v1/sync/push", lose)
    assert tablet.sync()["problems"][0]["code"] == "unreachable"
    tablet.call("respond", inspection, HAIR, "pass")
    assert tablet.value(inspection, HAIR) == "pass"
    tablet.sync()
    tablet.page.unroute("**/api/v1/sync/push")
    assert [change["id"] for change in sent[0]] == [change["id"] for change in sent[1]][: len(sent[0])]
    assert sent[0][0] == sent[1][0]
    state = tablet.finish()
    assert (state["unsentChanges"], state["problems"]) == (0, [])
    view = tablet.view(inspection)
    assert (tablet.value(inspection, HAIR), view["conflicts"], view["delivery"]) == ("pass", 0, "received")


def test_a_stranger_who_answers_everything_with_200_empties_no_outbox(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    tablet.photo(inspection, None, seed=3)
    page = "<html>请登录无线网络</html>"
    tablet.page.route("**/api/v1/**", lambda route: route.fulfill(status=200, content_type="text/html", body=page))
    state = tablet.sync()
    assert (state["problems"][0]["code"], state["unsentChanges"], state["unsentPhotos"]) == ("unreachable", 1, 1)
    tablet.page.unroute("**/api/v1/**")
    tablet.finish()


def test_a_refused_change_stays_with_its_reason_and_can_be_sent_anew(tablets: Tablets) -> None:
    tablet = tablets.new("wang")
    tablet.log_in()
    inspection = tablet.begin()
    tablet.call("respond", inspection, HAIR, "fail")
    tablet.call("write", inspection, "responses/nobody.knows", {"value": "pass"})
    state = tablet.sync()
    assert (state["refusedChanges"], state["unsentChanges"]) == (1, 0)
    refused = tablet.call("refused")[0]
    assert (refused["code"], refused["inspectionId"]) == ("unknown_item", inspection)
    shown = next(one for one in tablet.call("inspections") if one["id"] == inspection)
    assert (shown["delivery"], shown["subjectName"]) == ("refused", "王芳")
    assert tablet.value(inspection, HAIR) == "fail"
    # What was typed is not lost: sent anew it is refused again, and still here.
    tablet.call("sendAnew", refused["id"])
    assert tablet.call("refused") == []
    assert tablet.sync()["refusedChanges"] == 1
    assert tablet.call("refused")[0]["fields"]["responses/nobody.knows"] == {"value": "pass"}


def test_a_queue_goes_through_a_file_and_counts_once(tablets: Tablets, server: ServerProcess) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    with tablet.offline():
        inspection = tablet.inspect()
        tablet.call("revise", inspection, "补拍")
        tablet.photo(inspection, HAIR, seed=4)
        content = bytes(tablet.page.evaluate(_EXPORT))
    admin = json.dumps({"login": "admin", "password": PASSWORD})
    api = tablet.context.request
    json_type = {"content-type": "application/json"}
    token = api.post(f"{server.url}/api/v1/auth/login", data=admin, headers=json_type).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    answer = api.post(f"{server.url}/api/v1/queues", data=content, headers=headers).json()
    assert {result["status"] for result in answer["results"]} == {"stored"}
    assert [photo.get("reason") for photo in answer["photos"]] == [None]
    tablet.finish()  # the tablet found a network after all: everything is a duplicate
    assert tablet.view(inspection)["state"] == "complete"


_EXPORT = """async () => {
  const { blob } = await engine.exportQueue();
  return [...new Uint8Array(await blob.arrayBuffer())];
}"""


def test_a_photo_is_upright_small_and_marked(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    made = tablet.page.evaluate(_MARKED, [inspection, HAIR])
    assert (made["width"], made["height"]) == (1920, 1440)
    red, green, blue = made["pixel"]
    assert red > 150 > max(green, blue)
    program = "(id) => engine.takePhoto(id, null, new Blob(['no picture'])).then(() => null, (error) => error.code)"
    assert tablet.page.evaluate(program, inspection) == "photo_unreadable"


_MARKED = """async ([id, item]) => {
  const canvas = new OffscreenCanvas(4000, 3000);
  canvas.getContext("2d").fillRect(0, 0, 4000, 3000);
  const blob = await canvas.convertToBlob({ type: "image/jpeg" });
  const marks = [{ kind: "line", points: [[0.1, 0.5], [0.9, 0.5]] }, { kind: "circle", x: 0.5, y: 0.2, radius: 0.1 }];
  const { sha256 } = await engine.takePhoto(id, item, blob, marks);
  const bitmap = await createImageBitmap(await engine.photo(sha256));
  const shown = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  shown.drawImage(bitmap, 0, 0);
  const pixel = shown.getImageData(bitmap.width / 2, bitmap.height / 2, 1, 1).data;
  return { width: bitmap.width, height: bitmap.height, pixel: [...pixel].slice(0, 3) };
}"""


def test_two_tabs_of_one_tablet_send_everything_once(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    second = Tablet(tablet.context, tablet.url, tablet.world)
    second.open()
    second.unlock()
    inspections = [tablet.inspect(), second.inspect("lobby-2"), tablet.inspect()]
    for one in (tablet, second):
        one.page.evaluate("void engine.sync.now()")
    tablet.finish()
    second.finish()
    assert second.get("sync.state.problems") == []
    for inspection in inspections:
        assert tablet.view(inspection)["state"] == second.view(inspection)["state"] == "complete"
