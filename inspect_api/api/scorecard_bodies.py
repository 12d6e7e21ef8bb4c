"""What the scorecards' routes answer. Every number comes exact, long and as displayed; every text in both languages."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from msgspec import Struct

from checklists.scoring.arithmetic import display, long_form, to_text
from checklists.scoring.dimension import DimensionScore
from checklists.scoring.lines import Line
from checklists.scoring.week import WeekScore
from checklists.tables import Language
from checklists.template import Bilingual
from inspect_api.i18n import Translator, translator
from inspect_api.scorecards import wording
from inspect_api.scorecards.explain import Explained, ExplainedWeek
from inspect_api.scorecards.shapes import Correction, EmployeeWeek, PublishedVersion, Reason, SiteRef, SiteWeek, Tablet

_ZH, _EN = translator(Language.CHINESE), translator(Language.ENGLISH)


class Number(Struct, frozen=True):
    """``exact``: fraction in lowest terms, ``"800/9"``; ``shown``: half up, one decimal."""

    exact: str
    long: str
    shown: str


class DimensionBody(Struct, frozen=True):
    """``standing``: official, or what is missing for it."""

    dimension: str
    score: Number | None
    official: bool
    grade: str | None
    standing: Bilingual
    weight: int
    inspections: int
    supervisors: int
    days: int
    red_flags: int
    under_review: bool


class ScorecardBody(Struct, frozen=True):
    """``score`` counts every acknowledged push; ``published_total`` is what version ``version`` says."""

    employee_id: str
    number: str
    name: str
    post: str | None
    site_id: str
    week: str
    state: str
    version: int | None
    published_total: Number | None
    superseded: bool
    total: Number | None
    grade: str | None
    ranked: bool
    not_ranked: list[Bilingual]
    previous_total: Number | None
    trend: Number | None
    red_flags: int
    inspections: int
    supervisors: int
    under_review: bool
    dimensions: list[DimensionBody]
    digest: str


class ReasonBody(Struct, frozen=True):
    cause: str
    text: Bilingual
    inspection_id: str | None


class MarkBody(Struct, frozen=True):
    dimension: str
    score: Number | None
    official: bool
    inspections: int


class VersionBody(Struct, frozen=True):
    version: int
    state: str
    total: Number | None
    grade: str | None
    digest: str
    published_at: datetime
    dimensions: list[MarkBody]
    red_flags: int
    reasons: list[ReasonBody]


class CorrectionBody(Struct, frozen=True):
    employee_id: str
    number: str
    name: str
    week: str
    version: int
    old: Number | None
    new: Number | None
    published_at: datetime
    reasons: list[ReasonBody]


class SiteWeekBody(Struct, frozen=True):
    """``not_seen``: ids of those who were at work and were not inspected."""

    site_id: str
    site: str
    week: str
    published_at: datetime | None
    scorecards: list[ScorecardBody]
    not_seen: list[str]
    tablets: list[Tablet]


class LineBody(Struct, frozen=True):
    kind: str
    values: dict[str, str | int]
    text: Bilingual


class PhotoBody(Struct, frozen=True):
    sha256: str
    item: str | None
    state: str


class LostBody(Struct, frozen=True):
    """``points``: what the item cost of the inspection's 100, before any cap."""

    item: str
    text: Bilingual
    standard: Bilingual | None
    sources: list[dict[str, str]]
    critical: bool
    value: str | int
    note: str | None
    points: Number
    photos: list[str]


class ChangeBody(Struct, frozen=True):
    id: str
    stamp: str
    author: str
    received_at: datetime
    fields: dict[str, Any]
    reason: str | None


class SaidBody(Struct, frozen=True):
    author: str
    received_at: datetime
    value: Any
    counts: bool


class ConflictBody(Struct, frozen=True):
    """What was written differently by people who did not know of each other; the first one counts meanwhile."""

    path: str
    text: Bilingual | None
    said: list[SaidBody]


class InspectionBody(Struct, frozen=True):
    """``why_not``: why it does not count in the week; absent outside a week's explanation. ``conflicts``: paths;
    ``conflicting``: the same with every value."""

    id: str
    state: str
    dimension: str | None
    template: Bilingual | None
    template_revision_id: str | None
    template_number: int | None
    employee_id: str | None
    employee: str | None
    workspace: str | None
    supervisor_id: str | None
    supervisor: str | None
    captured_at: datetime | None
    arrived_at: datetime | None
    clock_skewed: bool
    score: Number | None
    uncapped: Number | None
    red_flags: list[str]
    lost: list[LostBody]
    photos: list[PhotoBody]
    conflicts: list[str]
    conflicting: list[ConflictBody]
    changes: list[ChangeBody]
    lines: list[LineBody]
    why_not: Bilingual | None = None


class ExplainBody(Struct, frozen=True):
    scorecard: ScorecardBody
    lines: list[LineBody]
    trend: list[LineBody]
    inspections: list[InspectionBody]


def number(value: Fraction | None) -> Number | None:
    return None if value is None else _number(value)


def _number(value: Fraction) -> Number:
    return Number(to_text(value), long_form(value), display(value))


def _both(text: Any) -> Bilingual:
    """``text``: a function of the translator."""
    return Bilingual(zh=text(_ZH), en=text(_EN))


def scorecard(row: EmployeeWeek) -> ScorecardBody:
    score = row.score
    return ScorecardBody(
        employee_id=row.employee_id,
        number=row.number,
        name=row.name,
        post=row.post_name,
        site_id=row.site.id,
        week=str(row.week),
        state=row.state,
        version=row.version,
        published_total=number(row.published_total),
        superseded=row.superseded,
        total=number(score.total),
        grade=score.grade,
        ranked=score.ranked,
        not_ranked=[_both(lambda t, why=why: wording.not_ranked(why, t)) for why in score.not_ranked],
        previous_total=number(row.previous_total),
        trend=number(row.trend),
        red_flags=score.red_flags,
        inspections=score.inspections,
        supervisors=score.supervisors,
        under_review=score.under_review,
        dimensions=[_dimension(one, row) for one in score.dimensions],
        digest=score.digest,
    )


def _dimension(one: DimensionScore, row: EmployeeWeek) -> DimensionBody:
    rules = row.score.rules

    def standing(t: Translator) -> str:
        return wording.shortfall(one, rules, t) or t.gettext("official")

    return DimensionBody(
        dimension=one.dimension,
        score=number(one.score),
        official=one.official,
        grade=one.grade,
        standing=_both(standing),
        weight=rules.weights.of(one.dimension),
        inspections=one.inspections,
        supervisors=len(one.supervisors),
        days=one.days,
        red_flags=len(one.red_flags),
        under_review=one.under_review,
    )


def site_week(found: SiteWeek) -> SiteWeekBody:
    return SiteWeekBody(
        site_id=found.site.id,
        site=found.site.name,
        week=str(found.week),
        published_at=found.published_at,
        scorecards=[scorecard(row) for row in found.rows],
        not_seen=[row.employee_id for row in found.not_seen],
        tablets=found.tablets,
    )


def version(found: PublishedVersion, content: WeekScore, site: SiteRef) -> VersionBody:
    return VersionBody(
        version=found.version,
        state=found.state,
        total=number(found.total),
        grade=found.grade,
        digest=found.digest,
        published_at=found.published_at,
        dimensions=[
            MarkBody(one.dimension, number(one.score), one.official, one.inspections) for one in content.dimensions
        ],
        red_flags=content.red_flags,
        reasons=_reasons(found.reasons, site),
    )


def correction(found: Correction, site: SiteRef) -> CorrectionBody:
    return CorrectionBody(
        employee_id=found.employee_id,
        number=found.number,
        name=found.name,
        week=str(found.week),
        version=found.version,
        old=number(found.old),
        new=number(found.new),
        published_at=found.published_at,
        reasons=_reasons(found.reasons, site),
    )


def _reasons(reasons: tuple[Reason, ...], site: SiteRef) -> list[ReasonBody]:
    return [
        ReasonBody(
            cause=reason.cause,
            text=_both(lambda t, reason=reason: wording.reason_text(reason, t, site.zone)),
            inspection_id=reason.inspection_id,
        )
        for reason in reasons
    ]


def explained_week(row: EmployeeWeek, explained: ExplainedWeek) -> ExplainBody:
    names = {one.supervisor_id: one.supervisor or "–" for one in explained.inspections if one.supervisor_id}
    return ExplainBody(
        scorecard=scorecard(row),
        lines=[_line(line, names) for line in explained.lines],
        trend=[_line(line, names) for line in explained.trend_lines],
        inspections=[
            inspection(one, None if one.id not in explained.why_not else _both(_why_not(explained, one.id)))
            for one in explained.inspections
        ],
    )


def _why_not(explained: ExplainedWeek, inspection_id: str) -> Any:
    return lambda t: wording.why_not(explained.why_not[inspection_id], t)


def _line(line: Line, names: dict[str, str]) -> LineBody:
    text = Bilingual(zh=line.render(Language.CHINESE, names), en=line.render(Language.ENGLISH, names))
    return LineBody(line.kind, dict(line.values), text)


def inspection(found: Explained, why_not: Bilingual | None = None) -> InspectionBody:
    return InspectionBody(
        id=found.id,
        state=found.state,
        dimension=found.dimension,
        template=found.template.title if found.template else None,
        template_revision_id=found.template_revision_id,
        template_number=found.template_number,
        employee_id=found.employee_id,
        employee=found.employee,
        workspace=found.workspace,
        supervisor_id=found.supervisor_id,
        supervisor=found.supervisor,
        captured_at=found.captured_at,
        arrived_at=found.arrived_at,
        clock_skewed=found.clock_skewed,
        score=number(found.score.score) if found.score else None,
        uncapped=number(found.score.uncapped) if found.score else None,
        red_flags=list(found.score.red_flags) if found.score else [],
        lost=[
            LostBody(
                item=one.item.key,
                text=one.item.text,
                standard=one.item.standard,
                sources=[{"document": source.document, "clause": source.clause} for source in one.item.source],
                critical=one.critical,
                value=one.response.value,
                note=one.response.note,
                points=_number(one.points),
                photos=[photo.sha256 for photo in one.photos],
            )
            for one in found.lost
        ],
        photos=[PhotoBody(photo.sha256, photo.item_key, photo.state) for photo in found.photos],
        conflicts=[one.path for one in found.conflicts],
        conflicting=[
            ConflictBody(
                path=one.path,
                text=one.item.text if one.item else None,
                said=[SaidBody(said.author, said.received_at, said.value, said.counts) for said in one.said],
            )
            for one in found.conflicts
        ],
        changes=[ChangeBody(*(getattr(one, name) for name in ChangeBody.__struct_fields__)) for one in found.changes],
        lines=[_line(line, {}) for line in found.lines],
        why_not=why_not,
    )
