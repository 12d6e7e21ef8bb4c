"""A dispute that nobody may answer is told to administrators, with what to do; and so is that it may come to that."""

import sqlalchemy as sa

from checklists.tables import User, table_of
from inspect_api.administration.waiting import Deciders, deciders
from tests.inspect_api.disputes.court import Court
from tests.inspect_api.pages.browser import browser

_user = table_of(User)


def enable(court: Court, login: str, active: bool) -> None:
    with court.world.services.database.write() as connection:
        connection.execute(_user.update().where(_user.c.id == court.world.users[login]).values(active=active))


async def test_a_dispute_without_anybody_to_answer_it_is_told_until_somebody_may(court: Court) -> None:
    """The only administrator had a part in the inspection, and so had the manager who is left."""
    opened = await court.opened()
    note = court.desk.pen("admin").change(court.desk.sent["E"], {"inspection/note": "x"}, court.clock.now, reason="x")
    court.desk.push("admin", note)
    for login in ("manager", "second", "towerboss"):
        enable(court, login, False)
    async with browser(court.world, "admin") as client:
        page = (await client.get("/admin?lang=zh")).text
        assert "1 项申诉没有人可以答复" in page
        assert f"/disputes/{opened}" in page
        enable(court, "towerboss", True)
        page = (await client.get("/admin")).text
        assert "没有人可以答复" not in page
        assert "需要 3 人" not in page
        assert (await court.answer(opened, "towerboss", outcome="keep")).status_code == 200


async def test_too_few_who_decide_is_told_before_it_matters(court: Court) -> None:
    organisation_id = court.world.organisation_id
    with court.world.services.database.read() as connection:
        assert deciders(connection, organisation_id) == Deciders(5, 3)  # Liu inspects as well
    for login in ("manager", "second", "towerboss"):
        enable(court, login, False)
    async with browser(court.world, "admin") as client:
        assert "目前只有 2 人可以处理申诉，需要 3 人" in (await client.get("/admin?lang=zh")).text
    with court.world.services.database.write() as connection:
        connection.execute(sa.text("UPDATE role_grant SET revoked_at = granted_at WHERE role = 'supervisor'"))
    async with browser(court.world, "admin") as client:
        assert "处理申诉，需要" not in (await client.get("/admin")).text
