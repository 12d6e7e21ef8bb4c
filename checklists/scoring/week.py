"""The score of one employee's week, its grade, and the trend (SCORING §3)."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from checklists.periods import Week, week_of
from checklists.scoring.arithmetic import display
from checklists.scoring.counting import CountedInspection, LeftOut, WhyNot, in_order
from checklists.scoring.digest import SourceInspection, digest, sources_of
from checklists.scoring.dimension import DimensionScore, score_dimension
from checklists.scoring.rules import Grade, ScoringRules
from checklists.template import Dimension


class Standing(Struct, frozen=True):
    """What the register says of the employee in the week. ``absent``: on leave or not rostered on every day of it."""

    employed_from: date | None = None
    absent: bool = False


class NotRanked(StrEnum):
    ABSENT = "absent"
    NO_OFFICIAL_DIMENSION = "no_official_dimension"
    PROBATION = "probation"
    UNDER_REVIEW = "under_review"


class WeekScore(Struct, frozen=True):
    """A scorecard's content; ``stored`` turns it into the bytes that are kept.

    ``total`` is over the official dimensions, None without one; ``shown`` is it rounded. ``inspections`` and
    ``supervisors`` count what is behind the total. ``sources``: all inspections of the week, counted or not.
    """

    week: str
    rules: ScoringRules
    dimensions: tuple[DimensionScore, ...]
    total: Fraction | None
    shown: str | None
    grade: Grade | None
    ranked: bool
    not_ranked: tuple[NotRanked, ...]
    inspections: int
    supervisors: int
    red_flags: int
    under_review: bool
    template_revisions: tuple[str, ...]
    sources: tuple[SourceInspection, ...]
    digest: str

    def dimension(self, dimension: Dimension) -> DimensionScore:
        return next(score for score in self.dimensions if score.dimension is dimension)


def on_probation(employed_from: date | None, week: Week, rules: ScoringRules) -> bool:
    """Whether any day of the week lies in the first days of employment; such a week is shown and not ranked."""
    return employed_from is not None and week.monday < employed_from + timedelta(days=rules.probation_days)


def score_week(
    week: Week,
    inspections: Collection[CountedInspection],
    rules: ScoringRules,
    zone: ZoneInfo,
    standing: Standing,
) -> WeekScore:
    """Score the complete inspections of one employee (and of the workspaces they answer for) in a week of the site.

    ValueError when an inspection was captured in another week or one id comes with two contents.
    """
    for inspection in inspections:
        if (found := week_of(inspection.captured_at, zone)) != week:
            raise ValueError(f"inspection {inspection.id} was captured in {found}, not in {week}")
    sources = sources_of(inspections)
    dimensions = tuple(_dimension(dimension, inspections, rules, zone, standing) for dimension in Dimension)
    official = [score for score in dimensions if score.official]
    total = _total(official, rules)
    under_review = any(score.under_review for score in dimensions)
    not_ranked = _not_ranked(
        (NotRanked.ABSENT, standing.absent),
        (NotRanked.NO_OFFICIAL_DIMENSION, total is None and not standing.absent),
        (NotRanked.PROBATION, on_probation(standing.employed_from, week, rules)),
        (NotRanked.UNDER_REVIEW, under_review),
    )
    return WeekScore(
        week=str(week),
        rules=rules,
        dimensions=dimensions,
        total=total,
        shown=None if total is None else display(total),
        grade=None if total is None else rules.grade(total),
        ranked=not not_ranked,
        not_ranked=not_ranked,
        inspections=sum(score.inspections for score in official),
        supervisors=len({share.supervisor_id for score in official for share in score.supervisors}),
        red_flags=sum(len(score.red_flags) for score in dimensions),
        under_review=under_review,
        template_revisions=tuple(sorted({source.template_revision_id for source in sources})),
        sources=sources,
        digest=digest(sources, rules),
    )


def _dimension(
    dimension: Dimension,
    inspections: Collection[CountedInspection],
    rules: ScoringRules,
    zone: ZoneInfo,
    standing: Standing,
) -> DimensionScore:
    if not standing.absent:
        return score_dimension(dimension, inspections, rules, zone)
    # Workspaces are inspected while somebody responsible is away; what was found there is not theirs.
    own = in_order(inspection for inspection in inspections if inspection.dimension is dimension)
    nothing = score_dimension(dimension, (), rules, zone)
    left_out = tuple(LeftOut(inspection.id, WhyNot.ABSENT) for inspection in own)
    return replace(nothing, left_out=left_out)


def _total(official: Sequence[DimensionScore], rules: ScoringRules) -> Fraction | None:
    weighted = [(rules.weights.of(score.dimension), score.score) for score in official if score.score is not None]
    weights = sum(weight for weight, _ in weighted)
    if weights == 0:
        return None
    return sum((weight * score for weight, score in weighted), Fraction()) / weights


def _not_ranked(*reasons: tuple[NotRanked, bool]) -> tuple[NotRanked, ...]:
    return tuple(reason for reason, holds in reasons if holds)


def trend(totals: Sequence[Fraction | None], rules: ScoringRules) -> Fraction | None:
    """The weighted mean of up to four calendar weeks' official totals, this week first; None where a week has none.

    A week without a total drops out and the others' weights are renormalised. ValueError for more weeks than weights.
    """
    if len(totals) > len(rules.trend_weights):
        raise ValueError(f"a trend is over {len(rules.trend_weights)} weeks, not {len(totals)}")
    counted = [(weight, total) for weight, total in zip(rules.trend_weights, totals, strict=False) if total is not None]
    if not counted:
        return None
    return sum((weight * total for weight, total in counted), Fraction()) / sum(weight for weight, _ in counted)
