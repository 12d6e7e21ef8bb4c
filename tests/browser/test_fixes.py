"""A corrective action is reported fixed without a network: durable at once, sent after its photo, counted once."""

from typing import Any

import httpx
import pytest

from tests.browser.schema_fixture import ask_for_action
from tests.browser.tablets import EngineFailure, Tablet, Tablets
from tests.world import PASSWORD

_REPORT = """async ([action, note, seed]) => {
  const photo = seed === null ? null : await globalThis.picture(640, 480, seed);
  await engine.reportFix(action, note, photo);
}"""
_UNREADABLE = """([action, note]) => {
  const photo = new Blob(["no picture"], { type: "image/heic" });
  return engine.reportFix(action, note, photo);
}"""


def asked(tablet: Tablet) -> str:
    """An open action on the tablet, made of an inspection of it."""
    inspection = tablet.inspect(hair="fail")
    tablet.finish()
    action = ask_for_action(tablet, inspection)
    tablet.finish()
    return action


def shown(tablet: Tablet, action: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in tablet.call("today")["actions"] if one["id"] == action)
    return found


def held(tablet: Tablet, action: str) -> dict[str, Any]:
    with httpx.Client(base_url=tablet.url, timeout=60) as client:
        token = client.post("/api/v1/auth/login", json={"login": "manager", "password": PASSWORD}).json()
        headers = {"authorization": f"Bearer {token['access_token']}"}
        body: dict[str, Any] = client.get(f"/api/v1/actions/{action}", headers=headers).json()
    return body


def test_a_fix_reported_offline_outlives_everything_and_counts_once(tablets: Tablets) -> None:
    tablet = tablets.new("chen")
    tablet.log_in()
    action = asked(tablet)
    with tablet.offline():
        tablet.page.evaluate(_REPORT, [action, "已剪短", 5])
        assert shown(tablet, action)["report"]["state"] == "here"
        assert [user["unsent"] for user in tablet.call("account.users")] == [2]
        with pytest.raises(EngineFailure, match="not_allowed"):
            tablet.call("reportFix", action, "又一次", None)
    tablet.close()
    tablet.open()
    tablet.unlock()
    assert shown(tablet, action)["report"]["note"] == "已剪短"
    # Its answer is lost on the way, twice; locked, it goes all the same.
    lost: list[str] = []

    def lose(route: Any) -> None:
        if len(lost) < 2:
            lost.append(route.request.post_data_json["report"]["id"])
            route.fetch()
            route.abort()
        else:
            route.continue_()

    tablet.page.route("**/api/v1/actions/*/fix", lose)
    tablet.sync()
    tablet.call("account.lock")
    tablet.sync()
    tablet.sync()
    assert len(set(lost)) == 1
    assert [user["unsent"] for user in tablet.call("account.users")] == [0]
    tablet.unlock()
    tablet.finish()
    view = shown(tablet, action)
    assert (view["state"], view["report"], tablet.call("fixes")) == ("fixed", None, [])
    body = held(tablet, action)
    assert [step["step"] for step in body["steps"]] == ["created", "fixed"]
    assert body["fix_note"] == "已剪短"
    assert body["fix_photo"] is not None


def test_a_refused_report_stays_with_its_reason_and_is_reported_anew(tablets: Tablets) -> None:
    tablet = tablets.new("liu")
    tablet.log_in()
    action = asked(tablet)
    tablet.page.evaluate(_UNREADABLE, [action, "照片坏了"])
    state = tablet.sync()
    assert (state["unsentChanges"], state["unsentPhotos"]) == (0, 0)
    assert (state["refusedChanges"], state["refusedPhotos"]) == (1, 1)
    report = shown(tablet, action)["report"]
    assert (report["state"], report["code"], report["note"]) == ("refused", "photo.not_an_image", "照片坏了")
    assert tablet.call("refusedPhotos") == []  # it is told with its report
    tablet.page.evaluate(_REPORT, [action, "重拍了", 6])
    tablet.finish()
    state = tablet.get("sync.state")
    assert (state["refusedChanges"], state["refusedPhotos"]) == (0, 0)
    assert held(tablet, action)["fix_note"] == "重拍了"


def test_a_fix_goes_with_the_queue_in_a_file(tablets: Tablets) -> None:
    tablet = tablets.new("wang")
    tablet.log_in()
    action = asked(tablet)
    with tablet.offline():
        tablet.page.evaluate(_REPORT, [action, "已整改", 7])
        content = bytes(tablet.page.evaluate(_EXPORT))
    with httpx.Client(base_url=tablet.url, timeout=60) as client:
        token = client.post("/api/v1/auth/login", json={"login": "admin", "password": PASSWORD}).json()
        headers = {"authorization": f"Bearer {token['access_token']}"}
        answer = client.post("/api/v1/queues", content=content, headers=headers).json()
    assert [fix.get("code") for fix in answer["fixes"]] == [None]
    tablet.finish()
    assert [step["step"] for step in held(tablet, action)["steps"]] == ["created", "fixed"]


_EXPORT = """async () => {
  const { blob } = await engine.exportQueue();
  return [...new Uint8Array(await blob.arrayBuffer())];
}"""


def test_a_piece_that_the_line_altered_is_taken_back_and_sent_again(tablets: Tablets) -> None:
    """With a checksum for each piece the server knows at once; the photo need not begin anew."""
    tablet = tablets.new("chen")
    tablet.log_in()
    inspection = tablet.begin()
    digest = tablet.photo(inspection, None, seed=11, width=1900, height=1400)
    pieces: list[tuple[str, str | None]] = []

    def alter(route: Any) -> None:
        request = route.request
        if request.method != "PATCH":
            return route.continue_()
        pieces.append((request.headers["upload-offset"], request.headers.get("upload-checksum")))
        if len(pieces) == 1:
            body = request.post_data_buffer
            return route.continue_(post_data=body[:100] + bytes([body[100] ^ 1]) + body[101:])
        return route.continue_()

    tablet.page.route("**/api/v1/uploads/*", alter)
    assert tablet.sync()["problems"][0]["code"] == "unreachable"
    tablet.finish()
    assert all(checksum and checksum.startswith("sha256 ") for _, checksum in pieces)
    assert pieces[0] == pieces[1]  # the same piece, from where it had begun
    photo = next(one for one in tablet.view(inspection)["loosePhotos"])
    assert (photo["sha256"], photo["state"]) == (digest, "received")
