"""What the scorecards service answers; pages, API and mail show nothing else."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import Struct

from checklists.periods import Week
from checklists.scoring.week import NotRanked, WeekScore
from checklists.template import Bilingual


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
    DECISION = "decision"
    DISPUTE = "dispute"
    ROSTER = "roster"


class ItemName(Struct, frozen=True):
    key: str
    text: Bilingual


class Reason(Struct, frozen=True, omit_defaults=True):
    """One cause, stored as JSON with the version that it made; ``scorecards.reasons`` says it in words.

    ``items``: what a revision or a dispute changed. ``note``: what the person who changed it wrote. ``arrived_at``:
    when that reached the server.
    """

    cause: Cause
    inspection_id: str | None = None
    supervisor: str | None = None
    template: Bilingual | None = None
    captured_at: datetime | None = None
    arrived_at: datetime | None = None
    items: tuple[ItemName, ...] = ()
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

    ``version`` is the newest published one, None before Monday 08:00, ``published_total`` its total; ``superseded``
    says that the score has moved since and that the next version is about to be made. ``previous_total``: the total of
    the week before. ``trend``: four weeks, weighted. ``red_flags``: failed critical items of the week.
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
    published_total: Fraction | None
    previous_total: Fraction | None
    trend: Fraction | None

    @property
    def red_flags(self) -> int:
        return self.score.red_flags

    @property
    def checks(self) -> int:
        """Inspections that count, also those of dimensions that are not official."""
        return sum(dimension.inspections for dimension in self.score.dimensions)

    @property
    def seen(self) -> bool:
        """Whether anybody inspected them at all."""
        return bool(self.score.sources)

    @property
    def absent(self) -> bool:
        return NotRanked.ABSENT in self.score.not_ranked


@dataclass(frozen=True)
class WeekTotal:
    """One point of an employee's history. ``version``: None while nothing is published."""

    week: Week
    total: Fraction | None
    grade: str | None
    version: int | None


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
    """Everyone of a site in one week, the lowest total first and without a total last.

    ``not_seen``: who was at work and was not inspected at all. ``published_at``: when the week last was, if ever.
    """

    site: SiteRef
    week: Week
    rows: list[EmployeeWeek]
    not_seen: list[EmployeeWeek]
    tablets: list[Tablet]
    published_at: datetime | None


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
