"""The score of one employee, one week, one dimension (SCORING §2)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import Struct

from checklists.periods import local_day
from checklists.scoring.arithmetic import display
from checklists.scoring.counting import CountedInspection, LeftOut, in_order, select
from checklists.scoring.rules import Grade, ScoringRules
from checklists.template import Dimension


class Shortfall(StrEnum):
    """What is missing for an official score."""

    INSPECTIONS = "inspections"
    SUPERVISORS = "supervisors"
    DAYS = "days"


class SupervisorShare(Struct, frozen=True):
    """``mean`` of the supervisor's ``inspections``, which weighs ``effective`` = min(inspections, supervisor cap)."""

    supervisor_id: str
    inspections: int
    effective: int
    mean: Fraction


class RedFlag(Struct, frozen=True):
    inspection_id: str
    item: str


class DimensionScore(Struct, frozen=True):
    """``score`` is None without an inspection that counts; ``shown`` is it rounded. Only an ``official`` one is graded.

    ``counted``: inspection ids in the order of capture. ``supervisors``: by id.
    """

    dimension: Dimension
    score: Fraction | None
    shown: str | None
    official: bool
    grade: Grade | None
    inspections: int
    days: int
    supervisors: tuple[SupervisorShare, ...]
    counted: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    shortfall: tuple[Shortfall, ...]
    red_flags: tuple[RedFlag, ...]
    under_review: bool


def score_dimension(
    dimension: Dimension, inspections: Iterable[CountedInspection], rules: ScoringRules, zone: ZoneInfo
) -> DimensionScore:
    """The score over one employee's inspections of a week; those of other dimensions are passed over.

    ``zone``: the site's, for counting days. ValueError when one id comes with two contents.
    """
    ordered = in_order(inspection for inspection in inspections if inspection.dimension is dimension)
    counted, left_out = select(ordered, rules)
    supervisors = _shares(counted, rules)
    days = len({local_day(inspection.captured_at, zone) for inspection in counted})
    shortfall = _shortfall(len(counted), len(supervisors), days, rules)
    score = _weighted_mean(supervisors)
    official = score is not None and not shortfall
    return DimensionScore(
        dimension=dimension,
        score=score,
        shown=None if score is None else display(score),
        official=official,
        grade=rules.grade(score) if score is not None and official else None,
        inspections=len(counted),
        days=days,
        supervisors=supervisors,
        counted=tuple(inspection.id for inspection in counted),
        left_out=left_out,
        shortfall=shortfall,
        red_flags=tuple(RedFlag(inspection.id, item) for inspection in counted for item in inspection.red_flags),
        under_review=any(inspection.under_review for inspection in counted),
    )


def _shares(counted: Sequence[CountedInspection], rules: ScoringRules) -> tuple[SupervisorShare, ...]:
    scores: dict[str, list[Fraction]] = {}
    for inspection in counted:
        scores.setdefault(inspection.supervisor_id, []).append(inspection.score)
    return tuple(
        SupervisorShare(supervisor, len(own), min(len(own), rules.supervisor_cap), sum(own, Fraction()) / len(own))
        for supervisor, own in sorted(scores.items())
    )


def _weighted_mean(supervisors: Sequence[SupervisorShare]) -> Fraction | None:
    if not supervisors:
        return None
    total = sum((share.effective * share.mean for share in supervisors), Fraction())
    return total / sum(share.effective for share in supervisors)


def _shortfall(inspections: int, supervisors: int, days: int, rules: ScoringRules) -> tuple[Shortfall, ...]:
    checks = (
        (Shortfall.INSPECTIONS, inspections, rules.min_inspections),
        (Shortfall.SUPERVISORS, supervisors, rules.min_supervisors),
        (Shortfall.DAYS, days, rules.min_days),
    )
    return tuple(kind for kind, found, needed in checks if found < needed)
