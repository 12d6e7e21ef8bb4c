"""Scores: pure functions from responses to scorecards, in exact arithmetic (rule set 1)."""

from checklists.scoring.arithmetic import display, displayed, from_text, to_text
from checklists.scoring.counting import CountedInspection, DuplicateDecision, LeftOut, WhyNot
from checklists.scoring.digest import canonical_bytes, digest, sources_of
from checklists.scoring.dimension import DimensionScore, score_dimension
from checklists.scoring.explain import explain_trend, explain_week
from checklists.scoring.explain_inspection import explain_inspection
from checklists.scoring.inspection import CompiledTemplate, InspectionScore, compile_template, score_inspection
from checklists.scoring.lines import Line, LineKind
from checklists.scoring.rules import Grade, ScoringRules
from checklists.scoring.severity import SeverityObservation, SupervisorPair, severity
from checklists.scoring.stored import from_json, to_json
from checklists.scoring.week import NotRanked, Standing, WeekScore, on_probation, score_week, trend

__all__ = [
    "CompiledTemplate",
    "CountedInspection",
    "DimensionScore",
    "DuplicateDecision",
    "Grade",
    "InspectionScore",
    "LeftOut",
    "Line",
    "LineKind",
    "NotRanked",
    "ScoringRules",
    "SeverityObservation",
    "Standing",
    "SupervisorPair",
    "WeekScore",
    "WhyNot",
    "canonical_bytes",
    "compile_template",
    "digest",
    "display",
    "displayed",
    "explain_inspection",
    "explain_trend",
    "explain_week",
    "from_json",
    "from_text",
    "on_probation",
    "score_dimension",
    "score_inspection",
    "score_week",
    "severity",
    "sources_of",
    "to_json",
    "to_text",
    "trend",
]
