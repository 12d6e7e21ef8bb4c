"""What a released version has left on a tablet is there in this one: nothing is asked for twice, nothing is lost."""

import json
from pathlib import Path

import pytest

from tests.browser.schema_fixture import FOLDER, HAIR, LET_KEYS_OUT, NEWEST, NOTE, RESTORE, dump, schema_of
from tests.browser.tablets import PIN, Tablets

RELEASED = sorted(FOLDER.glob("tablet_schema_*.json"))


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_tablet_goes_on_after_an_update(tablets: Tablets, path: Path) -> None:
    released = json.loads(path.read_text("utf-8"))
    tablet = tablets.new()
    tablet.call("close")
    tablet.page.evaluate(RESTORE, released)
    tablet.close()
    assert tablet.open() == "locked"
    tablet.unlock(PIN)
    item = tablet.item(released["draft"], HAIR)
    assert (item["value"], item["note"]) == ("fail", NOTE)
    assert [(photo["sha256"], photo["local"]) for photo in item["photos"]] == [(released["photo"], True)]
    assert tablet.page.evaluate("async (sha) => (await engine.photo(sha)).size", released["photo"]) > 100
    assert tablet.view(released["sent"])["score"] == "100.0"
    assert [refused["code"] for refused in tablet.call("refused")] == ["unknown_item"]
    today = tablet.call("today")
    assert len(today["employees"]) == 2
    fixes = [(fix["actionId"], fix["state"], fix["note"]) for fix in tablet.call("fixes")]
    assert fixes == ([(released["action"], "here", NOTE)] if "action" in released else [])
    tablet.call("respond", released["draft"], HAIR, "pass", {"note": ""})
    assert tablet.value(released["draft"], HAIR) == "pass"
    # This server has never heard of it: the queue waits for a log-in, and stays.
    state = tablet.sync()
    assert (state["problems"][0]["code"], state["unsentChanges"], state["unsentPhotos"]) == (
        "log_in_needed",
        1 + len(fixes),
        1,
    )


def test_the_schema_is_the_one_that_was_released(tablets: Tablets) -> None:
    """Another shape needs another version, its upgrade, and a fixture of its own."""
    tablet = tablets.new()
    tablet.page.evaluate(LET_KEYS_OUT)
    tablet.log_in()
    assert schema_of(dump(tablet.page)) == schema_of(json.loads(NEWEST.read_text("utf-8")))
