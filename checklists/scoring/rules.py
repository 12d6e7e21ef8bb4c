"""What an organisation may set about its scores; the defaults are the rule set of SCORING (``rules: 1``)."""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta, Struct

from checklists.scoring.arithmetic import displayed
from checklists.template import Dimension

Points = Annotated[int, Meta(ge=0, le=100)]
Weight = Annotated[int, Meta(ge=0, le=100)]
AtLeastOne = Annotated[int, Meta(ge=1, le=100)]


class Grade(StrEnum):
    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class DimensionWeights(Struct, frozen=True, forbid_unknown_fields=True):
    grooming: Weight = 30
    post_standing: Weight = 40
    workspace_5s: Weight = 30

    def __post_init__(self) -> None:
        if not any(self.of(dimension) for dimension in Dimension):
            raise ValueError("至少一个维度的权重须大于 0 / at least one dimension needs a weight above 0")

    def of(self, dimension: Dimension) -> int:
        weight: int = getattr(self, dimension.value)
        return weight


class GradeThresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """The displayed points from which a grade begins; below ``d`` it is E."""

    a: Points = 90
    b: Points = 80
    c: Points = 70
    d: Points = 60

    def __post_init__(self) -> None:
        if not self.a > self.b > self.c > self.d:
            raise ValueError("等级分数线须逐级降低 / grade thresholds must fall from A to D")


class ScoringRules(Struct, frozen=True, forbid_unknown_fields=True):
    """An empty JSON object decodes to the defaults; a wrong setting raises msgspec.ValidationError.

    ``min_…``: what makes a dimension official. ``supervisor_cap``: how many inspections of one supervisor count in
    full. ``trend_weights``: this week first. ``duplicate_window_minutes``: both ends included. ``probation_days``:
    from the first day of employment. ``severity_…``: when a calibration session is asked for.
    """

    version: Literal[1] = 1
    weights: DimensionWeights = DimensionWeights()
    min_inspections: AtLeastOne = 3
    min_supervisors: AtLeastOne = 2
    min_days: Annotated[int, Meta(ge=1, le=7)] = 2
    supervisor_cap: AtLeastOne = 3
    grades: GradeThresholds = GradeThresholds()
    trend_weights: tuple[AtLeastOne, AtLeastOne, AtLeastOne, AtLeastOne] = (4, 3, 2, 1)
    duplicate_window_minutes: Annotated[int, Meta(ge=0, le=1440)] = 10
    probation_days: Annotated[int, Meta(ge=0, le=366)] = 14
    severity_pairs: AtLeastOne = 10
    severity_points: Points = 5

    def grade(self, score: Fraction) -> Grade:
        """The grade of the **displayed** score: 89.95 shows as 90.0, so it is an A."""
        shown = displayed(score)
        steps = ((self.grades.a, Grade.A), (self.grades.b, Grade.B), (self.grades.c, Grade.C), (self.grades.d, Grade.D))
        return next((grade for threshold, grade in steps if shown >= Decimal(threshold)), Grade.E)
