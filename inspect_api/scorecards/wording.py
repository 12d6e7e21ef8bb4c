"""What a scorecard says in words, the same in pages, API and mail."""

from zoneinfo import ZoneInfo

from checklists.responses import NOT_APPLICABLE, PASS
from checklists.scoring.counting import WhyNot
from checklists.scoring.dimension import DimensionScore, Shortfall
from checklists.scoring.rules import ScoringRules
from checklists.scoring.week import NotRanked
from checklists.template import Choice, Deduction, Item, Measurement, Rating
from inspect_api.i18n import N_, SPACE, Translator
from inspect_api.scorecards.shapes import Cause, Reason, State

_SHORT = {
    Shortfall.INSPECTIONS: N_("not enough checks (%(found)d of %(needed)d)"),
    Shortfall.SUPERVISORS: N_("not enough supervisors (%(found)d of %(needed)d)"),
    Shortfall.DAYS: N_("not enough days (%(found)d of %(needed)d)"),
}
_STATES = {State.LIVE: "Running", State.PROVISIONAL: "Provisional", State.FINAL: "Final"}
_NOT_RANKED = {
    NotRanked.ABSENT: N_("On leave or not rostered"),
    NotRanked.NO_OFFICIAL_DIMENSION: N_("No official score yet"),
    NotRanked.PROBATION: N_("First days of employment, not ranked"),
    NotRanked.UNDER_REVIEW: N_("Under review, not ranked"),
}
_WHY_NOT = {
    WhyNot.PROBABLE_DUPLICATE: N_("Probable duplicate, waits for a manager"),
    WhyNot.LOW_COVERAGE: N_("Low coverage, waits for a manager"),
    WhyNot.DUPLICATE_IGNORED: N_("Duplicate, not counted"),
    WhyNot.LOW_COVERAGE_REFUSED: N_("Low coverage, not accepted"),
    WhyNot.ABSENT: N_("On leave, not counted"),
}
_CAUSES = {
    Cause.LATE_SYNC: N_("Late sync: %(inspection)s, arrived %(arrived)s."),
    Cause.COMPLETED: N_("Completed late: %(inspection)s, the last part arrived %(arrived)s."),
    Cause.REVISION: N_("Revision: %(inspection)s."),
    Cause.VOID: N_("Voided: %(inspection)s."),
    Cause.WITHDRAWN: N_("No longer counted: %(inspection)s."),
    Cause.DECISION: N_("Decided by a manager: %(inspection)s."),
    Cause.DISPUTE: N_("Dispute upheld, item %(items)s, check: %(inspection)s."),
    Cause.ROSTER: N_("The register was changed: leave or employment."),
}


def shortfall(score: DimensionScore, rules: ScoringRules, t: Translator) -> str:
    """``not enough checks (1 of 3)``; empty when nothing is missing."""
    counts = {
        Shortfall.INSPECTIONS: (score.inspections, rules.min_inspections),
        Shortfall.SUPERVISORS: (len(score.supervisors), rules.min_supervisors),
        Shortfall.DAYS: (score.days, rules.min_days),
    }
    if not score.shortfall:
        return ""
    # The first is the one to mend first: whoever lacks checks nearly always lacks supervisors and days with them.
    kind = score.shortfall[0]
    return missing(kind, *counts[kind], t)


def missing(kind: Shortfall, found: int, needed: int, t: Translator) -> str:
    """``not enough checks (1 of 3)``."""
    return t.gettext(_SHORT[kind]) % {"found": found, "needed": needed}


def state(value: State, version: int | None, t: Translator) -> str:
    """``Running``, ``Provisional``, ``Final``, ``Corrected, version 2``."""
    if version is not None and version > 1:
        return t.gettext("Corrected, version %(version)d") % {"version": version}
    return t.gettext(_STATES[value])


def not_ranked(reason: NotRanked, t: Translator) -> str:
    return t.gettext(_NOT_RANKED[reason])


def why_not(reason: WhyNot, t: Translator) -> str:
    return t.gettext(_WHY_NOT[reason])


def reason_text(reason: Reason, t: Translator, zone: ZoneInfo) -> str:
    """The sentences of one cause; times are those of the site."""
    inspection = t.gettext("%(template)s by %(supervisor)s, captured %(captured)s") % {
        "template": t.choose(reason.template) if reason.template else t.gettext("Inspection"),
        "supervisor": reason.supervisor or "–",
        "captured": t.moment(reason.captured_at, zone) if reason.captured_at else "–",
    }
    arrived = t.moment(reason.arrived_at, zone) if reason.arrived_at else "–"
    names = t.gettext(", ").join(t.choose(item.text) for item in reason.items)
    parts = [t.gettext(_CAUSES[reason.cause]) % {"inspection": inspection, "arrived": arrived, "items": names}]
    if reason.items and reason.cause is not Cause.DISPUTE:
        parts.append(t.gettext("Changed: %(items)s.") % {"items": names})
    if reason.note:
        # Its own full stop, or there would be two.
        parts.append(t.gettext("Reason given: “%(note)s”.") % {"note": reason.note.rstrip(" .。")})
    return t.gettext(SPACE).join(parts)


def said(item: Item, value: str | int, t: Translator) -> str:
    """What a response says: ``fail``, ``level 2 of 4: …``, ``seen 1 ×, 5 points each, at most 15``."""
    if value == NOT_APPLICABLE:
        return t.gettext("not applicable")
    match item.response:
        case Rating(max=most, levels=levels):
            text = next((t.choose(one.text) for one in levels if one.level == value), "")
            level = t.gettext("level %(value)s of %(max)s") % {"value": value, "max": most}
            return f"{level}{t.gettext(': ')}{text}"
        case Choice(options=options):
            return next((t.choose(one.text) for one in options if one.key == value), str(value))
        case Deduction(points=points, cap=cap):
            counted = {"count": value, "points": points, "cap": cap}
            return t.gettext("seen %(count)s ×, %(points)s points each, at most %(cap)s") % counted
        case Measurement(unit=unit):
            return f"{value} {unit}"
    return t.gettext("pass") if value == PASS else t.gettext("fail")
