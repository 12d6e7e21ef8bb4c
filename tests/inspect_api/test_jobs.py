"""Jobs: one that fails disturbs no other, none runs twice at once, and stopping cuts off nothing."""

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from inspect_api import jobs
from inspect_api.jobs import Job, Jobs, KeepGoing, run_once, start_jobs
from inspect_api.services import Services
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import ALL_CHECKS, ZONE
from tests.world import SteppedClock, World


@pytest.fixture
def clock() -> SteppedClock:
    """Sunday evening of the worked example's week."""
    return SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE))


def mails(services: Services) -> list[Path]:
    return sorted((services.settings.data_dir / "mail").glob("*.eml"))


async def test_a_failing_job_is_visible_and_stops_no_other(services: Services) -> None:
    done: list[str] = []

    async def fail(_: Services, __: KeepGoing) -> None:
        raise OSError("the disk is full\nand more lines")

    async def work(_: Services, __: KeepGoing) -> None:
        done.append("work")

    running = Jobs(services, (Job("fail", fail), Job("work", work)))
    await running.run_once()
    assert done == ["work"]
    assert running.status["fail"].error == "OSError: the disk is full"
    assert running.status["work"].error is None


async def test_a_failing_publication_does_not_keep_the_reports_back(
    world: World, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Services) -> int:
        raise RuntimeError("no")

    monkeypatch.setattr(jobs, "publish_due", fail)
    clock.forward(hours=12)
    status = await run_once(world.services)
    assert status["scorecards"].error == "RuntimeError: no"
    assert len(mails(world.services)) == 1


async def test_a_slow_job_never_runs_twice_at_once_and_then_goes_on(services: Services) -> None:
    at_once: list[int] = []
    running = 0

    async def slow(_: Services, __: KeepGoing) -> None:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0.15)
        running -= 1

    started = Jobs(services, (Job("slow", slow, 0.02),))
    started.start()
    await asyncio.sleep(0.6)
    await started.stop()
    assert set(at_once) == {1}
    assert len(at_once) >= 2


async def test_stopping_waits_for_what_is_under_way(services: Services) -> None:
    steps: list[str] = []
    begun = asyncio.Event()

    async def work(_: Services, keep_going: KeepGoing) -> None:
        begun.set()
        await asyncio.sleep(0.2)
        steps.append("ended")
        steps.append(f"goes on: {keep_going()}")

    started = Jobs(services, (Job("work", work, 60),))
    started.start()
    await begun.wait()
    await started.stop()
    assert steps == ["ended", "goes on: False"]


async def test_monday_morning(world: World, clock: SteppedClock) -> None:
    """From the pushed checks to the manager's mail: published first, then planned, sent once, never again."""
    desk = Desk(world)
    for check in ALL_CHECKS:
        desk.send(check)
    await run_once(world.services)
    assert mails(world.services) == [], "the week is still running"
    clock.now = datetime(2026, 11, 23, 8, 0, 10, tzinfo=ZONE)
    for _ in range(3):
        status = await run_once(world.services)
        assert {name: one.error for name, one in status.items()} == dict.fromkeys(
            ("scorecards", "promises", "mail", "uploads", "replay", "retention")
        )
        clock.forward(minutes=20)
    [written] = mails(world.services)
    mail = message_from_bytes(written.read_bytes(), policy=policy.default)
    text = next(mail.iter_parts()).get_content()
    assert mail["To"].addresses[0].addr_spec == "manager@example.test"
    assert mail["Subject"].startswith("[云顶大堂] 检查周报 2026-W47")
    assert mail["Date"].datetime.astimezone(UTC) == datetime(2026, 11, 23, 0, 0, 10, tzinfo=UTC)
    assert "88.3 B" in text
    assert "暂定结果" in text
    assert "红旗：对讲机" in text


async def test_the_service_runs_them_in_its_own_loop(world: World, clock: SteppedClock) -> None:
    clock.now = datetime(2026, 11, 23, 8, 0, 10, tzinfo=ZONE)
    running = start_jobs(world.services)
    for _ in range(100):
        await asyncio.sleep(0.1)
        if "mail" in running.status and mails(world.services):
            break
    await running.stop()
    assert {one.error for one in running.status.values()} == {None}
