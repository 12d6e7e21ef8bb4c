"""A made-up week of a site with any number of employees, scored by the real rules; the same seed, the same week."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from checklists.ids import new_id
from checklists.periods import Week
from checklists.responses import Response
from checklists.scoring.counting import CountedInspection
from checklists.scoring.rules import ScoringRules
from checklists.scoring.week import Standing, score_week
from checklists.template import Bilingual, Dimension
from inspect_api.reports.content import NOTHING_PROMISED, Promises, WeeklyReport, build_report
from inspect_api.scorecards.explain import Explained
from inspect_api.scorecards.shapes import (
    Cause,
    Correction,
    EmployeeWeek,
    ItemName,
    Reason,
    SiteRef,
    SiteWeek,
    State,
    Tablet,
)
from tests.worked_numbers import GROOMING

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = Week(2026, 47)
NOW = datetime(2026, 11, 23, 0, 0, 20, tzinfo=UTC)
SITE = SiteRef("01939f00-0000-7000-8000-000000000001", "01939f00-0000-7000-8000-000000000002", "浦东税务大厅", ZONE)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("芳", "强", "秀英", "建国", "丽", "伟", "静怡", "志远", "海燕", "俊杰", "雪梅", "明", "国庆", "婷")
POSTS = ("大门岗", "前台", "巡逻岗", "3号窗口", "停车场", "礼宾岗")
SUPERVISORS = ("陈督导", "刘督导", "王督导")


@dataclass
class MadeUp:
    found: SiteWeek
    corrections: list[Correction]
    inspections: dict[str, Explained]

    def report(self, now: datetime = NOW, promises: Promises = NOTHING_PROMISED) -> WeeklyReport:
        return build_report(self.found, self.corrections, self.inspections, ScoringRules(), now, promises)


def make_up(employees: int, *, flags: float = 0.05, seed: int = 47, site: SiteRef = SITE) -> MadeUp:
    """``flags``: the share of inspections with a red flag."""
    chance = random.Random(seed)
    inspections: dict[str, Explained] = {}
    rows = [_row(number, chance, flags, inspections, site) for number in range(employees)]
    rows.sort(key=lambda row: (row.score.total is None, row.score.total or Fraction(), row.number))
    found = SiteWeek(
        site=site,
        week=WEEK,
        rows=rows,
        not_seen=[row for row in rows if not row.seen],
        tablets=_tablets() if employees else [],
        published_at=NOW,
    )
    return MadeUp(found, [_correction(row) for row in rows[2:4]], inspections)


def _row(
    number: int, chance: random.Random, flags: float, inspections: dict[str, Explained], site: SiteRef
) -> EmployeeWeek:
    level = chance.choice((72, 80, 86, 90, 94))
    counted = [
        _inspection(dimension, chance, level, flags, index)
        for dimension in Dimension
        for index in range(0 if number % 17 == 16 else 1 if number % 11 == 10 else chance.choice((2, 3, 3, 4, 5)))
    ]
    for inspection in counted:
        if inspection.red_flags or inspection.low_coverage:
            inspections[inspection.id] = _explained(inspection)
    score = score_week(WEEK, counted, ScoringRules(), ZONE, Standing())
    before = score.total + chance.randint(-60, 40) * Fraction(1, 10) if score.total is not None else None
    return EmployeeWeek(
        employee_id=f"01939f00-0000-7000-8000-{number:012d}",
        number=f"{1000 + number}",
        name=chance.choice(SURNAMES) + chance.choice(GIVEN),
        post_name=chance.choice(POSTS),
        site=site,
        week=WEEK,
        score=score,
        version=0,
        state=State.PROVISIONAL,
        superseded=False,
        published_total=score.total,
        previous_total=before,
        trend=score.total,
    )


def _inspection(dimension: Dimension, chance: random.Random, level: int, flags: float, index: int) -> CountedInspection:
    points = Fraction(min(100, max(30, level + chance.randint(-12, 9))))
    flagged = chance.random() < flags
    return CountedInspection(
        id=new_id(),
        revision="r",
        dimension=dimension,
        template_key="worked_grooming",
        template_revision_id="t",
        subject_id="s",
        supervisor_id=SUPERVISORS[index % 3],
        captured_at=datetime(2026, 11, 16 + index, 1 + chance.randint(0, 8), chance.randint(0, 59), tzinfo=UTC),
        score=min(points, Fraction(59)) if flagged else points,
        uncapped=points,
        red_flags=("worked_grooming.radio",) if flagged else (),
        low_coverage=not flagged and chance.random() < flags / 3,
    )


def _explained(inspection: CountedInspection) -> Explained:
    note = "对讲机未随身携带，称送修，未见登记" if inspection.red_flags else None
    return Explained(
        id=inspection.id,
        organisation_id=SITE.organisation_id,
        site_id=SITE.id,
        state="complete",
        dimension=inspection.dimension,
        template=GROOMING,
        template_revision_id="t",
        template_number=1,
        employee_id=None,
        employee=None,
        workspace=None,
        workspace_id=None,
        supervisor_id=None,
        supervisor=inspection.supervisor_id,
        captured_at=inspection.captured_at,
        clock_skewed=False,
        score=None,
        responses={key: Response("fail", note) for key in inspection.red_flags},
        lost=(),
        photos=(),
        conflicts=(),
        changes=(),
        lines=(),
    )


def _correction(row: EmployeeWeek) -> Correction:
    reason = Reason(
        cause=Cause.REVISION,
        supervisor="刘督导",
        template=Bilingual(zh="仪容仪表", en="Grooming"),
        captured_at=NOW - timedelta(days=10),
        arrived_at=NOW - timedelta(days=3),
        items=(ItemName("worked_grooming.radio", Bilingual(zh="对讲机", en="radio")),),
        note="对讲机当日在维修",
    )
    return Correction(
        employee_id=row.employee_id,
        number=row.number,
        name=row.name,
        week=WEEK.previous(),
        old=Fraction(883, 10),
        new=Fraction(927, 10),
        reasons=(reason,),
        version=2,
        published_at=NOW - timedelta(days=3),
    )


def _tablets() -> list[Tablet]:
    ended = WEEK.ends_at(ZONE)
    return [
        Tablet("r1", "华为平板 03", "刘督导", ended - timedelta(days=2, hours=5), 7, ended - timedelta(days=2)),
        Tablet("r2", "备用平板", "王督导", None, 0, None),
    ]
