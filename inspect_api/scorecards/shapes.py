"""What the scorecards service answers; pages, API and mail show nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from checklists.periods import Week

if TYPE_CHECKING:
    from checklists.scoring.week import WeekScore


class State(StrEnum):
    """How far the week's publication has come."""

    LIVE = "live"
    PROVISIONAL = "provisional"
    FINAL = "final"


class Cause(StrEnum):
    """Why a published number was followed by another one."""

    LATE_SYNC = "late_sync"
    COMPLETED = "completed"
    REVISION = "revision"
    VOID = "void"
    WITHDRAWN = "withdrawn"
    ROSTER = "roster"


class Reason(Struct, frozen=True, omit_defaults=True):
    """One cause, stored as JSON with the version that it made; ``scorecards.reasons`` says it in words.

    ``items``: the keys of the items that a revision changed. ``note``: what the person who changed it wrote.
    ``arrived_at``: when the change reached the server.
    """

    cause: Cause
    inspection_id: str | None = None
    supervisor: str | None = None
    template: dict[str, str] | None = None
    captured_at: datetime | None = None
    arrived_at: datetime | None = None
    items: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class SiteRef:
    id: str
    organisation_id: str
    name: str
    zone: ZoneInfo


@dataclass(frozen=True)
class PublishedVersion:
    """One row of the history of an employee's week. ``total``: exact; None without an official dimension."""

    version: int
    total: Fraction | None
    grade: str | None
    digest: str
    reasons: tuple[Reason, ...]
    published_at: datetime

    @property
    def state(self) -> State:
        return State.PROVISIONAL if self.version == 0 else State.FINAL


@dataclass(frozen=True)
class EmployeeWeek:
    """An employee's week as it stands now: ``score`` counts every acknowledged push.

    ``version`` is the newest published one, None before Monday 08:00; ``superseded`` says that the score has moved
    since and the next version is about to be made. ``previous_total``: the total of the week before. ``trend``: four
    weeks, weighted. ``red_flags``: failed critical items of the week. ``under_review``: inspections in conflict.
    """

    employee_id: str
    number: str
    name: str
    post_name: str | None
    site: SiteRef
    week: Week
    score: WeekScore
    version: int | None
    state: State
    superseded: bool
    previous_total: Fraction | None
    trend: Fraction | None
    red_flags: int
    under_review: int

    @property
    def inspections(self) -> int:
        return len(self.score.inspections)


@dataclass(frozen=True)
class Tablet:
    """A replica that has not synced since the week ended, or still holds something. ``unsent``: changes and photos."""

    replica_id: str
    device_name: str
    user_name: str
    last_seen_at: datetime | None
    unsent: int
    oldest_unsent_at: datetime | None


@dataclass(frozen=True)
class SiteWeek:
    """Everyone of a site in one week. ``not_seen``: who was at work and was not inspected at all."""

    site: SiteRef
    week: Week
    rows: list[EmployeeWeek]
    not_seen: list[EmployeeWeek]
    tablets: list[Tablet]
    published_at: datetime | None = None


@dataclass(frozen=True)
class Correction:
    """A version made after the final one; ``old`` and ``new`` are exact totals."""

    employee_id: str
    number: str
    name: str
    week: Week
    old: Fraction | None
    new: Fraction | None
    reasons: tuple[Reason, ...]
    version: int
    published_at: datetime
