"""Counted inspections for tests: the worked checks as the week sees them, and any others."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from checklists.scoring import CountedInspection, DuplicateDecision, ScoringRules, compile_template, score_inspection
from checklists.template import Dimension, Subject, Template
from tests.worked_numbers import Check, site_time

RULES = ScoringRules()
unhurried = settings(deadline=None, max_examples=60)
"""For properties over whole weeks: drawing them takes longer than judging them, above all on a busy machine."""

EMPLOYEE, WORKSPACE = "employee-1", "workspace-1"


def counted(check: Check) -> CountedInspection:
    """The check as the projection of a pushed inspection would give it."""
    template = check.template
    score = score_inspection(compile_template(template), check.responses, {item.key for item in template.items()})
    assert score.score is not None
    assert score.uncapped is not None
    return CountedInspection(
        id=check.name,
        revision=f"revision of {check.name}",
        dimension=template.dimension,
        template_key=template.key,
        template_revision_id=f"{template.key}-1",
        subject_id=EMPLOYEE if template.subject is Subject.EMPLOYEE else WORKSPACE,
        supervisor_id=check.supervisor,
        captured_at=check.captured_at,
        score=score.score,
        uncapped=score.uncapped,
        red_flags=score.red_flags,
        low_coverage=score.low_coverage,
    )


def all_counted(checks: Iterable[Check]) -> tuple[CountedInspection, ...]:
    return tuple(counted(check) for check in checks)


def visit(
    name: str, supervisor: str, captured_at: datetime, score: Fraction | int = 80, **fields: object
) -> CountedInspection:
    """A grooming inspection of the employee."""
    plain = CountedInspection(
        id=name,
        revision="1",
        dimension=Dimension.GROOMING,
        template_key="grooming",
        template_revision_id="grooming-1",
        subject_id=EMPLOYEE,
        supervisor_id=supervisor,
        captured_at=captured_at,
        score=Fraction(score),
        uncapped=Fraction(score),
    )
    return replace(plain, **fields)


def without(check: Check, *names: str) -> Check:
    """The check with these items left unanswered."""
    gone = {f"{check.template.key}.{name}" for name in names}
    return Check(
        check.name,
        check.template,
        check.supervisor,
        check.captured_at,
        {key: response for key, response in check.responses.items() if key not in gone},
    )


def changed(template: Template, key: str, **fields: object) -> Template:
    """The template with one item's fields replaced."""
    sections = tuple(
        replace(section, items=tuple(replace(item, **fields) if item.key == key else item for item in section.items))
        for section in template.sections
    )
    return replace(template, sections=sections)


points = st.fractions(min_value=0, max_value=100, max_denominator=36)


@st.composite
def inspections(draw: st.DrawFn) -> CountedInspection:
    """Any inspection of week 2026-W47 in Shanghai, but for its id."""
    score = draw(points)
    return CountedInspection(
        id="?",
        revision=draw(st.sampled_from(["1", "2"])),
        dimension=draw(st.sampled_from(Dimension)),
        template_key=draw(st.sampled_from(["t1", "t2"])),
        template_revision_id=draw(st.sampled_from(["t1-1", "t1-2"])),
        subject_id=EMPLOYEE,
        supervisor_id=draw(st.sampled_from(["chen", "liu", "wang"])),
        captured_at=site_time(
            draw(st.integers(16, 22)), draw(st.integers(8, 9)), draw(st.sampled_from([0, 5, 10, 15, 40]))
        ),
        score=score,
        uncapped=score,
        low_coverage=draw(st.booleans()),
        low_coverage_accepted=draw(st.sampled_from([None, True, False])),
        duplicate_decision=draw(st.sampled_from([None, *DuplicateDecision])),
        under_review=draw(st.booleans()),
    )


def weeks() -> st.SearchStrategy[list[CountedInspection]]:
    return st.lists(inspections(), max_size=12).map(
        lambda found: [replace(inspection, id=f"i{n}") for n, inspection in enumerate(found)]
    )
