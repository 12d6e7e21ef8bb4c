"""Reading scorecards: a site's week, one employee's week, its history, and what was corrected since."""

from inspect_api.scorecards.shapes import (
    Cause,
    Correction,
    EmployeeWeek,
    PublishedVersion,
    Reason,
    SiteRef,
    SiteWeek,
    State,
    Tablet,
)

__all__ = [
    "Cause",
    "Correction",
    "EmployeeWeek",
    "PublishedVersion",
    "Reason",
    "SiteRef",
    "SiteWeek",
    "State",
    "Tablet",
]
