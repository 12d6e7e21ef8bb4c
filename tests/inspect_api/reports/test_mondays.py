"""Several Mondays of a real database: a late tablet moves a final week, and the next report says so, once."""

from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from checklists.tables import User, table_of
from inspect_api.jobs import run_once
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import ALL_CHECKS, ZONE, Check
from tests.world import SteppedClock, World


@pytest.fixture
def clock() -> SteppedClock:
    """Sunday evening of the worked example's week."""
    return SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE))


def text_of(world: World, period: str) -> str:
    folder: Path = world.services.settings.data_dir / "mail"
    [written] = folder.glob(f"weekly.*.{period}.1.*.eml")
    return str(next(message_from_bytes(written.read_bytes(), policy=policy.default).iter_parts()).get_content())


async def at(world: World, clock: SteppedClock, day: int, hour: int, month: int = 11) -> None:
    clock.now = datetime(2026, month, day, hour, 0, 5, tzinfo=ZONE)
    status = await run_once(world.services)
    assert [one.error for one in status.values() if one.error] == []


async def a_week_with_one_missing(world: World, clock: SteppedClock) -> tuple[Desk, Check]:
    """Reported on Monday, final on Thursday; the check that has not arrived yet comes back too."""
    desk = Desk(world)
    late, *rest = ALL_CHECKS
    for check in rest:
        desk.send(check)
    await at(world, clock, 23, 8)
    await at(world, clock, 26, 12)
    return desk, late


async def test_a_correction_is_in_the_next_report_and_in_no_other(world: World, clock: SteppedClock) -> None:
    desk, late = await a_week_with_one_missing(world, clock)
    clock.now = datetime(2026, 11, 27, 10, 0, tzinfo=ZONE)
    desk.send(late)
    await at(world, clock, 27, 11)
    await at(world, clock, 30, 8)
    await at(world, clock, 7, 8, month=12)
    heading = "往周更正"
    assert heading not in text_of(world, "2026-W47")
    assert heading not in text_of(world, "2026-W49")
    corrected = text_of(world, "2026-W48")
    assert heading in corrected
    assert "王芳 lobby-1 · 第47周 · 第 2 版" in corrected
    assert "迟到同步" in corrected


async def test_after_downtime_a_correction_is_in_the_late_report_and_not_once_more(
    world: World, clock: SteppedClock
) -> None:
    """The report that was due on Monday went out on Tuesday, with what was corrected until then."""
    desk, late = await a_week_with_one_missing(world, clock)
    clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=ZONE)
    desk.send(late)
    clock.forward(minutes=10)
    publish_due(world.services)
    await at(world, clock, 1, 10, month=12)
    await at(world, clock, 7, 8, month=12)
    assert "往周更正" in text_of(world, "2026-W48")
    assert "往周更正" not in text_of(world, "2026-W49")


async def test_the_reader_chooses_the_language(world: World, clock: SteppedClock) -> None:
    with world.services.database.write() as connection:
        user = table_of(User)
        connection.execute(sa.update(user).where(user.c.id == world.users["manager"]).values(language="en"))
    await at(world, clock, 23, 8)
    text = text_of(world, "2026-W47")
    assert "Inspection report · 云顶大堂" in text
    assert "Provisional; final on Thu 26 Nov, 12:00." in text


async def test_after_three_weeks_of_downtime_every_week_has_its_own_report_once(
    world: World, clock: SteppedClock
) -> None:
    await at(world, clock, 14, 8, month=12)
    await at(world, clock, 14, 9, month=12)
    for period in ("2026-W47", "2026-W48", "2026-W49", "2026-W50"):
        assert "云顶大堂" in text_of(world, period)
