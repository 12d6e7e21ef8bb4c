"""Reporting periods: the ISO week, Monday 00:00 to Sunday 24:00 in the site's zone (SCORING §2, §5).

An instant is an aware datetime; what these functions return is in UTC. Which week an inspection falls into follows from
its capture time corrected for the tablet's clock error, never from its arrival.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from msgspec import Struct

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_PROVISIONAL = time(8, 0)
_FINAL = time(12, 0)
_THURSDAY = 3


class Week(Struct, frozen=True, order=True):
    """One ISO week of the years 1970 to 2999, as text ``"2026-W47"``. ValueError for any other."""

    year: int
    number: int

    def __post_init__(self) -> None:
        # The bound keeps every computation with a week inside the calendar of ``datetime``.
        if not (1970 <= self.year <= 2999 and 1 <= self.number <= date(self.year, 12, 28).isocalendar().week):
            raise ValueError(f"no such ISO week: {self}")

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        match = _WEEK.fullmatch(text)
        if match is None:
            raise ValueError(f"not an ISO week like 2026-W47: {text!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def containing(cls, day: date) -> Self:
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def previous(self) -> "Week":
        return Week.containing(self.monday - timedelta(weeks=1))

    def next(self) -> "Week":
        return Week.containing(self.monday + timedelta(weeks=1))

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """The first instant of Monday, which belongs to this week."""
        return _at(self.monday, time(0), zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The first instant of the next Monday, which does not."""
        return self.next().starts_at(zone)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    # fold=0: a wall time that happens twice means its first; one that is skipped means as far past the skip.
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant at the site. ValueError for a datetime without a zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant.astimezone(zone).date()


def week_of(instant: datetime, zone: ZoneInfo) -> Week:
    return Week.containing(local_day(instant, zone))


def corrected(captured_at: datetime, clock_offset_ms: int) -> datetime:
    """When it happened by the server's clock, in UTC.

    ``captured_at`` is what the tablet believed, ``clock_offset_ms`` what must be added to the tablet's clock to get the
    server's, as last measured. ValueError for a datetime without a zone, OverflowError past the calendar.
    """
    if captured_at.tzinfo is None:
        raise ValueError("an instant needs a zone")
    # To UTC first: adding to a datetime in a zone moves its wall clock, which is wrong across a clock change.
    return captured_at.astimezone(UTC) + timedelta(milliseconds=clock_offset_ms)


def provisional_at(week: Week, zone: ZoneInfo) -> datetime:
    """When the week's provisional numbers are published: Monday 08:00 site time after it."""
    return _at(week.next().monday, _PROVISIONAL, zone)


def final_at(week: Week, zone: ZoneInfo) -> datetime:
    """When the week's version 1 is published: Thursday 12:00 site time after it."""
    return _at(week.next().monday + timedelta(days=_THURSDAY), _FINAL, zone)
