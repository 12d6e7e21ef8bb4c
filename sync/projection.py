"""From the changes of an inspection to what is read of it: state, view, score, findings, evidence. Pure."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from checklists.periods import Week, corrected, week_of
from checklists.responses import Response, check_response, is_failed
from checklists.scoring.arithmetic import display, to_text
from checklists.scoring.inspection import InspectionScore, score_inspection
from checklists.tables import InspectionState
from sync import paths
from sync.merge import Live, Write, conflicts, merge, value_of
from sync.messages import Change, InspectionView, LiveWrite
from sync.revisions import LoadedRevision

VERSION = 1
"""Raise it whenever the same changes give another projection than before: then all are made anew (``replaying``)."""
SKEW_LIMIT_MS = 5 * 60 * 1000
_EARLIEST = datetime(1970, 1, 8, tzinfo=UTC)
_LATEST = datetime(2999, 1, 1, tzinfo=UTC)


class StoredChange(Struct, frozen=True):
    """A change with what the server knows of its arrival."""

    change: Change
    author_id: str
    skew_ms: int | None = None


class FindingRow(Struct, frozen=True):
    item_key: str
    value: str
    note: str | None
    critical: bool


class EvidenceRow(Struct, frozen=True):
    sha256: str
    item_key: str | None
    taken_at: str | None


class Projection(Struct, frozen=True):
    """``revision``: SHA-256 over the ids of the changes. ``captured_at``: corrected, UTC. ``score``: once complete."""

    state: InspectionState
    revision: str
    supervisor_id: str | None
    template_revision_id: str | None
    dimension: str | None
    employee_id: str | None
    workspace_id: str | None
    captured_at: datetime | None
    week: Week | None
    score: str | None
    uncapped: str | None
    red_flags: tuple[str, ...]
    unanswered: tuple[str, ...]
    missing_photos: tuple[str, ...]
    low_coverage: bool
    clock_skewed: bool
    view: InspectionView
    findings: list[FindingRow]
    evidence: list[EvidenceRow]


def declared_photos(live: Live) -> dict[str, Any]:
    """SHA-256 → declaration, of the photos that the live writes declare and none has taken back."""
    found = {}
    for path, writes in live.items():
        if path.startswith(paths.EVIDENCE) and writes[0].value is not None:
            found[path.removeprefix(paths.EVIDENCE)] = writes[0].value
    return found


def project(
    stored: list[StoredChange],
    live: Live,
    revision: LoadedRevision | None,
    zone: ZoneInfo,
    arrived: frozenset[str],
) -> Projection:
    """``live``: ``merge`` of the changes. ``revision``: the pinned one. ``arrived``: SHA-256 of stored photos."""
    by_id = {entry.change.id: entry for entry in stored}
    beginning = live.get(paths.TEMPLATE_REVISION)
    captured_at = _captured_at(live.get(paths.CAPTURED_AT), by_id)
    employee_id = value_of(live, paths.EMPLOYEE)
    workspace_id = value_of(live, paths.WORKSPACE)
    begun = bool(beginning and revision and captured_at and (employee_id or workspace_id))

    responses, not_understood = responses_of(live, revision)
    score = None
    if begun and revision is not None:
        circumstances = circumstances_of(live)
        score = score_inspection(revision.compiled, responses, revision.applicable(circumstances))
    photos = declared_photos(live)
    missing = tuple(sorted(photos.keys() - arrived))
    state = _state(live, begun, score, missing)
    complete = state is InspectionState.COMPLETE
    skewed = any(_is_skewed(entry) for entry in stored)
    points = score.score if score and complete else None
    uncapped = score.uncapped if score and complete else None
    unanswered = score.unanswered if score else ()
    view = InspectionView(
        state=state,
        writes=_writes(live, by_id),
        score=display(points) if points is not None else None,
        conflicts=conflicts(live) if len(by_id) > 1 else [],
        missing_photos=list(missing),
        unanswered=list(unanswered),
        not_understood=not_understood,
        clock_skewed=skewed,
    )
    return Projection(
        state=state,
        revision=sha256("\n".join(sorted(by_id)).encode()).hexdigest(),
        supervisor_id=by_id[beginning[0].change_id].author_id if beginning else None,
        template_revision_id=revision.id if revision else None,
        dimension=revision.template.dimension if revision else None,
        employee_id=employee_id,
        workspace_id=workspace_id,
        captured_at=captured_at,
        week=week_of(captured_at, zone) if captured_at else None,
        score=to_text(points) if points is not None else None,
        uncapped=to_text(uncapped) if uncapped is not None else None,
        red_flags=score.red_flags if score and complete else (),
        unanswered=unanswered,
        missing_photos=missing,
        low_coverage=bool(score and score.low_coverage),
        clock_skewed=skewed,
        view=view,
        findings=_findings(responses, revision, score) if complete else [],
        evidence=[EvidenceRow(key, value.get("item"), value.get("taken_at")) for key, value in photos.items()],
    )


def project_changes(
    stored: list[StoredChange], revision: LoadedRevision | None, zone: ZoneInfo, arrived: frozenset[str]
) -> Projection:
    return project(stored, merge(entry.change for entry in stored), revision, zone, arrived)


def _state(live: Live, begun: bool, score: InspectionScore | None, missing: tuple[str, ...]) -> InspectionState:
    if not begun or score is None:
        return InspectionState.WAITING
    if value_of(live, paths.VOID) is True:
        return InspectionState.VOID
    if value_of(live, paths.SUBMITTED) is not True:
        return InspectionState.DRAFT
    if missing or score.unanswered or score.invalid:
        return InspectionState.INCOMPLETE
    return InspectionState.COMPLETE


def _captured_at(writes: tuple[Write, ...] | None, by_id: dict[str, StoredChange]) -> datetime | None:
    if not writes:
        return None
    try:
        told = datetime.fromisoformat(writes[0].value)
        instant = corrected(told, by_id[writes[0].change_id].change.clock_offset_ms or 0)
    except (TypeError, ValueError, OverflowError):
        return None
    # A clock can believe any year; what lies outside the calendar of weeks is flagged as skewed, not refused.
    return max(_EARLIEST, min(instant, _LATEST))


def circumstances_of(live: Live) -> paths.Circumstances:
    """What the inspection began with; nothing known where it does not say, or not so that we understand it."""
    value = value_of(live, paths.CIRCUMSTANCES)
    try:
        return msgspec.convert(value, paths.Circumstances) if value is not None else paths.Circumstances()
    except msgspec.ValidationError:
        return paths.Circumstances()


def responses_of(live: Live, revision: LoadedRevision | None) -> tuple[dict[str, Response], list[str]]:
    """The responses that fit the template, and the paths that do not."""
    if revision is None:
        return {}, []
    responses, others = revision.split((path, writes[0].value) for path, writes in live.items())
    not_understood = []
    start = len(paths.RESPONSES)
    for path, value in others:
        if not path.startswith(paths.RESPONSES) or value is None:
            continue
        item = revision.items.get(path[start:])
        try:
            response = msgspec.convert(value, Response)
        except msgspec.ValidationError:
            item = None
        if item is None or check_response(item, response) is not None:
            not_understood.append(path)
        else:
            responses[item.key] = response
    return responses, sorted(not_understood)


def _findings(
    responses: dict[str, Response], revision: LoadedRevision | None, score: InspectionScore | None
) -> list[FindingRow]:
    if revision is None or score is None:
        return []
    rows = []
    for key in score.below_full:  # nothing that got full marks can be a finding
        item, response = revision.items[key], responses[key]
        if is_failed(item, response):
            note = response.note.replace("\x00", "") if response.note else None  # PostgreSQL keeps no NUL
            rows.append(FindingRow(key, str(response.value), note, item.critical))
    return rows


def _writes(live: Live, by_id: dict[str, StoredChange]) -> list[LiveWrite]:
    if len(by_id) == 1:
        (entry,) = by_id.values()
        return [LiveWrite(entry.change.stamp, entry.author_id, entry.change.fields, entry.change.reason)]
    fields: dict[str, dict[str, Any]] = {}
    for path, writes in live.items():
        for write in writes:
            fields.setdefault(write.change_id, {})[path] = write.value
    groups = [
        LiveWrite(by_id[key].change.stamp, by_id[key].author_id, dict(sorted(group.items())), by_id[key].change.reason)
        for key, group in fields.items()
    ]
    return sorted(groups, key=lambda group: group.stamp)


def _is_skewed(entry: StoredChange) -> bool:
    return abs(entry.change.clock_offset_ms or 0) > SKEW_LIMIT_MS or abs(entry.skew_ms or 0) > SKEW_LIMIT_MS
