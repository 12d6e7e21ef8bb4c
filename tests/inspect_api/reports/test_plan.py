"""Which reports come due: once each, whatever the clocks do and however many processes plan."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import User, table_of
from inspect_api.reports.plan import due_at, plan_weekly, weeks_due
from tests.inspect_api.reports.office import Office

BERLIN = ZoneInfo("Europe/Berlin")


def plan(office: Office) -> int:
    return plan_weekly(office.database, office.settings(), office.now)


def test_a_report_comes_due_on_monday_at_eight_on_the_sites_clock(office: Office) -> None:
    office.grant(office.user(), office.site(), granted_at=office.now - timedelta(days=1))
    office.later(seconds=-1)
    assert plan(office) == 0
    office.later(seconds=1)
    assert plan(office) == 1
    assert office.run().period == "2026-W47"
    assert office.run().message_id.endswith("@example.com>")


def test_planning_again_plans_nothing(office: Office) -> None:
    office.manager(office.site())
    assert plan(office) > 0
    for _ in range(3):
        office.later(hours=1)
        assert plan(office) == 0


def test_two_sites_two_zones(office: Office) -> None:
    shanghai, berlin = office.site(), office.site("Berlin", "Europe/Berlin")
    for site in (shanghai, berlin):
        office.manager(site)
    plan(office)
    latest = {run.site_id: run.period for run in office.runs()}
    assert latest == {shanghai: "2026-W47", berlin: "2026-W46"}  # in Berlin it is one in the morning
    office.later(hours=7)
    assert plan(office) == 1


def test_every_manager_gets_one_and_nobody_else(office: Office) -> None:
    site, other = office.site(), office.site("另一场所")
    first, second = office.manager(site), office.manager(site, "李经理")
    office.manager(other, "别处")
    gone = office.manager(site, "已离职")
    with office.database.write() as connection:
        user = table_of(User)
        connection.execute(sa.update(user).where(user.c.id == gone).values(active=False))
    plan(office)
    newest = [run.recipient_id for run in office.runs() if run.site_id == site and run.period == "2026-W47"]
    assert sorted(newest) == sorted([first, second])


def test_a_manager_without_an_address_is_planned_so_that_it_is_seen(office: Office) -> None:
    nobody = office.manager(office.site(), email=None)
    plan(office)
    assert {run.recipient_id for run in office.runs()} == {nobody}


def test_a_new_manager_gets_no_reports_from_before(office: Office) -> None:
    site, user = office.site(), office.user()
    office.grant(user, site, granted_at=office.now + timedelta(hours=2))
    office.later(days=1)
    assert plan(office) == 0
    office.later(days=6)
    assert plan(office) == 1


def test_after_downtime_each_missed_week_comes_once_and_nothing_older_than_four_weeks(office: Office) -> None:
    office.manager(office.site())
    plan(office)
    before = len(office.runs())
    office.later(weeks=3)
    assert plan(office) == 3
    assert plan(office) == 0
    assert before == 4
    office.later(weeks=30)
    assert plan(office) == 4


def test_eight_processes_at_once_make_one_row_each(office: Office) -> None:
    for _ in range(3):
        office.manager(office.site())
    with ThreadPoolExecutor(8) as pool:
        planned = list(pool.map(lambda _: plan(office), range(8)))
    assert sum(planned) == 12
    assert len(office.runs()) == 12


def test_a_server_clock_that_goes_back_plans_nothing_twice(office: Office) -> None:
    office.manager(office.site())
    plan(office)
    count = len(office.runs())
    for days in (-3, -10, 13):
        office.later(days=days)
        plan(office)
    assert len({(run.period, run.recipient_id) for run in office.runs()}) == len(office.runs())
    assert [run.period for run in office.runs()].count("2026-W47") == 1
    assert len(office.runs()) >= count


def test_the_day_the_clocks_go_back() -> None:
    """Berlin, Sunday 2026-10-25: the week is an hour longer, and eight o'clock is eight o'clock."""
    assert due_at(Week(2026, 43), BERLIN, 8) == datetime(2026, 10, 26, 7, tzinfo=UTC)
    assert due_at(Week(2026, 42), BERLIN, 8) == datetime(2026, 10, 19, 6, tzinfo=UTC)


def test_the_day_the_clocks_go_forward() -> None:
    """Berlin, Sunday 2026-03-29."""
    assert due_at(Week(2026, 12), BERLIN, 8) == datetime(2026, 3, 23, 7, tzinfo=UTC)
    assert due_at(Week(2026, 13), BERLIN, 8) == datetime(2026, 3, 30, 6, tzinfo=UTC)


def test_through_both_clock_changes_every_week_comes_due_exactly_once() -> None:
    """Looked at every three hours for a year, in zones that change on a Sunday, on a Monday, and never.

    Troll (Antarctica) jumps two hours; the changes of Cairo and Beirut fall at midnight.
    """
    for name in ("Europe/Berlin", "Antarctica/Troll", "Africa/Cairo", "Asia/Beirut", "Asia/Shanghai", "Pacific/Apia"):
        zone = ZoneInfo(name)
        for hour in (0, 2, 8, 23):
            found: list[Week] = []
            then = datetime(2026, 1, 8, tzinfo=UTC)
            while then < datetime(2027, 1, 7, tzinfo=UTC):
                step = then + timedelta(hours=3)
                found += weeks_due(step, zone, hour, since=then)
                then = step
            assert found == sorted(set(found)), (name, hour)
            assert len(found) == 52, (name, hour)


def test_a_report_hour_that_the_clock_change_skips_comes_right_after_it() -> None:
    """Tehran, Monday 2021-03-22: the clocks went from 00:00 to 01:00."""
    tehran = ZoneInfo("Asia/Tehran")
    due = due_at(Week(2021, 11), tehran, 0)
    assert due == datetime(2021, 3, 21, 20, 30, tzinfo=UTC)
    assert f"{due.astimezone(tehran):%a %H:%M}" == "Mon 01:00"
