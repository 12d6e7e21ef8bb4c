"""One line of an explained computation: a stable kind, its numbers, and its sentence in Chinese and English."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from msgspec import Struct

from checklists.scoring.arithmetic import display, long_form, to_text

LANGUAGES = ("zh", "en")
_NAMED = ("inspection", "supervisor")


class LineKind(StrEnum):
    """Stable for ever: exports and other clients rely on these."""

    ITEM_SCORED = "item_scored"
    ITEM_DEDUCTED = "item_deducted"
    ITEM_NOT_APPLICABLE = "item_not_applicable"
    ITEM_OPEN = "item_open"
    ITEM_OPTIONAL_OPEN = "item_optional_open"
    ITEM_INVALID = "item_invalid"
    ITEM_OTHERS_ONLY = "item_others_only"
    SUM_WEIGHTED = "sum_weighted"
    SUM_DEDUCTED = "sum_deducted"
    CRITICAL_CAPPED = "critical_capped"
    CRITICAL_BELOW_CAP = "critical_below_cap"
    COVERAGE = "coverage"
    COVERAGE_LOW = "coverage_low"
    NO_SCORE_OPEN = "no_score_open"
    NO_SCORE_NOTHING = "no_score_nothing"
    DIMENSION = "dimension"
    INSPECTION = "inspection"
    INSPECTION_CAPPED = "inspection_capped"
    INSPECTION_REVIEW = "inspection_review"
    LEFT_OUT_PROBABLE_DUPLICATE = "left_out_probable_duplicate"
    LEFT_OUT_LOW_COVERAGE = "left_out_low_coverage"
    LEFT_OUT_DUPLICATE_IGNORED = "left_out_duplicate_ignored"
    LEFT_OUT_LOW_COVERAGE_REFUSED = "left_out_low_coverage_refused"
    LEFT_OUT_ABSENT = "left_out_absent"
    SUPERVISOR_MEAN = "supervisor_mean"
    DIMENSION_SCORE = "dimension_score"
    DIMENSION_NONE = "dimension_none"
    OFFICIAL = "official"
    SHORT_INSPECTIONS = "short_inspections"
    SHORT_SUPERVISORS = "short_supervisors"
    SHORT_DAYS = "short_days"
    TOTAL = "total"
    TOTAL_NONE = "total_none"
    BEHIND_TOTAL = "behind_total"
    GRADE = "grade"
    RANKED = "ranked"
    NOT_RANKED_ABSENT = "not_ranked_absent"
    NOT_RANKED_NO_OFFICIAL_DIMENSION = "not_ranked_no_official_dimension"
    NOT_RANKED_PROBATION = "not_ranked_probation"
    NOT_RANKED_UNDER_REVIEW = "not_ranked_under_review"
    SOURCE = "source"
    TREND_WEEK = "trend_week"
    TREND_WEEK_NONE = "trend_week_none"
    TREND = "trend"
    TREND_NONE = "trend_none"


Values = dict[str, str | int]


class Line(Struct, frozen=True):
    """``values``: texts and whole numbers; ``inspection`` and ``supervisor`` among them are ids.

    A fraction x comes in three forms: ``x`` ("800/9"), ``x_long`` ("88.8888…") and ``x_shown`` ("88.9").
    """

    kind: LineKind
    values: Mapping[str, str | int]

    def render(self, language: str, names: Mapping[str, str] = MappingProxyType({})) -> str:
        """The sentence in ``"zh"`` or ``"en"``; ``names`` says what an id is called. ValueError for other languages."""
        if language not in LANGUAGES:
            raise ValueError(f"no texts in {language!r}")
        shown = dict(self.values)
        for key in _NAMED:
            if key in shown:
                shown[key] = names.get(str(shown[key]), shown[key])
        return TEXTS[self.kind][LANGUAGES.index(language)].format_map(shown)


def number(name: str, value: Fraction) -> Values:
    """The three forms of a fraction in a line's values."""
    return {name: to_text(value), f"{name}_long": long_form(value), f"{name}_shown": display(value)}


TEXTS: Mapping[LineKind, tuple[str, str]] = {
    LineKind.ITEM_SCORED: (
        "{item_zh}：{response_zh}，权重 {weight} × {value_long} = {earned_long}",
        "{item_en}: {response_en}, weight {weight} × {value_long} = {earned_long}",
    ),
    LineKind.ITEM_DEDUCTED: (
        "{item_zh}：{count} 次 × {points} 分，最多扣 {cap} 分，扣 {lost} 分",
        "{item_en}: seen {count} ×, {points} points each, at most {cap}: {lost} off",
    ),
    LineKind.ITEM_NOT_APPLICABLE: (
        "{item_zh}：不适用，不计入（权重 {weight}）",
        "{item_en}: not applicable, leaves both sums (weight {weight})",
    ),
    LineKind.ITEM_OPEN: ("{item_zh}：未作答，必答项", "{item_en}: unanswered, and required"),
    LineKind.ITEM_OPTIONAL_OPEN: (
        "{item_zh}：未作答，选答项，不计入（权重 {weight}）",
        "{item_en}: unanswered and optional, leaves both sums (weight {weight})",
    ),
    LineKind.ITEM_INVALID: (
        "{item_zh}：无法识别的答案“{value}”",
        "{item_en}: the response “{value}” is not one of this item's",
    ),
    LineKind.ITEM_OTHERS_ONLY: (
        "{item_zh}：不适用于该岗位、着装款式或季节",
        "{item_en}: is not for this post type, dress variant or season",
    ),
    LineKind.SUM_WEIGHTED: (
        "得分 = 100 × {earned_long} ÷ {applicable} = {score_long}，显示为 {score_shown}",
        "Score = 100 × {earned_long} ÷ {applicable} = {score_long}, shown as {score_shown}",
    ),
    LineKind.SUM_DEDUCTED: (
        "得分 = 100 − {lost} = {score_shown}（最低 0）",
        "Score = 100 − {lost} = {score_shown} (never below 0)",
    ),
    LineKind.CRITICAL_CAPPED: (
        "★ 关键项未通过：{items_zh}。本次最高 {cap}，由 {uncapped_shown} 降为 {score_shown}",
        "★ critical item failed: {items_en}. Capped at {cap}: {uncapped_shown} becomes {score_shown}",
    ),
    LineKind.CRITICAL_BELOW_CAP: (
        "★ 关键项未通过：{items_zh}。得分未超过上限 {cap}，不变",
        "★ critical item failed: {items_en}. The score is not above the cap of {cap} and stays",
    ),
    LineKind.COVERAGE: (
        "覆盖率：{judged} / {to_judge}（低于 {threshold} % 为覆盖不足）",
        "Coverage: {judged} of {to_judge} (low below {threshold} %)",
    ),
    LineKind.COVERAGE_LOW: (
        "覆盖不足：{judged} / {to_judge}，低于 {threshold} %，须经理认可后才计入",
        "Low coverage: {judged} of {to_judge}, below {threshold} %; counts only after a manager accepts it",
    ),
    LineKind.NO_SCORE_OPEN: (
        "没有得分：{open} 个必答项未作答或答案无法识别",
        "No score: {open} required responses are missing or not valid",
    ),
    LineKind.NO_SCORE_NOTHING: ("没有得分：没有可计分的项目", "No score: no item could be judged"),
    LineKind.DIMENSION: ("{dimension_zh}", "{dimension_en}"),
    LineKind.INSPECTION: (
        "检查 {inspection}，{supervisor}，{day}：{score_long}，显示为 {score_shown}",
        "Inspection {inspection}, {supervisor}, {day}: {score_long}, shown as {score_shown}",
    ),
    LineKind.INSPECTION_CAPPED: (
        "检查 {inspection}，{supervisor}，{day}：{score_shown}（★ 关键项未通过，封顶前 {uncapped_shown}）",
        "Inspection {inspection}, {supervisor}, {day}: {score_shown} "
        "(★ critical item failed, {uncapped_shown} before the cap)",
    ),
    LineKind.INSPECTION_REVIEW: (
        "检查 {inspection} 正在复核，仍计入",
        "Inspection {inspection} is under review and keeps counting",
    ),
    LineKind.LEFT_OUT_PROBABLE_DUPLICATE: (
        "检查 {inspection} 暂不计入：与已计入的检查相隔不超过 {minutes} 分钟，可能重复，待经理决定",
        "Inspection {inspection} does not count yet: within {minutes} minutes of one that counts, a probable duplicate "
        "until a manager decides",
    ),
    LineKind.LEFT_OUT_LOW_COVERAGE: (
        "检查 {inspection} 暂不计入：覆盖不足，待经理决定",
        "Inspection {inspection} does not count yet: low coverage, until a manager decides",
    ),
    LineKind.LEFT_OUT_DUPLICATE_IGNORED: (
        "检查 {inspection} 不计入：经理认定为重复",
        "Inspection {inspection} does not count: a manager found it a duplicate",
    ),
    LineKind.LEFT_OUT_LOW_COVERAGE_REFUSED: (
        "检查 {inspection} 不计入：覆盖不足，经理未认可",
        "Inspection {inspection} does not count: low coverage, not accepted by a manager",
    ),
    LineKind.LEFT_OUT_ABSENT: (
        "检查 {inspection} 不计入：本周休假或未排班",
        "Inspection {inspection} does not count: on leave or not rostered this week",
    ),
    LineKind.SUPERVISOR_MEAN: (
        "{supervisor} 的平均分：({terms}) ÷ {inspections} = {mean_long}，计 min({inspections}, {cap}) = {effective} 次",
        "Mean of {supervisor}: ({terms}) ÷ {inspections} = {mean_long}, weighs min({inspections}, {cap}) = {effective}",
    ),
    LineKind.DIMENSION_SCORE: (
        "{dimension_zh} = ({terms}) ÷ {divisor} = {score_long}，显示为 {score_shown}",
        "{dimension_en} = ({terms}) ÷ {divisor} = {score_long}, shown as {score_shown}",
    ),
    LineKind.DIMENSION_NONE: ("没有计入的检查", "No inspection counts"),
    LineKind.OFFICIAL: (
        "正式成绩：{inspections} 次检查、{supervisors} 名督导、{days} 天，等级 {grade}",
        "Official: checks {inspections}, supervisors {supervisors}, days {days}; grade {grade}",
    ),
    LineKind.SHORT_INSPECTIONS: (
        "检查次数不足（{found} / {needed}），不评级，不计入总分",
        "Not enough checks ({found} of {needed}): not graded, not in the total",
    ),
    LineKind.SHORT_SUPERVISORS: (
        "督导人数不足（{found} / {needed}），不评级，不计入总分",
        "Not enough supervisors ({found} of {needed}): not graded, not in the total",
    ),
    LineKind.SHORT_DAYS: (
        "检查天数不足（{found} / {needed}），不评级，不计入总分",
        "Not enough days ({found} of {needed}): not graded, not in the total",
    ),
    LineKind.TOTAL: (
        "总分 = ({terms}) ÷ {divisor} = {total_long}，显示为 {total_shown}",
        "Total = ({terms}) ÷ {divisor} = {total_long}, shown as {total_shown}",
    ),
    LineKind.TOTAL_NONE: ("没有总分", "No total"),
    LineKind.BEHIND_TOTAL: (
        "总分依据：{inspections} 次检查、{supervisors} 名督导",
        "Behind the total: {inspections} checks, {supervisors} supervisors",
    ),
    LineKind.GRADE: (
        "等级按显示的总分 {total_shown}：{grade}（A ≥ {a}，B ≥ {b}，C ≥ {c}，D ≥ {d}，其余 E）",
        "Grade from the shown total {total_shown}: {grade} (A ≥ {a}, B ≥ {b}, C ≥ {c}, D ≥ {d}, else E)",
    ),
    LineKind.RANKED: ("参加排名", "Ranked"),
    LineKind.NOT_RANKED_ABSENT: ("不排名：休假或未排班", "Not ranked: on leave or not rostered"),
    LineKind.NOT_RANKED_NO_OFFICIAL_DIMENSION: ("不排名：没有正式成绩", "Not ranked: no official score"),
    LineKind.NOT_RANKED_PROBATION: (
        "不排名：入职未满 {days} 天",
        "Not ranked: in the first {days} days of employment",
    ),
    LineKind.NOT_RANKED_UNDER_REVIEW: ("不排名：复核中", "Not ranked: under review"),
    LineKind.SOURCE: (
        "规则版本 {rules}，{inspections} 次检查，模板版本 {templates}，SHA-256 {digest}",
        "Rules {rules}, {inspections} inspections, template revisions {templates}, SHA-256 {digest}",
    ),
    LineKind.TREND_WEEK: (
        "{weeks_ago} 周前：{total_long}，权重 {weight}",
        "Week −{weeks_ago}: {total_long}, weight {weight}",
    ),
    LineKind.TREND_WEEK_NONE: ("{weeks_ago} 周前：没有总分，不计入", "Week −{weeks_ago}: no total, drops out"),
    LineKind.TREND: (
        "趋势 = ({terms}) ÷ {divisor} = {trend_long}，显示为 {trend_shown}",
        "Trend = ({terms}) ÷ {divisor} = {trend_long}, shown as {trend_shown}",
    ),
    LineKind.TREND_NONE: ("没有趋势：四周内都没有总分", "No trend: none of the weeks has a total"),
}
