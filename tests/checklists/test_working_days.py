"""Deadlines are counted in the working days of the site."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from checklists.working_days import end_of_day, end_of_working_day, is_working_day

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
# New Year 2027: Friday 1 January is a holiday, Saturday 9 January is worked instead.
CALENDAR = {date(2027, 1, 1): False, date(2027, 1, 9): True}


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "days", "last_day"),
    [
        ("2026-11-23T09:00", 3, date(2026, 11, 26)),  # Monday → Thursday
        ("2026-11-23T23:59", 3, date(2026, 11, 26)),  # the hour makes no difference
        ("2026-11-26T12:00", 3, date(2026, 12, 1)),  # over a weekend
        ("2026-11-28T12:00", 1, date(2026, 11, 30)),  # from a Saturday
        ("2026-12-31T12:00", 1, date(2027, 1, 4)),  # over a holiday and the weekend behind it
        ("2027-01-08T12:00", 1, date(2027, 1, 9)),  # a Saturday that is worked
    ],
)
def test_the_deadline_is_the_end_of_a_working_day(start: str, days: int, last_day: date) -> None:
    assert end_of_working_day(at(start), days, CALENDAR, SHANGHAI) == end_of_day(last_day, SHANGHAI)


def test_the_day_is_that_of_the_site() -> None:
    instant = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Tuesday 01:00 in Shanghai, Monday noon in New York
    assert end_of_working_day(instant, 1, {}, SHANGHAI) == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    assert end_of_working_day(instant, 1, {}, NEW_YORK) == datetime(2026, 11, 25, 5, 0, tzinfo=UTC)


def test_a_day_of_23_hours_ends_at_midnight() -> None:
    assert end_of_day(date(2026, 3, 8), NEW_YORK) == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)


def test_weekends_and_exceptions() -> None:
    assert is_working_day(date(2026, 11, 23), {})
    assert not is_working_day(date(2026, 11, 28), {})
    assert not is_working_day(date(2027, 1, 1), CALENDAR)
    assert is_working_day(date(2027, 1, 9), CALENDAR)


def test_no_working_day_is_an_error_and_no_endless_search() -> None:
    start = date(2026, 1, 1).toordinal()
    closed = {date.fromordinal(start + n): False for n in range(800)}
    with pytest.raises(ValueError, match="no working day"):
        end_of_working_day(at("2026-01-01T09:00"), 1, closed, SHANGHAI)
    with pytest.raises(ValueError, match="at least one"):
        end_of_working_day(at("2026-01-01T09:00"), 0, {}, SHANGHAI)
