from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from checklists.periods import Week, final_at, provisional_at
from checklists.scoring.stored import from_json
from checklists.tables import Absence, Inspection, Organisation, PublishedWeek, Scorecard, table_of
from inspect_api.scorecards import publication, service
from inspect_api.scorecards.due import due_weeks
from inspect_api.scorecards.publication import publish_due, recheck
from inspect_api.scorecards.shapes import Cause, Correction, PublishedVersion
from tests.databases import both_databases
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_service import absence, moved
from tests.worked_numbers import ALL_CHECKS, CHECK_5S, GROOMING_CHECKS, LATE_CHECK, WEEK, ZONE, site_time
from tests.world import SteppedClock, World

database_kind = both_databases

_scorecard = table_of(Scorecard)
PROVISIONAL, FINAL = provisional_at(WEEK, ZONE), final_at(WEEK, ZONE)
RADIO = "responses/worked_grooming.radio"


def versions(world: World, number: str = "lobby-1", week: Week = WEEK) -> list[PublishedVersion]:
    with world.services.database.read() as connection:
        return service.versions(connection, world.employees[number], week)


def shown(world: World, number: str = "lobby-1") -> list[str | None]:
    with world.services.database.read() as connection:
        rows = connection.execute(
            sa.select(_scorecard.c.body)
            .where(_scorecard.c.employee_id == world.employees[number], _scorecard.c.week == str(WEEK))
            .order_by(_scorecard.c.version)
        ).scalars()
        return [from_json(body).shown for body in rows]


def corrections(world: World, days: int = 30) -> list[Correction]:
    with world.services.database.read() as connection:
        return service.corrections(connection, world.sites["lobby"], FINAL, FINAL + timedelta(days=days))


def publish_at(world: World, clock: SteppedClock, instant: datetime) -> int:
    clock.now = instant
    return publish_due(world.services)


def test_provisional_on_monday_and_final_on_thursday_to_the_second(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    desk.send_all()
    second = timedelta(seconds=1)
    made = [publish_at(world, clock, at) for at in (PROVISIONAL - second, PROVISIONAL, FINAL - second, FINAL, FINAL)]
    assert made == [0, 2, 0, 2, 0]
    assert [(one.version, one.published_at) for one in versions(world)] == [(0, PROVISIONAL), (1, FINAL)]
    assert shown(world) == ["88.3", "88.3"]
    assert [one.total for one in versions(world, "lobby-2")] == [None, None]


def test_a_late_sync_on_tuesday_shows_at_once_and_the_final_one_names_it(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    """Provisional 88.3 → final 89.4, both shown, with the cause."""
    desk.send_all()
    publish_at(world, clock, PROVISIONAL)
    clock.now = site_time(24, 9, 12)
    desk.send(LATE_CHECK)
    with world.services.database.read() as connection:
        now = service.employee_week(connection, world.employees["lobby-1"], WEEK)
    assert (now.score.shown, now.version, now.superseded) == ("89.4", 0, True)
    assert publish_due(world.services) == 0

    publish_at(world, clock, FINAL)

    assert shown(world) == ["88.3", "89.4"]
    (reason,) = versions(world)[1].reasons
    assert (reason.cause, reason.supervisor, reason.inspection_id) == (Cause.LATE_SYNC, "Liu", desk.sent["J"])
    assert (reason.captured_at, reason.arrived_at) == (LATE_CHECK.captured_at, site_time(24, 9, 12))
    assert corrections(world) == []


def test_a_revision_after_the_final_makes_a_new_version_and_the_old_one_stays(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    """Check E without the radio: "88.3 → 92.7"."""
    desk.send_all()
    publish_at(world, clock, FINAL)
    before = versions(world)
    clock.forward(hours=3)
    value = {"value": "not_applicable", "note": "维修中"}
    desk.revise("E", "liu", {RADIO: value}, "对讲机当时在维修", clock.now)

    assert publish_due(world.services) == 1

    assert shown(world) == ["88.3", "92.7"]
    assert versions(world)[:1] == before
    (reason,) = versions(world)[1].reasons
    assert (reason.cause, reason.note) == (Cause.REVISION, "对讲机当时在维修")
    assert [item.text.en for item in reason.items] == ["Radio"]
    (correction,) = corrections(world)
    assert (correction.version, correction.name, correction.old, correction.new) == (
        2,
        "王芳",
        before[0].total,
        versions(world)[1].total,
    )


def test_what_was_on_its_way_while_the_number_was_published_is_told_as_what_it_is(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    """It was stamped before and became visible after: the version says what it had seen, the clock does not."""
    desk.send_all()
    publish_at(world, clock, FINAL)
    clock.now = FINAL - timedelta(seconds=1)
    desk.send(LATE_CHECK)
    desk.revise("E", "liu", {RADIO: {"value": "not_applicable", "note": "维修中"}}, "对讲机当时在维修", clock.now)
    publish_at(world, clock, FINAL + timedelta(seconds=1))
    revision, late = versions(world)[1].reasons
    assert (revision.cause, [item.text.en for item in revision.items]) == (Cause.REVISION, ["Radio"])
    assert revision.note == "对讲机当时在维修"
    assert (late.cause, late.inspection_id) == (Cause.LATE_SYNC, desk.sent["J"])
    assert late.arrived_at == FINAL - timedelta(seconds=1)


def test_a_number_is_published_when_it_is_written_and_not_when_it_was_begun(
    world: World, desk: Desk, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large site takes a while: a report that was planned meanwhile could never have listed it."""
    real = publication.live_scores

    def slowly(*given):  # type: ignore[no-untyped-def]
        found = real(*given)
        desk.send(LATE_CHECK)
        clock.forward(seconds=30)
        return found

    desk.send_all()
    with monkeypatch.context() as patched:
        patched.setattr(publication, "live_scores", slowly)
        publish_at(world, clock, FINAL)
    (first,) = versions(world)
    assert (first.version, first.published_at) == (1, FINAL + timedelta(seconds=30))
    publish_at(world, clock, FINAL + timedelta(minutes=1))
    assert shown(world) == ["88.3", "89.4"]
    assert [reason.cause for reason in versions(world)[1].reasons] == [Cause.LATE_SYNC]


def test_a_void_after_the_final_is_named_with_its_reason(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    publish_at(world, clock, FINAL)
    clock.forward(hours=1)
    desk.revise("E", "liu", {"inspection/void": True}, "认错人", clock.now)
    publish_due(world.services)
    (reason,) = versions(world)[1].reasons
    assert (reason.cause, reason.note, reason.supervisor) == (Cause.VOID, "认错人", "Liu")


def test_what_was_begun_before_and_completed_after_is_no_late_sync(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    """Its draft had arrived in time; the submission came after the number was published."""
    for check in ALL_CHECKS[:-1]:
        desk.send(check)
    desk.send(LATE_CHECK, submitted=False)
    publish_at(world, clock, FINAL)
    clock.forward(hours=1)
    desk.push("liu", desk.pen("liu").change(desk.sent["J"], {"inspection/submitted": True}, clock.now))
    publish_due(world.services)
    assert [reason.cause for reason in versions(world)[1].reasons] == [Cause.COMPLETED]


def test_nothing_that_changes_no_number_makes_a_version(world: World, desk: Desk, clock: SteppedClock) -> None:
    """A draft of a final week arrives: looked at, and left at that, however often."""
    desk.send_all()
    publish_at(world, clock, FINAL)
    clock.forward(minutes=1)
    desk.send(LATE_CHECK, submitted=False)
    assert [publish_due(world.services) for _ in range(3)] == [0, 0, 0]
    clock.forward(minutes=10)
    publish_due(world.services)
    with world.services.database.read() as connection:
        assert due_weeks(connection, clock.now) == []


def test_only_who_was_touched_is_computed_again(
    world: World, desk: Desk, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.send_all()
    publish_at(world, clock, FINAL)
    clock.forward(minutes=10)
    publish_due(world.services)
    asked: list[object] = []
    real = publication.live_scores

    def watch(connection, site, week, employee_ids=None):  # type: ignore[no-untyped-def]
        asked.append(employee_ids)
        return real(connection, site, week, employee_ids)

    monkeypatch.setattr(publication, "live_scores", watch)
    clock.forward(minutes=10)
    publish_due(world.services)
    assert asked == []
    desk.send(LATE_CHECK)
    assert publish_due(world.services) == 1
    assert asked == [{world.employees["lobby-1"]}]


def test_a_workspace_check_after_the_final_corrects_who_answered_for_it(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    for check in ALL_CHECKS[:-1]:
        desk.send(check)
    publish_at(world, clock, FINAL)
    clock.forward(minutes=10)
    desk.send(CHECK_5S)
    assert publish_due(world.services) == 1
    assert len(versions(world, "lobby-1")) == 2
    assert len(versions(world, "lobby-2")) == 1


def test_downtime_is_caught_up_once(world: World, desk: Desk, clock: SteppedClock) -> None:
    """Down from Sunday for three weeks: each week gets its final version, none a provisional one of the past."""
    desk.send_all()
    later = final_at(WEEK.next(), ZONE) + timedelta(days=4)
    assert publish_at(world, clock, later) == 2 * 2 + 2
    assert [one.version for one in versions(world)] == [1]
    assert [one.version for one in versions(world, week=WEEK.next())] == [1]
    assert [one.version for one in versions(world, week=WEEK.next().next())] == [0]
    assert publish_due(world.services) == 0


def test_a_tablet_that_comes_back_after_months_gets_its_week_published(
    world: World, desk: Desk, clock: SteppedClock
) -> None:
    desk.send_all()
    later = FINAL
    for _ in range(20):
        later += timedelta(weeks=1)
        publish_at(world, clock, later)
    old = Week(2026, 40)
    desk.send(moved(GROOMING_CHECKS[0], 49))
    publish_at(world, clock, later + timedelta(weeks=1))
    assert [one.version for one in versions(world, week=old)] == [1]


def test_many_processes_publish_one_version_each(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    clock.now = FINAL
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: publish_due(world.services), range(6)))
    assert [one.version for one in versions(world)] == [1]
    clock.forward(minutes=10)
    desk.send(LATE_CHECK)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: publish_due(world.services), range(6)))
    assert [one.version for one in versions(world)] == [1, 2]


def test_a_crash_between_two_portions_is_made_good(
    world: World, desk: Desk, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first employee's row is in, then the process dies: the next one adds the other and changes nothing."""
    desk.send_all()
    monkeypatch.setattr(publication, "ROWS_AT_ONCE", 1)
    real = publication.insert_missing
    calls = []

    def dies(connection, table, rows):  # type: ignore[no-untyped-def]
        calls.append(rows)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        real(connection, table, rows)

    monkeypatch.setattr(publication, "insert_missing", dies)
    clock.now = PROVISIONAL
    assert publish_due(world.services) == 0
    assert publish_due(world.services) == 1
    assert [len(versions(world, number)) for number in ("lobby-1", "lobby-2")] == [1, 1]


def test_one_site_in_trouble_does_not_hold_up_the_others(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    with world.services.database.write() as connection:
        connection.execute(
            table_of(Inspection)
            .update()
            .where(table_of(Inspection).c.id == desk.sent["A"])
            .values(score="not a number")
        )
        connection.execute(
            table_of(PublishedWeek)
            .insert()
            .values(
                site_id=world.sites["tower"],
                week=str(WEEK),
                organisation_id=world.organisation_id,
                final=False,
                rules="{}",
                checked_until=clock.now,
                published_at=clock.now,
            )
        )
    assert publish_at(world, clock, FINAL) == 2
    assert [len(versions(world, number)) for number in ("lobby-1", "tower-1")] == [0, 1]


def test_a_later_setting_moves_no_published_week(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    publish_at(world, clock, FINAL)
    with world.services.database.write() as connection:
        connection.execute(table_of(Organisation).update().values(scoring_rules='{"min_inspections": 9}'))
    with world.services.database.read() as connection:
        found = service.employee_week(connection, world.employees["lobby-1"], WEEK)
    assert (found.score.shown, found.superseded) == ("88.3", False)
    assert recheck(world.services, world.sites["lobby"], WEEK) == 0


def test_leave_entered_later_is_found_with_the_next_week(world: World, desk: Desk, clock: SteppedClock) -> None:
    desk.send_all()
    publish_at(world, clock, FINAL)
    absence(world, "lobby-1", WEEK.monday, WEEK.sunday)
    clock.forward(minutes=10)
    assert publish_due(world.services) == 0
    publish_at(world, clock, provisional_at(WEEK.next(), ZONE))
    corrected = versions(world)[-1]
    assert (corrected.version, corrected.total) == (2, None)
    assert [reason.cause for reason in corrected.reasons] == [Cause.ROSTER]
    with world.services.database.write() as connection:
        connection.execute(table_of(Absence).delete())
    assert recheck(world.services, world.sites["lobby"], WEEK) == 1
    assert recheck(world.services, world.sites["lobby"], WEEK.next()) == 0
