"""Somebody must be able to answer a dispute, and never somebody with a part in it."""

from checklists.tables import Role, User, table_of
from inspect_api.directory import Directory
from inspect_api.disputes.deciding import escalate_due
from tests.databases import both_databases
from tests.inspect_api.disputes.court import Court

database_kind = both_databases


async def escalated(court: Court, administrator: str) -> str:
    """The dispute about Liu's check is late, and ``administrator`` is the only one there is."""
    dispute_id = await court.opened()
    court.clock.forward(days=10)
    escalate_due(court.world.services)
    world, now = court.world, court.clock()
    if administrator != "admin":
        with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as people:
            people.revoke(world.users["admin"], Role.ADMINISTRATOR)
            people.grant(world.users[administrator], Role.ADMINISTRATOR)
    return dispute_id


async def test_an_administrator_who_had_no_part_decides_alone(court: Court) -> None:
    dispute_id = await escalated(court, "admin")
    assert (await court.answer(dispute_id, "manager")).status_code == 403
    assert (await court.answer(dispute_id, "admin")).status_code == 200


async def test_when_the_only_administrator_inspected_a_manager_of_the_site_decides(court: Court) -> None:
    dispute_id = await escalated(court, "liu")
    assert (await court.answer(dispute_id, "liu")).status_code == 403
    assert (await court.answer(dispute_id, "towerboss")).status_code == 404
    assert (await court.answer(dispute_id, "manager")).status_code == 200


async def test_when_nobody_of_the_site_may_a_manager_of_another_site_decides(court: Court) -> None:
    dispute_id = await escalated(court, "liu")
    user = table_of(User)
    with court.world.services.database.write() as connection:
        gone = [court.world.users["manager"], court.world.users["second"]]
        connection.execute(user.update().where(user.c.id.in_(gone)).values(active=False))
    listed = (await court.call("towerboss", "GET", "/disputes")).json()
    assert [one["id"] for one in listed] == [dispute_id]
    assert (await court.call("towerboss", "GET", f"/disputes/{dispute_id}")).json()["may_answer"] is True
    assert (await court.answer(dispute_id, "towerboss")).status_code == 200
    # Whoever has answered may still read what they answered.
    assert (await court.call("towerboss", "GET", f"/disputes/{dispute_id}")).json()["outcome"] == "void"


async def test_before_it_is_late_a_manager_of_another_site_has_no_part_in_it(court: Court) -> None:
    dispute_id = await court.opened()
    assert (await court.call("towerboss", "GET", f"/disputes/{dispute_id}")).status_code == 404
    assert (await court.call("towerboss", "GET", "/disputes")).json() == []
