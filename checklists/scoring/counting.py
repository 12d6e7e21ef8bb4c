"""Which inspections of an employee's week count (SCORING §2); what does not count is listed with its reason."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from checklists.scoring.rules import ScoringRules
from checklists.template import Dimension


class DuplicateDecision(StrEnum):
    """What a manager decided about a probable duplicate."""

    COUNT = "count"
    IGNORE = "ignore"


class CountedInspection(Struct, frozen=True):
    """A complete inspection as the scorecard sees it.

    ``revision``: what changes when its content does. ``subject_id``: the employee or the workspace inspected; a
    workspace's inspection is given for every employee responsible for it at the capture time. ``captured_at``:
    corrected for the tablet's clock error. ``low_coverage_accepted``: None until a manager decides.
    """

    id: str
    revision: str
    dimension: Dimension
    template_key: str
    template_revision_id: str
    subject_id: str
    supervisor_id: str
    captured_at: datetime
    score: Fraction
    uncapped: Fraction
    red_flags: tuple[str, ...] = ()
    low_coverage: bool = False
    low_coverage_accepted: bool | None = None
    duplicate_decision: DuplicateDecision | None = None
    under_review: bool = False

    def __post_init__(self) -> None:
        if self.captured_at.tzinfo is None:
            raise ValueError(f"inspection {self.id}: captured_at needs a zone")


class WhyNot(StrEnum):
    """Why an inspection does not count. The first two wait for a manager's decision."""

    PROBABLE_DUPLICATE = "probable_duplicate"
    LOW_COVERAGE = "low_coverage"
    DUPLICATE_IGNORED = "duplicate_ignored"
    LOW_COVERAGE_REFUSED = "low_coverage_refused"
    ABSENT = "absent"


class LeftOut(Struct, frozen=True):
    inspection_id: str
    reason: WhyNot


def in_order(inspections: Iterable[CountedInspection]) -> tuple[CountedInspection, ...]:
    """Each inspection once, by capture time and id, so that the order of arrival cannot matter.

    ValueError when one id comes with two contents: which of them is current only the caller knows.
    """
    by_id: dict[str, CountedInspection] = {}
    for inspection in inspections:
        if by_id.setdefault(inspection.id, inspection) != inspection:
            raise ValueError(f"inspection {inspection.id} was given with two contents")
    return tuple(sorted(by_id.values(), key=lambda inspection: (inspection.captured_at, inspection.id)))


def select(
    ordered: Sequence[CountedInspection], rules: ScoringRules
) -> tuple[tuple[CountedInspection, ...], tuple[LeftOut, ...]]:
    """Those that count, and those that do not; both in the order given, which must be that of ``in_order``.

    A probable duplicate is measured from the one that **counts**, not from the one before it: of checks at 0, 8 and 16
    minutes the third counts again. What a manager decided stands whatever else arrives.
    """
    window = timedelta(minutes=rules.duplicate_window_minutes)
    last_counted: dict[tuple[str, str, str], datetime] = {}
    counted: list[CountedInspection] = []
    left_out: list[LeftOut] = []
    for inspection in ordered:
        visit = (inspection.supervisor_id, inspection.subject_id, inspection.template_key)
        before = last_counted.get(visit)
        close = before is not None and inspection.captured_at - before <= window
        reason = _why_not(inspection, close)
        if reason is not None:
            left_out.append(LeftOut(inspection.id, reason))
            continue
        counted.append(inspection)
        last_counted[visit] = inspection.captured_at
    return tuple(counted), tuple(left_out)


def _why_not(inspection: CountedInspection, close_to_counted: bool) -> WhyNot | None:
    if inspection.duplicate_decision is DuplicateDecision.IGNORE:
        return WhyNot.DUPLICATE_IGNORED
    if inspection.low_coverage and inspection.low_coverage_accepted is None:
        return WhyNot.LOW_COVERAGE
    if inspection.low_coverage and not inspection.low_coverage_accepted:
        return WhyNot.LOW_COVERAGE_REFUSED
    if close_to_counted and inspection.duplicate_decision is None:
        return WhyNot.PROBABLE_DUPLICATE
    return None
