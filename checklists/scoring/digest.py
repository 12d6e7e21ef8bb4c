"""The SHA-256 by which an auditor sees that a scorecard was made from exactly these inspections under these rules.

Canonical bytes: UTF-8 JSON without spaces, object keys sorted, ``{"inspections": [...], "rules": {...},
"template_revisions": [...]}``. Inspections are in the order of capture time and id; template revisions are sorted.
"""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from checklists.scoring.counting import CountedInspection, DuplicateDecision, in_order
from checklists.scoring.rules import ScoringRules


class SourceInspection(Struct, frozen=True):
    """What a scorecard was made from: an inspection at its revision, and what managers had decided about it."""

    id: str
    revision: str
    template_revision_id: str
    low_coverage_accepted: bool | None
    duplicate_decision: DuplicateDecision | None


def sources_of(inspections: Iterable[CountedInspection]) -> tuple[SourceInspection, ...]:
    """Every inspection once, in the order of capture, whether it counts or not."""
    return tuple(
        SourceInspection(
            id=inspection.id,
            revision=inspection.revision,
            template_revision_id=inspection.template_revision_id,
            low_coverage_accepted=inspection.low_coverage_accepted,
            duplicate_decision=inspection.duplicate_decision,
        )
        for inspection in in_order(inspections)
    )


def canonical_bytes(sources: Sequence[SourceInspection], rules: ScoringRules) -> bytes:
    content = {
        "inspections": sources,
        "rules": rules,
        "template_revisions": sorted({source.template_revision_id for source in sources}),
    }
    return msgspec.json.encode(content, order="sorted")


def digest(sources: Sequence[SourceInspection], rules: ScoringRules) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(sources, rules)).hexdigest()
