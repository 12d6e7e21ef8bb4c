"""The scorecards of an export made again, with the same pure functions, and compared byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from checklists.periods import Week, week_of
from checklists.scoring import stored
from checklists.scoring.arithmetic import display, from_text, to_text
from checklists.scoring.counting import CountedInspection, DuplicateDecision
from checklists.scoring.digest import SourceInspection
from checklists.scoring.week import NotRanked, Standing, WeekScore, score_week
from checklists.tables import DecisionKind, InspectionState
from inspect_api.exporting import shapes
from inspect_api.exporting.material import Material
from inspect_api.scorecards.arrivals import seen_by
from sync import paths
from sync.merge import merge, value_of
from sync.projection import Projection, StoredChange, declared_photos, project


@dataclass(frozen=True)
class Difference:
    """``week`` and ``version`` are of a scorecard; ``version`` None is the week as it stood when it was exported."""

    employee: str
    week: str
    version: int | None
    zh: str
    en: str


@dataclass(frozen=True)
class Outcome:
    """``same`` of ``compared`` scorecards are the same, byte for byte.

    ``notes``: that words were erased; and replaced versions that are the same under what they say of leave and
    employment, which the register of the file says otherwise: it was changed since, and keeps no history.
    """

    compared: int
    same: int
    differences: tuple[Difference, ...]
    notes: tuple[Difference, ...] = ()


class CannotMake(Exception):
    """A scorecard cannot be made from what is in the file."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def recompute(material: Material) -> Outcome:
    """Every published version, from the changes it names; and every week as it stood, from all that is there."""
    differences = [Difference("", "", None, zh, en) for _, zh, en in material.damage]
    notes: list[Difference] = []
    if material.erased:
        erased = material.erased
        zh = f"{erased} 项变更的文字已按规定清除，其校验值无法核对"
        notes.append(
            Difference("", "", None, zh, f"words of {erased} change(s) were erased; their hashes tell nothing")
        )
    last = {(card.employee_id, card.week): card.version for card in material.scorecards}
    everything = _Everything(material)
    same = 0
    for card in material.scorecards:
        found = _compare_card(material, card)
        person = _person(material, card.employee_id)
        if found is not None and card.version < last[card.employee_id, card.week] and _same_as_told(material, card):
            notes.append(Difference(person, card.week, card.version, *_REGISTER))
            found = None
        same += found is None
        if found is not None:
            differences.append(Difference(person, card.week, card.version, *found))
    for now in material.current:
        found = everything.compare(now)
        same += found is None
        if found is not None:
            differences.append(Difference(_person(material, now.employee_id), now.week, None, *found))
    return Outcome(len(material.scorecards) + len(material.current), same, tuple(differences), tuple(notes))


_REGISTER = (
    "休假或在职信息后来有改动；按当时所记，结果相同",
    "leave or employment were changed since; by what it says of them it is the same",
)


def _person(material: Material, employee_id: str) -> str:
    known = material.employees.get(employee_id)
    return f"{known.number} {known.name}" if known else employee_id


def _compare_card(material: Material, card: shapes.Scorecard) -> tuple[str, str] | None:
    try:
        told = stored.from_json(card.body)
    except msgspec.DecodeError as error:
        return f"内容无法读取：{error}", f"its content cannot be read: {error}"
    total = None if told.total is None else to_text(told.total)
    if (total, told.grade, told.digest, told.week) != (card.total, card.grade, card.digest, card.week):
        return "总分、等级或校验值与其内容不符", "its total, grade or digest is not that of its content"
    try:
        made = _made(material, card, told, _standing(material, card.employee_id, Week.parse(card.week)))
    except CannotMake as error:
        return error.zh, error.en
    return None if stored.to_json(made) == card.body.encode() else describe(told, made)


def _same_as_told(material: Material, card: shapes.Scorecard) -> bool:
    """Whether the version is the same under the standing that it tells itself."""
    try:
        told = stored.from_json(card.body)
        monday = Week.parse(card.week).monday
        employed_from = monday if NotRanked.PROBATION in told.not_ranked else None
        made = _made(material, card, told, Standing(employed_from, NotRanked.ABSENT in told.not_ranked))
    except (CannotMake, msgspec.DecodeError, ValueError):
        return False
    return stored.to_json(made) == card.body.encode()


def _made(material: Material, card: shapes.Scorecard, told: WeekScore, standing: Standing) -> WeekScore:
    sources = [_source(material, card.employee_id, source, card.published_at) for source in told.sources]
    return _score(material, card.week, sources, standing)


def _source(
    material: Material, employee_id: str, source: SourceInspection, published_at: datetime
) -> CountedInspection:
    """The inspection as it was when the version was made: from the changes that its revision is the hash of."""
    changes = _changes_of(material, source)
    made = _project(material, source.id, changes, None)
    counted = _counted(material, source.id, made, published_at)
    if counted is None:
        raise CannotMake(f"检查 {source.id} 按文件内容并不完整", f"inspection {source.id} is not complete in the file")
    if not _concerns(material, made, employee_id):
        raise CannotMake(f"检查 {source.id} 与此人无关", f"inspection {source.id} is not about this employee")
    return counted


def _changes_of(material: Material, source: SourceInspection) -> list[StoredChange]:
    """The first changes that arrived, as far as the version had seen them."""
    arrived = [entry for _, entry in sorted(material.changes.get(source.id, []), key=lambda one: one[0])]
    end = seen_by(source.revision, [entry.change.id for entry in arrived])
    if end is None:
        raise CannotMake(
            f"检查 {source.id} 的变更缺失或多出",
            f"changes of inspection {source.id} are missing, or there are too many",
        )
    return arrived[:end]


def _project(
    material: Material, inspection_id: str, changes: list[StoredChange], arrived: frozenset[str] | None
) -> Projection:
    """``arrived``: SHA-256 of the photos that are there; None: all that are declared."""
    live = merge(entry.change for entry in changes)
    zone = material.zones.get(material.inspections[inspection_id].site_id, material.zone)
    revision = material.revisions.get(value_of(live, paths.TEMPLATE_REVISION) or "")
    there = frozenset(declared_photos(live)) if arrived is None else arrived
    return project(changes, live, revision, zone, there)


def _counted(material: Material, inspection_id: str, made: Projection, at: datetime | None) -> CountedInspection | None:
    """None when it does not score. ``at``: decisions and disputes as they stood then; None for now."""
    complete = made.state is InspectionState.COMPLETE and made.score is not None
    if not complete or made.captured_at is None or made.template_revision_id is None or made.supervisor_id is None:
        return None
    known = material.inspections[inspection_id]
    revision = material.revisions[made.template_revision_id]
    decided = {one.decision: one.counts for one in known.decisions if at is None or one.at <= at}
    duplicate = decided.get(DecisionKind.DUPLICATE)
    return CountedInspection(
        id=inspection_id,
        revision=made.revision,
        dimension=revision.template.dimension,
        template_key=revision.template.key,
        template_revision_id=revision.id,
        subject_id=made.employee_id or made.workspace_id or "",
        supervisor_id=made.supervisor_id,
        captured_at=made.captured_at,
        score=from_text(made.score or ""),
        uncapped=from_text(made.uncapped or made.score or ""),
        red_flags=made.red_flags,
        low_coverage=made.low_coverage,
        low_coverage_accepted=decided.get(DecisionKind.LOW_COVERAGE),
        duplicate_decision=None
        if duplicate is None
        else DuplicateDecision.COUNT
        if duplicate
        else DuplicateDecision.IGNORE,
        under_review=bool(made.view.conflicts) or any(_open(review, at) for review in known.reviews),
    )


def _open(review: shapes.ReviewTime, at: datetime | None) -> bool:
    if at is None:
        return review.answered_at is None
    return review.opened_at <= at and (review.answered_at is None or at < review.answered_at)


def _concerns(material: Material, made: Projection, employee_id: str) -> bool:
    return employee_id in _for_whom(material, made)


def _for_whom(material: Material, made: Projection) -> list[str]:
    if made.employee_id is not None:
        return [made.employee_id]
    at = made.captured_at
    return [
        one.employee_id
        for one in material.responsibilities.get(made.workspace_id or "", [])
        if at is not None and one.starts_at <= at and (one.ends_at is None or at < one.ends_at)
    ]


def _standing(material: Material, employee_id: str, week: Week) -> Standing:
    known = material.employees.get(employee_id)
    if known is None:
        raise CannotMake("文件中没有此员工", "the employee is not in the file")
    away = [(one.first_day, one.last_day) for one in material.absences.get(employee_id, [])]
    days = [week.monday + timedelta(days=number) for number in range(7)]
    employed = [
        day
        for day in days
        if known.employed_from <= day and (known.employed_until is None or day <= known.employed_until)
    ]
    absent = bool(away) and all(any(first <= day <= last for first, last in away) for day in employed)
    return Standing(known.employed_from, absent)


def _score(material: Material, week: str, inspections: Sequence[CountedInspection], standing: Standing) -> WeekScore:
    try:
        return score_week(Week.parse(week), inspections, material.rules[week], material.zone, standing)
    except (KeyError, ValueError) as error:
        raise CannotMake(f"无法计算：{error}", f"it cannot be computed: {error}") from error


class _Everything:
    """All inspections of the file as they stand, by employee and week."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._counted: dict[tuple[str, str], list[CountedInspection]] = {}
        for key, changes in sorted(material.changes.items()):
            arrived = frozenset(material.inspections[key].photos)
            made = _project(material, key, [entry for _, entry in changes], arrived)
            counted = _counted(material, key, made, None)
            if counted is None:
                continue
            week = str(week_of(counted.captured_at, material.zone))
            for employee_id in _for_whom(material, made):
                self._counted.setdefault((employee_id, week), []).append(counted)

    def compare(self, now: shapes.Current) -> tuple[str, str] | None:
        inspections = self._counted.get((now.employee_id, now.week), [])
        try:
            standing = _standing(self._material, now.employee_id, Week.parse(now.week))
            made = _score(self._material, now.week, inspections, standing)
        except CannotMake as error:
            return error.zh, error.en
        if stored.to_json(made) == now.body.encode() and made.digest == now.digest:
            return None
        try:
            return describe(stored.from_json(now.body), made)
        except msgspec.DecodeError as error:
            return f"内容无法读取：{error}", f"its content cannot be read: {error}"


def describe(told: WeekScore, made: WeekScore) -> tuple[str, str]:
    """What of two scorecards of the same week differs, the most telling first."""
    zh, en = [], []
    if told.total != made.total:
        old, new = (display(one.total) if one.total is not None else "–" for one in (told, made))
        zh.append(f"总分：文件为 {old}，重算为 {new}")
        en.append(f"total: {old} in the file, {new} recomputed")
    for before, after in zip(told.dimensions, made.dimensions, strict=False):
        if before != after:
            zh.append(f"{before.dimension}：{before.shown or '–'}，重算为 {after.shown or '–'}")
            en.append(f"{before.dimension}: {before.shown or '–'}, recomputed {after.shown or '–'}")
    differing = {source.id for source in set(told.sources) ^ set(made.sources)}
    if differing:
        zh.append(f"检查不同：{'、'.join(sorted(differing))}")
        en.append(f"other inspections: {', '.join(sorted(differing))}")
    if told.rules != made.rules:
        zh.append("计分规则不同")
        en.append("other scoring rules")
    if not zh:
        zh.append("内容不同")
        en.append("another content")
    return "；".join(zh), "; ".join(en)
