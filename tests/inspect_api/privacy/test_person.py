"""What is held about a person is given to them; on request it goes, and no published figure moves with it."""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Employee, Scorecard, User, table_of
from inspect_api.blobs import BlobStore
from inspect_api.privacy.erasure import ERASED, erase_arrived
from inspect_api.privacy.retention import delete_due
from inspect_api.scorecards.publication import publish_due
from sync.quarantine import Refused, keep
from sync.tables import Quarantine
from tests.databases import both_databases
from tests.inspect_api.api.test_push_pull import pull_all
from tests.inspect_api.disputes.court import Court
from tests.inspect_api.privacy.test_retention import add_photo, blobs
from tests.worked_numbers import grooming_check, site_time
from tests.world import log_in

database_kind = both_databases
_employee, _scorecard, _user = table_of(Employee), table_of(Scorecard), table_of(User)
FIGURES = [_scorecard.c[name] for name in ("id", "version", "total", "grade", "body", "digest", "published_at")]
TRACE = "小王"


async def page(court: Court, login: str, method: str, path: str, **more: Any) -> Any:
    """A page, with the cookie of a log-in."""
    token = (await log_in(court.client, login))["authorization"].removeprefix("Bearer ")
    return await court.client.request(
        method, path, headers={"cookie": f"inspect_session={token}"}, follow_redirects=False, **more
    )


def leave(court: Court) -> None:
    """The person's last day is over, and nothing is left to mend or to answer."""
    with court.world.services.database.write() as connection:
        connection.execute(
            _employee.update()
            .where(_employee.c.id == court.world.employees["lobby-1"])
            .values(employed_until=date(2026, 11, 26))
        )
        connection.execute(sa.text("UPDATE corrective_action SET state = 'closed'"))


def published(court: Court) -> list[Any]:
    with court.world.services.database.read() as connection:
        return figures(connection)


def figures(connection: sa.Connection) -> list[Any]:
    """All of every version but the words that somebody wrote to its reason."""
    return list(connection.execute(sa.select(*FIGURES).order_by(_scorecard.c.id)))


async def test_the_export_has_everything_and_no_secret(court: Court, tmp_path: Path) -> None:
    await court.opened()
    sha256 = add_photo(court, tmp_path, "E")
    path = f"/employees/{court.world.employees['lobby-1']}/data.zip"
    assert (await page(court, "manager", "GET", path)).status_code == 403
    assert (await page(court, "colleague", "GET", path)).status_code == 403
    for login in ("employee", "admin"):
        answer = await page(court, login, "GET", path)
        assert answer.status_code == 200, answer.text
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert sorted(archive.namelist()) == ["person.json", f"photos/{sha256}.jpg"]
            document = msgspec.json.decode(archive.read("person.json"))
            assert archive.read(f"photos/{sha256}.jpg")[:2] == b"\xff\xd8"
    assert document["employee"][0]["name"] == "王芳"
    assert len(document["inspections"]) == len(court.desk.sent) - 1  # one was of the workspace
    assert {one["week"] for one in document["scorecards"]} >= {"2026-W47"}
    assert document["disputes"][0]["reason"] == "对讲机送修，有维修单"
    assert document["changes"][0]["body"]["fields"]
    assert {one["action"] for one in document["log"]} >= {"employee.export"}
    assert "password" not in archive_text(document)
    assert "李强" not in archive_text(document)


async def test_the_export_leaves_nothing_in_the_temporary_folder_not_even_for_a_killed_server(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = add_photo(court, tmp_path, "E")
    court.publish()
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr("inspect_api.downloads._IN_MEMORY", 1)
    seen: list[list[Path]] = []
    stream = BlobStore.stream

    def watched(blobs: BlobStore, key: str) -> Iterator[bytes]:
        seen.append(list(folder.iterdir()))  # what would be left if the power went now
        yield from stream(blobs, key)

    monkeypatch.setattr(BlobStore, "stream", watched)
    answer = await page(court, "admin", "GET", f"/employees/{court.world.employees['lobby-1']}/data.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert f"photos/{sha256}.jpg" in archive.namelist()
    assert seen == [[]]
    assert list(folder.iterdir()) == []


def archive_text(document: Any) -> str:
    return msgspec.json.encode(document).decode()


async def test_after_an_erasure_the_name_is_nowhere_and_no_figure_moves(court: Court, tmp_path: Path) -> None:
    services, employee_id = court.world.services, court.world.employees["lobby-1"]
    sha256 = add_photo(court, tmp_path, "E")
    court.publish()
    opened = await court.opened()
    await court.answer(opened, outcome="keep")
    court.clock.forward(days=9)
    publish_due(services)
    leave(court)
    before, card = published(court), await court.scorecard()
    chen = await log_in(court.client, "chen", "01939f00-0000-7000-8000-00000000abcd")
    rows, _ = await pull_all(court.client, chen)
    assert ("employee", employee_id) in rows
    wrong = await page(court, "admin", "POST", f"/admin/privacy/{employee_id}", data={"number": "other"})
    assert wrong.status_code == 400
    done = await page(court, "admin", "POST", f"/admin/privacy/{employee_id}", data={"number": "lobby-1"})
    assert done.status_code == 303, done.text
    assert delete_due(services, "test") == 1
    assert blobs(court, sha256) == 0
    publish_due(services)
    assert published(court) == before
    after = await court.scorecard()
    assert (after["total"], after["grade"], after["digest"]) == (card["total"], card["grade"], card["digest"])
    fresh, _ = await pull_all(court.client, chen)
    assert fresh.get(("employee", employee_id)) is None
    with services.database.read() as connection:
        person = connection.execute(sa.select(_employee).where(_employee.c.id == employee_id)).one()
        account = connection.execute(sa.select(_user).where(_user.c.id == court.world.users["employee"])).one()
        held = dump(connection)
    assert (person.name, person.email) == (ERASED, None)
    assert (account.name, account.active, account.employee_id) == (ERASED, False, None)
    for trace in ("王芳", "lobby-1", "维修单"):
        assert trace not in held, trace


async def test_words_that_were_copied_elsewhere_go_too_and_what_has_none_stays_as_it_is(court: Court) -> None:
    """A decision and its audit row, why there are versions, what tablets have of disputes and work, refused changes,
    a note of the whole inspection."""
    services, employee_id, sent = court.world.services, court.world.employees["lobby-1"], court.desk.sent
    again = grooming_check("again", "liu", site_time(18, 15, 5), hair="fail")
    first = grooming_check("first", "liu", site_time(18, 15, 0), hair="fail")
    for check in (first, again):
        court.desk.send(check)
    decision = {"kind": "duplicate", "counts": True, "reason": f"{TRACE}那天来了两次"}
    assert (await court.call("manager", "POST", f"/inspections/{sent['again']}/decisions", decision)).status_code == 204
    noted = {"inspection/note": f"{TRACE}态度好", "x.later/word": TRACE}
    court.desk.push("chen", court.desk.pen("chen").change(sent["A"], noted, court.clock.now, reason=f"{TRACE}补记"))
    await court.answer(await court.opened(), reason=f"{TRACE}说得对")
    refuse(court, {"id": new_id(), "inspection_id": sent["A"], "fields": {"x": TRACE}}, note=f"{TRACE}的旧平板")
    court.publish()
    court.clock.forward(days=12)
    publish_due(services)
    leave(court)
    with services.database.read() as connection:
        assert dump(connection).count(TRACE) > 8
        plain = {row for row in bodies(connection) if TRACE not in row.body and "note" not in row.body}
        before = figures(connection)
        causes = [msgspec.json.decode(text)[0]["cause"] for text in reasons(connection)]
    done = await page(court, "admin", "POST", f"/admin/privacy/{employee_id}", data={"number": "lobby-1"})
    assert done.status_code == 303, done.text
    with services.database.read() as connection:
        assert TRACE not in dump(connection)
        assert plain
        assert plain <= set(bodies(connection)), "nothing to erase in it, and yet it was written anew"
        assert figures(connection) == before
        assert [msgspec.json.decode(text)[0]["cause"] for text in reasons(connection)] == causes
    for change, body, digest in plain:
        assert hashlib.sha256(body.encode()).hexdigest() == digest, change
    publish_due(services)
    with services.database.read() as connection:
        assert figures(connection) == before


def bodies(connection: sa.Connection) -> list[Any]:
    return list(connection.execute(sa.text("SELECT id, body, digest FROM change")))


def reasons(connection: sa.Connection) -> list[str]:
    told = sa.select(_scorecard.c.reason).where(_scorecard.c.reason != "").order_by(_scorecard.c.id)
    return list(connection.execute(told).scalars())


def refuse(court: Court, change: dict[str, Any], note: str) -> None:
    """As a push that was refused and left out with a reason."""
    pen, organisation = court.desk.pen("chen"), court.world.organisation_id
    refused = Refused(change["id"], "unknown_field", "", "", msgspec.json.encode(change))
    with court.world.services.database.write() as connection:
        keep(connection, organisation, pen.replica_id, court.world.users["chen"], [refused], court.clock.now)
        connection.execute(table_of(Quarantine).update().values(decision="kept", decision_note=note))


def dump(connection: sa.Connection) -> str:
    """Every row of every table, without the colleague's of the other site and the feed's numbers."""
    found = []
    for name in sa.inspect(connection).get_table_names():
        for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')):
            text = " ".join(str(value) for value in row)
            if "tower" not in text:
                found.append(text)
    return "\n".join(found)


async def test_what_arrives_after_the_erasure_goes_as_well(court: Court) -> None:
    services, employee_id = court.world.services, court.world.employees["lobby-1"]
    court.clock.forward(days=9)
    publish_due(services)
    leave(court)
    done = await page(court, "admin", "POST", f"/admin/privacy/{employee_id}", data={"number": "lobby-1"})
    assert done.status_code == 303, done.text
    assert erase_arrived(services) == 0
    court.clock.forward(hours=1)
    late = court.desk.pen("chen").change(
        court.desk.sent["A"], {"inspection/note": TRACE}, court.clock.now, reason=TRACE
    )
    court.desk.push("chen", late)
    with services.database.read() as connection:
        assert TRACE in dump(connection)
    court.clock.forward(hours=1)
    assert erase_arrived(services) == 1
    with services.database.read() as connection:
        assert TRACE not in dump(connection)
    assert erase_arrived(services) == 0


async def test_who_is_employed_or_in_a_dispute_is_not_erased(court: Court) -> None:
    employee_id = court.world.employees["lobby-1"]
    path, form = f"/admin/privacy/{employee_id}", {"number": "lobby-1"}
    assert (await page(court, "admin", "POST", path, data=form)).status_code == 409
    await court.opened()
    leave(court)
    court.clock.forward(days=5)
    assert (await page(court, "admin", "POST", path, data=form)).status_code == 409
    assert (await page(court, "manager", "POST", path, data=form)).status_code == 403


async def test_a_replay_of_an_erased_change_is_a_replay(court: Court) -> None:
    """Its digest is the one of what was sent."""
    services, employee_id = court.world.services, court.world.employees["lobby-1"]
    with services.database.read() as connection:
        digests = set(connection.execute(sa.text("SELECT id, digest FROM change")))
    court.clock.forward(days=9)
    publish_due(services)
    leave(court)
    answer = await page(court, "admin", "POST", f"/admin/privacy/{employee_id}", data={"number": "lobby-1"})
    assert answer.status_code == 303, answer.text
    with services.database.read() as connection:
        assert set(connection.execute(sa.text("SELECT id, digest FROM change"))) == digests
        own = "SELECT body FROM change JOIN inspection ON inspection.id = inspection_id WHERE employee_id = :key"
        bodies = connection.execute(sa.text(own), {"key": employee_id}).scalars()
        words = [body for body in bodies if "维修中" in body]
    assert words == []
