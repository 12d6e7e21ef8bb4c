from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import Week
from checklists.scoring.week import NotRanked
from checklists.tables import Absence, Employee, Site, WorkspaceResponsibility, table_of
from checklists.template import Dimension
from inspect_api.problems import Problem
from inspect_api.scorecards import service
from inspect_api.scorecards.shapes import EmployeeWeek, SiteWeek, State
from sync.tables import Replica
from tests.databases import both_databases
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import (
    ALL_CHECKS,
    CHECK_5S,
    CHECK_A,
    CHECK_E,
    GROOMING_CHECKS,
    LATE_CHECK,
    WEEK,
    Check,
    grooming_check,
    site_time,
)
from tests.world import World

database_kind = both_databases


def site_week(world: World, week: Week = WEEK, site: str = "lobby") -> SiteWeek:
    with world.services.database.read() as connection:
        return service.site_week(connection, world.sites[site], week, world.services.clock())


def row(world: World, number: str = "lobby-1", week: Week = WEEK) -> EmployeeWeek:
    with world.services.database.read() as connection:
        return service.employee_week(connection, world.employees[number], week)


def test_the_worked_example_through_a_real_push(world: World, desk: Desk) -> None:
    desk.send_all()

    found = row(world)

    shown = {one.dimension: (one.shown, one.official) for one in found.score.dimensions}
    assert shown == {
        Dimension.GROOMING: ("82.0", True),
        Dimension.POST_STANDING: ("93.0", True),
        Dimension.WORKSPACE_5S: ("77.8", False),
    }
    assert (found.score.shown, found.score.grade, found.score.inspections, found.score.supervisors) == (
        "88.3",
        "B",
        8,
        3,
    )
    assert found.score.total == (30 * (3 * found_mean() + 59) / 4 + 40 * 93) / 70
    assert (found.state, found.version, found.red_flags, found.checks) == (State.LIVE, None, 1, 9)


def found_mean() -> Fraction:
    """Chen's mean: 88.888…, 90, 100 and 80."""
    return (Fraction(800, 9) + 90 + 100 + 80) / 4


def test_a_scorecard_read_after_an_acknowledged_push_shows_it(world: World, desk: Desk) -> None:
    for check in ALL_CHECKS:
        desk.send(check)
        assert desk.sent[check.name] in {source.id for source in row(world).score.sources}
    desk.send(LATE_CHECK)
    assert row(world).score.shown == "89.4"


def test_a_site_lists_everyone_once_the_lowest_total_first(world: World, desk: Desk) -> None:
    desk.send_all("lobby-2")
    for check in GROOMING_CHECKS[:3]:
        desk.send(check, "lobby-1")
    desk.send(grooming_check("X", "liu", site_time(20, 9)), "lobby-1")

    found = site_week(world)

    assert [(one.number, one.score.shown) for one in found.rows] == [("lobby-2", "88.3"), ("lobby-1", "94.7")]
    assert found.not_seen == []
    assert [one.number for one in site_week(world, site="tower").not_seen] == ["tower-1", "tower-2"]


def test_a_workspace_counts_for_who_answered_for_it_at_the_capture_time(world: World, desk: Desk) -> None:
    """Answering for it until the very minute of the capture is not answering for it then."""
    responsibility = table_of(WorkspaceResponsibility)
    with world.services.database.write() as connection:
        connection.execute(responsibility.update().values(ends_at=CHECK_5S.captured_at))
        connection.execute(
            responsibility.insert().values(
                id=new_id(),
                organisation_id=world.organisation_id,
                workspace_id=world.workspaces["lobby"],
                employee_id=world.employees["lobby-2"],
                starts_at=CHECK_5S.captured_at,
                ends_at=None,
            )
        )
    desk.send(CHECK_5S)
    assert row(world, "lobby-1").checks == 0
    assert row(world, "lobby-2").score.dimension(Dimension.WORKSPACE_5S).shown == "77.8"


def test_a_workspace_with_two_who_answer_for_it_counts_for_both(world: World, desk: Desk) -> None:
    with world.services.database.write() as connection:
        connection.execute(
            table_of(WorkspaceResponsibility)
            .insert()
            .values(
                id=new_id(),
                organisation_id=world.organisation_id,
                workspace_id=world.workspaces["lobby"],
                employee_id=world.employees["lobby-2"],
                starts_at=datetime(2026, 1, 1, tzinfo=UTC),
                ends_at=None,
            )
        )
    desk.send(CHECK_5S)
    assert [one.checks for one in site_week(world).rows] == [1, 1]


def absence(world: World, number: str, first: date, last: date) -> None:
    with world.services.database.write() as connection:
        connection.execute(
            table_of(Absence)
            .insert()
            .values(
                id=new_id(),
                organisation_id=world.organisation_id,
                employee_id=world.employees[number],
                first_day=first,
                last_day=last,
                reason="",
            )
        )


def test_on_leave_all_week_means_no_score_and_not_unseen(world: World, desk: Desk) -> None:
    """Two periods of leave that cover the week together are one absence; a day less is none."""
    absence(world, "lobby-1", date(2026, 11, 10), date(2026, 11, 18))
    absence(world, "lobby-2", WEEK.monday, date(2026, 11, 21))
    assert [one.number for one in site_week(world).not_seen] == ["lobby-1", "lobby-2"]
    absence(world, "lobby-1", date(2026, 11, 19), date(2026, 12, 1))
    desk.send_all()

    found = row(world)
    assert (found.absent, found.score.total, found.score.not_ranked) == (True, None, (NotRanked.ABSENT,))
    assert [one.number for one in site_week(world).not_seen] == ["lobby-2"]


def test_who_left_or_had_not_come_yet_is_not_listed(world: World) -> None:
    employee = table_of(Employee)
    with world.services.database.write() as connection:
        for number, values in (
            ("lobby-1", {"employed_until": WEEK.monday - timedelta(days=1)}),
            ("lobby-2", {"employed_from": WEEK.sunday + timedelta(days=1)}),
        ):
            connection.execute(employee.update().where(employee.c.number == number).values(**values))
    assert site_week(world).rows == []
    with pytest.raises(Problem):
        row(world)


def test_drafts_voids_and_unfinished_inspections_do_not_score(world: World, desk: Desk) -> None:
    desk.send(CHECK_A, submitted=False)
    desk.send(CHECK_E)
    desk.revise("E", "liu", {"inspection/void": True}, "认错人", site_time(18, 11))
    assert row(world).score.sources == ()


def test_the_trend_weighs_four_weeks_and_leaves_out_a_week_without_a_total(world: World, desk: Desk) -> None:
    """Last week A, B, C and one by Liu: (3 × 92.96… + 100) / 4, grooming alone."""
    desk.send_all()
    for check in GROOMING_CHECKS[:3]:
        desk.send(moved(check, 7))
    desk.send(moved(grooming_check("Y", "liu", site_time(18, 9)), 7))

    found = row(world)

    last = (3 * (Fraction(800, 9) + 90 + 100) / 3 + 100) / 4
    assert found.previous_total == last
    assert found.score.total is not None
    assert found.trend == (4 * found.score.total + 3 * last) / 7


def moved(check: Check, days: int) -> Check:
    """The same check so many days earlier."""
    return replace(check, name=f"{check.name}-{days}", captured_at=check.captured_at - timedelta(days=days))


def test_history_gives_a_point_for_every_week_asked_for(world: World, desk: Desk) -> None:
    desk.send_all()
    with world.services.database.read() as connection:
        points = service.history(connection, world.employees["lobby-1"], [WEEK.previous(), WEEK])
    assert [(point.week, point.total is not None, point.grade) for point in points] == [
        (WEEK.previous(), False, None),
        (WEEK, True, "B"),
    ]


def test_a_week_belongs_to_the_employees_site_where_an_organisation_spans_zones(world: World, desk: Desk) -> None:
    """Sunday 23:30 in Shanghai is Monday at a site further east; for the employee it is still last week."""
    check = grooming_check("Z", "chen", site_time(22, 23, 30))
    desk.send(check)
    inspection_week = sa.text("UPDATE inspection SET week = '2026-W48'")
    with world.services.database.write() as connection:
        connection.execute(table_of(Site).update().where(table_of(Site).c.code == "tower").values(zone="Asia/Tokyo"))
        connection.execute(inspection_week)
    assert row(world).checks == 1
    assert row(world, week=WEEK.next()).checks == 0


def test_tablets_that_are_behind_are_named(world: World, desk: Desk) -> None:
    """Chen's last word came before the week ended, Liu's tablet still holds something, Wang's is in order."""
    replica = table_of(Replica)
    for supervisor in ("chen", "liu", "wang"):
        desk.pen(supervisor)
    monday = site_time(23, 9)
    with world.services.database.write() as connection:
        for supervisor, seen, unsent in (("chen", site_time(21), 0), ("liu", monday, 4), ("wang", monday, 0)):
            connection.execute(
                replica.update()
                .where(replica.c.user_id == world.users[supervisor])
                .values(last_seen_at=seen, unsent=unsent, oldest_unsent_at=seen if unsent else None)
            )
    with world.services.database.read() as connection:
        found = service.site_week(connection, world.sites["lobby"], WEEK, monday)
    assert [(one.user_name, one.device_name, one.unsent) for one in found.tablets] == [
        ("Liu", "平板 liu", 4),
        ("Chen", "平板 chen", 0),
    ]


def test_the_number_of_statements_does_not_grow_with_the_employees(world: World, desk: Desk) -> None:
    desk.send_all()
    few = statements(world)
    with world.services.database.write() as connection:
        connection.execute(
            table_of(Employee).insert(),
            [
                {
                    "id": new_id(),
                    "organisation_id": world.organisation_id,
                    "site_id": world.sites["lobby"],
                    "number": f"extra-{n}",
                    "name": "张三",
                    "language": "zh",
                    "employed_from": date(2025, 1, 1),
                }
                for n in range(50)
            ],
        )
    assert len(site_week(world).rows) == 52
    assert statements(world) == few


def statements(world: World) -> int:
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    engine = world.services.database.engine
    sa.event.listen(engine, "before_cursor_execute", count)
    site_week(world)
    sa.event.remove(engine, "before_cursor_execute", count)
    return len(seen)
