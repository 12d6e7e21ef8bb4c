"""What is held about a person is given to them; on request it goes, and no published figure moves with it."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.tables import Employee, Scorecard, User, table_of
from inspect_api.privacy.erasure import ERASED
from inspect_api.privacy.retention import delete_due
from inspect_api.scorecards.publication import publish_due
from tests.databases import both_databases
from tests.inspect_api.api.test_push_pull import pull_all
from tests.inspect_api.disputes.court import Court
from tests.inspect_api.privacy.test_retention import add_photo, blobs
from tests.world import log_in

database_kind = both_databases
_employee, _scorecard, _user = table_of(Employee), table_of(Scorecard), table_of(User)


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
        return list(connection.execute(sa.select(_scorecard).order_by(_scorecard.c.id)))


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
    assert "password" not in archive_text(document)
    assert "李强" not in archive_text(document)


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


def dump(connection: sa.Connection) -> str:
    """Every row of every table, without the colleague's of the other site and the feed's numbers."""
    found = []
    for name in sa.inspect(connection).get_table_names():
        for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')):
            text = " ".join(str(value) for value in row)
            if "tower" not in text:
                found.append(text)
    return "\n".join(found)


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
