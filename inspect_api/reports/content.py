"""What the weekly report of a site says, from the values of its scorecards. Pure; the same numbers as on the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from checklists.periods import Week, final_at, provisional_at
from checklists.scoring.counting import WhyNot
from checklists.scoring.rules import ScoringRules
from checklists.template import Bilingual
from inspect_api.actions.reading import ActionView
from inspect_api.disputes.reading import DisputeView
from inspect_api.reports.gathered import FlaggedItem, OverdueTask, RedFlag, flagged_items, overdue_tasks
from inspect_api.scorecards.explain import Explained
from inspect_api.scorecards.shapes import Correction, EmployeeWeek, SiteRef, SiteWeek, State, Tablet
from inspect_api.scorecards.week_table import WeekTable, moved, table_row

_WAITING = (WhyNot.PROBABLE_DUPLICATE, WhyNot.LOW_COVERAGE)


@dataclass(frozen=True)
class Decision:
    """An inspection that counts only after a manager has decided."""

    inspection_id: str
    employees: tuple[EmployeeWeek, ...]
    workspace: str | None
    why: WhyNot
    template: Bilingual
    captured_at: datetime
    supervisor: str


@dataclass(frozen=True)
class WeeklyReport:
    """Whole lists, worst first; how many of them are shown is the business of the mail.

    ``average``: mean of the ranked totals; ``average_change``: against the week before, as displayed. ``scored`` have
    a total, lowest first; ``unscored`` were checked, but not often enough; ``not_seen`` were at work and not checked.
    ``disputes`` wait for an answer, the one due first at the top; ``actions`` are overdue. ``disputes_until``: the end
    of the time to dispute a final result.
    """

    site: SiteRef
    week: Week
    state: State
    rules: ScoringRules
    at_work: int
    average: Fraction | None
    average_change: Decimal | None
    grades: Sequence[tuple[str, int]]
    red_flags: Sequence[RedFlag]
    decisions: Sequence[Decision]
    under_review: Sequence[EmployeeWeek]
    disputes: Sequence[DisputeView]
    actions: Sequence[ActionView]
    scored: Sequence[EmployeeWeek]
    unscored: Sequence[EmployeeWeek]
    not_seen: Sequence[EmployeeWeek]
    corrections: Sequence[Correction]
    tablets: Sequence[Tablet]
    final_at: datetime
    disputes_until: datetime

    @property
    def to_do(self) -> int:
        """How many things wait for the manager: as many as are listed under "act today"."""
        conflicts = 1 if self.under_review else 0
        return conflicts + sum(map(len, (self.flagged, self.decisions, self.disputes, self.overdue)))

    @cached_property
    def flagged(self) -> list[FlaggedItem]:
        return flagged_items(self.red_flags)

    @cached_property
    def overdue(self) -> list[OverdueTask]:
        return overdue_tasks(self.actions)

    def change_of(self, row: EmployeeWeek) -> Decimal | None:
        """Against the week before, as displayed."""
        return moved(row.score.total, row.previous_total)


@dataclass(frozen=True)
class Promises:
    """Open disputes and overdue corrective actions of the site; ``dispute_days``: how long one may dispute."""

    disputes: Sequence[DisputeView] = ()
    actions: Sequence[ActionView] = ()
    dispute_days: int = 7

    @property
    def disputing(self) -> frozenset[str]:
        """The employees whose week is under review by a dispute of theirs: it is listed as such, once."""
        return frozenset(dispute.employee_id for dispute in self.disputes)


NOTHING_PROMISED = Promises()


def inspections_to_explain(found: SiteWeek) -> set[str]:
    """The ids whose ``Explained`` the report needs."""
    return {key[0] for key in _flags(found)} | {key[0] for key in _undecided(found)}


def build_report(
    found: SiteWeek,
    corrections: Sequence[Correction],
    inspections: Mapping[str, Explained],
    rules: ScoringRules,
    now: datetime,
    promises: Promises = NOTHING_PROMISED,
) -> WeeklyReport:
    """``inspections``: by id, those of ``inspections_to_explain``. ``now`` decides how far the publication is."""
    table = WeekTable(found.site, found.week, [table_row(row) for row in found.rows])
    final = final_at(found.week, found.site.zone)
    rows = [row for row in found.rows if not row.absent]
    return WeeklyReport(
        site=found.site,
        week=found.week,
        state=_state(found.site, found.week, now),
        rules=rules,
        at_work=len(table.at_work),
        average=table.average,
        average_change=table.average_change,
        grades=table.grades,
        red_flags=_red_flags(found, inspections),
        decisions=_decisions(found, inspections),
        under_review=[row for row in rows if row.score.under_review and row.employee_id not in promises.disputing],
        disputes=promises.disputes,
        actions=promises.actions,
        scored=[row for row in found.rows if row.score.total is not None and not row.absent],
        unscored=[row for row in found.rows if row.score.total is None and row.seen and not row.absent],
        not_seen=found.not_seen,
        corrections=corrections,
        tablets=found.tablets,
        final_at=final,
        disputes_until=final + timedelta(days=promises.dispute_days),
    )


def _state(site: SiteRef, week: Week, now: datetime) -> State:
    """By the calendar, as on the page of the week: an hour of the report before 08:00 comes before the publication."""
    if now >= final_at(week, site.zone):
        return State.FINAL
    return State.PROVISIONAL if now >= provisional_at(week, site.zone) else State.LIVE


def _flags(found: SiteWeek) -> dict[tuple[str, str], list[EmployeeWeek]]:
    """(inspection, item) → whom it counts for: one dirty workspace is one thing to do, not one for each employee."""
    flags: dict[tuple[str, str], list[EmployeeWeek]] = {}
    for row in found.rows:
        for dimension in row.score.dimensions:
            for flag in dimension.red_flags:
                flags.setdefault((flag.inspection_id, flag.item), []).append(row)
    return flags


def _red_flags(found: SiteWeek, inspections: Mapping[str, Explained]) -> list[RedFlag]:
    flags = []
    for (inspection_id, key), employees in _flags(found).items():
        inspection = inspections[inspection_id]
        items = inspection.template.items() if inspection.template else ()
        response = inspection.responses.get(key)
        flags.append(
            RedFlag(
                inspection_id=inspection_id,
                employees=tuple(employees),
                workspace=inspection.workspace,
                item_key=key,
                item=next((item.text for item in items if item.key == key), Bilingual(zh=key, en=key)),
                note=response.note if response else None,
                captured_at=_captured_at(inspection),
                supervisor=inspection.supervisor or "",
            )
        )
    return sorted(flags, key=lambda flag: (flag.captured_at, flag.inspection_id), reverse=True)


def _undecided(found: SiteWeek) -> dict[tuple[str, WhyNot], list[EmployeeWeek]]:
    undecided: dict[tuple[str, WhyNot], list[EmployeeWeek]] = {}
    for row in found.rows:
        for dimension in row.score.dimensions:
            for left_out in dimension.left_out:
                if left_out.reason in _WAITING:
                    undecided.setdefault((left_out.inspection_id, left_out.reason), []).append(row)
    return undecided


def _decisions(found: SiteWeek, inspections: Mapping[str, Explained]) -> list[Decision]:
    decisions = []
    for (inspection_id, why), employees in _undecided(found).items():
        inspection = inspections[inspection_id]
        template = inspection.template
        decisions.append(
            Decision(
                inspection_id=inspection_id,
                employees=tuple(employees),
                workspace=inspection.workspace,
                why=why,
                template=template.title if template else Bilingual(zh="检查", en="Inspection"),
                captured_at=_captured_at(inspection),
                supervisor=inspection.supervisor or "",
            )
        )
    return sorted(decisions, key=lambda decision: (decision.captured_at, decision.inspection_id))


def _captured_at(inspection: Explained) -> datetime:
    if inspection.captured_at is None:
        raise ValueError(f"inspection {inspection.id} counts without a capture time")
    return inspection.captured_at
