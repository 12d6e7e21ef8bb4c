"""When a weekly mail is due, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from checklists.periods import Week, week_of

CATCH_UP = timedelta(weeks=4)
"""What came due in a longer downtime is history, not news; it is on the pages."""


def due_at(week: Week, zone: ZoneInfo, hour: int, weekday: int = 0) -> datetime:
    """When the mail on ``week`` is due: ``weekday`` days after the Monday that follows it, ``hour`` o'clock on the wall
    clock of ``zone``, as UTC.

    An hour that the clock change skips means as far past the change; one that it repeats means the first.
    """
    day = week.next().monday + timedelta(days=weekday)
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def weeks_due(now: datetime, zone: ZoneInfo, hour: int, since: datetime, weekday: int = 0) -> list[Week]:
    """The weeks whose mail came due in ``since`` < t ≤ ``now``, oldest first, at most ``CATCH_UP`` back."""
    since = max(since, now - CATCH_UP)
    week = week_of(now, zone).previous()
    found: list[Week] = []
    while (due := due_at(week, zone, hour, weekday)) > since:
        if due <= now:
            found.append(week)
        week = week.previous()
    return found[::-1]
