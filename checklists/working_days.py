"""The working days of a site: Monday to Friday, less its holidays, and the weekend days that it works instead."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from checklists.periods import local_day

Calendar = Mapping[date, bool]
"""Day → whether it is worked, for the days that differ from the week."""

_SATURDAY = 5
_LONGEST_CLOSURE = 366


def is_working_day(day: date, calendar: Calendar) -> bool:
    return calendar.get(day, day.weekday() < _SATURDAY)


def end_of_working_day(start: datetime, days: int, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The end, in UTC, of the ``days``-th working day after the day of ``start`` at the site.

    The day of ``start`` is never counted: whoever objects in the evening gives nobody a day less. ValueError for less
    than one day, or for a calendar without a working day for a year.
    """
    if days < 1:
        raise ValueError("at least one working day")
    day = local_day(start, zone)
    left, closed = days, 0
    while left:
        day += timedelta(days=1)
        closed = 0 if is_working_day(day, calendar) else closed + 1
        if closed > _LONGEST_CLOSURE:
            raise ValueError("the calendar has no working day")
        left -= closed == 0
    return end_of_day(day, zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after the day at the site, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone).astimezone(UTC)
