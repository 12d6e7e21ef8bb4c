"""Weeks of a site: year boundaries, zones, both daylight-saving days, and the tablet's clock error."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.periods import Week, corrected, final_at, local_day, provisional_at, week_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
AUCKLAND = ZoneInfo("Pacific/Auckland")
TEHRAN = ZoneInfo("Asia/Tehran")
ZONES = (SHANGHAI, BERLIN, NEW_YORK, AUCKLAND, TEHRAN, ZoneInfo("UTC"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_week_is_text_and_comes_back() -> None:
    week = Week(2026, 47)
    assert str(week) == "2026-W47"
    assert Week.parse("2026-W47") == week
    assert (week.monday, week.sunday) == (date(2026, 11, 16), date(2026, 11, 22))


@pytest.mark.parametrize(
    "text", ["2026-47", "2026-W7", "2026-W00", "2025-W53", "2026-W54", "2026-W47\n", "w", "0000-W01", "9999-W52"]
)
def test_a_week_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO week"):
        Week.parse(text)


def test_weeks_cross_the_year_by_the_iso_calendar() -> None:
    assert Week(2026, 53).next() == Week(2027, 1)
    assert Week(2027, 1).previous() == Week(2026, 53)
    assert Week(2025, 52).next() == Week(2026, 1)
    assert week_of(utc("2027-01-03T12:00"), SHANGHAI) == Week(2026, 53)
    assert week_of(utc("2025-12-29T12:00"), SHANGHAI) == Week(2026, 1)
    assert sorted([Week(2027, 1), Week(2026, 9), Week(2026, 53)]) == [Week(2026, 9), Week(2026, 53), Week(2027, 1)]


def test_the_week_is_that_of_the_site_and_not_of_the_server_or_the_tablet() -> None:
    sunday_evening_utc = utc("2026-11-22T16:00")  # Monday 00:00 in Shanghai
    assert week_of(sunday_evening_utc, SHANGHAI) == Week(2026, 48)
    assert week_of(sunday_evening_utc - timedelta(microseconds=1), SHANGHAI) == Week(2026, 47)
    assert week_of(sunday_evening_utc, NEW_YORK) == Week(2026, 47)
    assert week_of(sunday_evening_utc.astimezone(NEW_YORK), SHANGHAI) == Week(2026, 48)
    assert local_day(sunday_evening_utc, SHANGHAI) == date(2026, 11, 23)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22, 16)  # noqa: DTZ001 - the case under test
    with pytest.raises(ValueError, match="zone"):
        week_of(naive, SHANGHAI)
    with pytest.raises(ValueError, match="zone"):
        corrected(naive, 0)


@pytest.mark.parametrize(
    ("week", "zone", "hours"),
    [
        (Week(2026, 13), BERLIN, 167),  # clocks go forward on Sunday 29 March
        (Week(2026, 43), BERLIN, 169),  # and back on Sunday 25 October
        (Week(2026, 10), NEW_YORK, 167),
        (Week(2026, 44), NEW_YORK, 169),
        (Week(2026, 14), AUCKLAND, 169),
        (Week(2026, 13), SHANGHAI, 168),
    ],
)
def test_a_week_with_a_clock_change_is_an_hour_shorter_or_longer(week: Week, zone: ZoneInfo, hours: int) -> None:
    assert week.ends_at(zone) - week.starts_at(zone) == timedelta(hours=hours)


def test_both_instants_of_the_hour_that_happens_twice_stay_in_their_week() -> None:
    first, second = utc("2026-10-25T00:30"), utc("2026-10-25T01:30")  # both 02:30 in Berlin
    assert week_of(first, BERLIN) == week_of(second, BERLIN) == Week(2026, 43)


def test_a_monday_whose_midnight_is_skipped_begins_where_the_clock_lands() -> None:
    # On Monday 22 March 2021 clocks in Tehran went from 00:00 to 01:00.
    week = Week(2021, 12)
    assert week.starts_at(TEHRAN) == utc("2021-03-21T20:30")
    assert week_of(week.starts_at(TEHRAN), TEHRAN) == week


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2035, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
def test_every_instant_lies_in_exactly_the_week_it_is_given(instant: datetime, zone: ZoneInfo) -> None:
    week = week_of(instant, zone)
    assert week.starts_at(zone) <= instant < week.ends_at(zone)
    assert week.ends_at(zone) == week.next().starts_at(zone)
    assert week.next().previous() == week


def test_publication_is_monday_morning_and_thursday_noon_site_time() -> None:
    assert provisional_at(Week(2026, 47), SHANGHAI) == utc("2026-11-23T00:00")
    assert final_at(Week(2026, 47), SHANGHAI) == utc("2026-11-26T04:00")


def test_publication_keeps_site_time_over_a_clock_change() -> None:
    # The week of the change is published after it: summer time in March, winter time in October.
    assert provisional_at(Week(2026, 13), BERLIN) == utc("2026-03-30T06:00")
    assert provisional_at(Week(2026, 12), BERLIN) == utc("2026-03-23T07:00")
    assert final_at(Week(2026, 43), BERLIN) == utc("2026-10-29T11:00")


def test_the_tablets_clock_error_decides_the_week() -> None:
    # The tablet is two minutes fast: it believes Monday 00:01, it was Sunday 23:59.
    believed = datetime(2026, 11, 23, 0, 1, tzinfo=timezone(timedelta(hours=8)))
    assert week_of(corrected(believed, 0), SHANGHAI) == Week(2026, 48)
    assert week_of(corrected(believed, -120_000), SHANGHAI) == Week(2026, 47)


def test_a_correction_across_a_clock_change_is_elapsed_time() -> None:
    believed = datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)  # an hour before the clocks go back
    assert corrected(believed, 7_200_000) == utc("2026-10-25T01:30")
