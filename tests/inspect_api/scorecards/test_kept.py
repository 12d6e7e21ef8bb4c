"""The kept tables show what is in the database, whatever has happened since they were made."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from checklists.ids import new_id
from checklists.periods import final_at
from checklists.tables import Inspection, Organisation, WorkspaceResponsibility, table_of
from inspect_api.directory import Directory
from inspect_api.scorecards import coverage, kept, service
from inspect_api.scorecards.publication import publish_due
from inspect_api.scorecards.week_table import WeekTable, table_row
from tests.databases import both_databases
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_service import absence
from tests.worked_numbers import ALL_CHECKS, LATE_CHECK, WEEK, ZONE, grooming_check, site_time
from tests.world import World

database_kind = both_databases


def read(world: World) -> WeekTable:
    with world.services.database.read() as connection:
        return kept.week_table(connection, service.find_site(connection, world.sites["lobby"]), WEEK)


def fresh(world: World) -> list[object]:
    with world.services.database.read() as connection:
        site = service.find_site(connection, world.sites["lobby"])
        rows = service.employee_weeks(connection, site, WEEK)
        return list(WeekTable(site, WEEK, [table_row(row) for row in rows.values()]).rows)


def a_push(world: World, desk: Desk) -> None:
    desk.send(LATE_CHECK)


def a_revision(world: World, desk: Desk) -> None:
    desk.revise("C", "chen", {"responses/worked_grooming.hair": {"value": "fail"}}, "看错了", site_time(21))


def an_employee(world: World, desk: Desk) -> None:
    now = world.services.clock()
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        directory.put_employee(world.sites["lobby"], "lobby-3", "新来的", date(2026, 11, 16))


def a_transfer(world: World, desk: Desk) -> None:
    now = world.services.clock()
    with world.services.database.write() as connection, Directory(connection, world.organisation_id, now) as directory:
        key = world.employees["lobby-2"]
        directory.put_employee(world.sites["tower"], "lobby-2", "李强", date(2025, 1, 1), employee_id=key)


def leave(world: World, desk: Desk) -> None:
    absence(world, "lobby-1", WEEK.monday, WEEK.sunday)


def a_responsibility(world: World, desk: Desk) -> None:
    row = {
        "id": new_id(),
        "organisation_id": world.organisation_id,
        "workspace_id": world.workspaces["lobby"],
        "employee_id": world.employees["lobby-2"],
        "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with world.services.database.write() as connection:
        connection.execute(table_of(WorkspaceResponsibility).insert(), row)


def rules(world: World, desk: Desk) -> None:
    with world.services.database.write() as connection:
        connection.execute(table_of(Organisation).update().values(scoring_rules='{"min_inspections":1}'))


def publication(world: World, desk: Desk) -> None:
    world.services.clock.now = final_at(WEEK, ZONE)  # type: ignore[attr-defined]
    publish_due(world.services)


@pytest.mark.parametrize(
    "event",
    [a_push, a_revision, an_employee, a_transfer, leave, a_responsibility, rules, publication],
)
def test_what_happens_is_seen_at_the_next_reading(
    world: World, desk: Desk, event: Callable[[World, Desk], None]
) -> None:
    desk.send_all()
    before = read(world)
    assert before.rows == fresh(world)
    event(world, desk)
    after = read(world)
    assert after.rows == fresh(world)
    assert after.rows != before.rows


def test_a_push_is_worked_out_for_those_it_concerns_only(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for check in ALL_CHECKS:
        desk.send(check)
    table = read(world)
    assert read(world) is table
    asked: list[object] = []
    work_out = service.employee_weeks

    def watched(*arguments: object) -> object:
        asked.append(arguments[-1])
        return work_out(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "employee_weeks", watched)
    desk.send(grooming_check("K", "liu", site_time(19)), "lobby-2")
    assert read(world).rows != table.rows
    assert asked == [{world.employees["lobby-2"]}]


def test_an_inspection_that_leaves_its_week_leaves_the_table(world: World, desk: Desk) -> None:
    desk.send_all()
    read(world)
    with world.services.database.read() as connection:
        assert connection.execute(table_of(Inspection).select()).first() is not None
    desk.revise("C", "chen", {"inspection/void": True}, "误建", site_time(21))
    assert read(world).rows == fresh(world)


def test_sums_are_made_again_when_anything_has_happened(world: World, desk: Desk) -> None:
    """Also by a check of somebody who works at another site: the sums are over all that was inspected here."""

    def inspections() -> int:
        with world.services.database.read() as connection:
            site = service.find_site(connection, world.sites["lobby"])
            work = kept.remembered(
                connection, site, WEEK, "work", lambda: coverage.work_of_supervisors(connection, site, WEEK)
            )
        return sum(one.inspections for one in work)

    assert inspections() == 0
    desk.send_all()
    assert inspections() == len(ALL_CHECKS)
    assert inspections() == len(ALL_CHECKS)
    desk.send(LATE_CHECK)
    assert inspections() == len(ALL_CHECKS) + 1
