"""What waits for a manager (SCORING §1, §2): inspections of low coverage, and probable duplicates."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import Week, final_at
from checklists.scoring.counting import DuplicateDecision
from checklists.tables import (
    Audit,
    DecisionKind,
    Inspection,
    InspectionDecision,
    InspectionState,
    TemplateRevision,
    User,
    WorkspaceResponsibility,
    table_of,
)
from inspect_api.auth.principal import Principal
from inspect_api.disputes.reviewers import authors, circle
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import collect
from inspect_api.scorecards.service import find_site
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.services import Services
from sync import feed, store
from sync.tables import FeedRow

OPEN_DAYS = 30
"""So long a final week is open to managers; after that only to an administrator (SCORING §5)."""
MAX_REASON = 900

_audit = table_of(Audit)
_decision = table_of(InspectionDecision)
_feed_row = table_of(FeedRow)
_inspection = table_of(Inspection)
_responsibility = table_of(WorkspaceResponsibility)
_revision = table_of(TemplateRevision)
_user = table_of(User)


@dataclass(frozen=True)
class Decision:
    """One decision as people read it. The newest of a kind is in force."""

    kind: DecisionKind
    counts: bool
    reason: str
    by: str
    at: datetime


def decide(
    services: Services, user: Principal, inspection_id: str, kind: DecisionKind, counts: bool, reason: str
) -> None:
    """Let the inspection count, or not. The next version of the scorecards says so, with the reason.

    Problem: NOT_FOUND; FORBIDDEN for whoever inspected or is inspected; CONFLICT when there is nothing to decide.
    """
    now = services.clock()
    why = reason.replace("\x00", "").strip()
    if not why or len(why) > MAX_REASON:
        raise Problem(
            Code.INVALID_FIELD,
            f"请写明原因，不超过 {MAX_REASON} 字",
            f"A reason is needed, up to {MAX_REASON} letters",
            "/reason",
        )
    with services.database.write() as connection:
        store.lock(connection, inspections=[inspection_id])
        row = _decidable(connection, user, inspection_id)
        _require_open(connection, user, row, now)
        if not _waits(connection, row, kind):
            raise Problem(Code.CONFLICT, "这次检查没有需要决定的事项", "There is nothing to decide about it")
        connection.execute(
            _inspection.update()
            .where(_inspection.c.id == inspection_id)
            .values(**_standing(kind, counts), updated_at=now)
        )
        deed = {"kind": kind, "counts": counts, "reason": why}
        own = {"id": new_id(), "organisation_id": user.organisation_id, "actor_id": user.user_id, "at": now}
        connection.execute(_decision.insert(), {**own, "inspection_id": inspection_id, **deed})
        connection.execute(
            _audit.insert(),
            {
                **own,
                "id": new_id(),
                "action": "inspection.decide",
                "object_kind": "inspection",
                "object_id": inspection_id,
                "detail": msgspec.json.encode(deed).decode(),
            },
        )
        # Its view is the same, its number in the feed a new one: whoever follows the feed knows that scores moved.
        feed.publish(connection, _again(connection, row.site_id, inspection_id))


def decisions_of(connection: sa.Connection, inspection_ids: list[str]) -> dict[str, list[Decision]]:
    """Inspection id → what was decided about it, oldest first."""
    found: dict[str, list[Decision]] = {}
    statement = (
        sa.select(_decision, _user.c.name)
        .join(_user, _user.c.id == _decision.c.actor_id)
        .where(_decision.c.inspection_id.in_(sorted(inspection_ids)))
        .order_by(_decision.c.at, _decision.c.id)
    )
    for row in connection.execute(statement):
        made = Decision(DecisionKind(row.kind), row.counts, row.reason, row.name, row.at)
        found.setdefault(row.inspection_id, []).append(made)
    return found


def may_decide(connection: sa.Connection, user: Principal, inspection_id: str) -> bool:
    """Whether the user is one of those who decide about this inspection."""
    try:
        _decidable(connection, user, inspection_id)
    except Problem:
        return False
    return True


def _decidable(connection: sa.Connection, user: Principal, inspection_id: str) -> Any:
    row = connection.execute(
        sa.select(_inspection, _revision.c.template_key)
        .outerjoin(_revision, _revision.c.id == _inspection.c.template_revision_id)
        .where(_inspection.c.id == inspection_id, _inspection.c.organisation_id == user.organisation_id)
    ).one_or_none()
    if row is None or row.state != InspectionState.COMPLETE:
        raise Problem(Code.NOT_FOUND, "没有这次检查", "There is no such inspection")
    wrote = authors(connection, inspection_id)
    if user.user_id in wrote:
        raise Problem(Code.FORBIDDEN, "检查人不能对自己的检查作决定", "Whoever inspected cannot decide about it")
    if user.employee_id is not None and user.employee_id in _concerned(connection, row):
        raise Problem(Code.FORBIDDEN, "不能对本人的检查作决定", "Nobody decides about an inspection of their own")
    allowed = circle(connection, user.organisation_id, row.site_id, apart=wrote, employee_id=row.employee_id)
    if user.user_id not in allowed:
        raise Problem(Code.FORBIDDEN, "您不负责该场所", "You do not manage this site")
    return row


def _concerned(connection: sa.Connection, row: Any) -> set[str]:
    """The employees for whom the inspection counts."""
    if row.employee_id is not None:
        return {row.employee_id}
    statement = sa.select(_responsibility.c.employee_id).where(
        _responsibility.c.workspace_id == row.workspace_id,
        _responsibility.c.starts_at <= row.captured_at,
        sa.or_(_responsibility.c.ends_at.is_(None), _responsibility.c.ends_at > row.captured_at),
    )
    return set(connection.execute(statement).scalars())


def _require_open(connection: sa.Connection, user: Principal, row: Any, now: datetime) -> None:
    site: SiteRef = find_site(connection, row.site_id)
    closed = final_at(Week.parse(row.week), site.zone) + timedelta(days=OPEN_DAYS)
    if now >= closed and not user.is_administrator:
        raise Problem(
            Code.FORBIDDEN,
            f"最终公布已超过 {OPEN_DAYS} 天，须由管理员处理",
            f"It is final for more than {OPEN_DAYS} days: an administrator decides",
        )


def _waits(connection: sa.Connection, row: Any, kind: DecisionKind) -> bool:
    if kind is DecisionKind.LOW_COVERAGE:
        return bool(row.low_coverage)
    if row.duplicate_decision is not None:
        return True
    site = find_site(connection, row.site_id)
    window = timedelta(minutes=collect.rules_of(connection, site, Week.parse(row.week)).duplicate_window_minutes)
    earlier = (
        sa.select(_inspection.c.id)
        .join(_revision, _revision.c.id == _inspection.c.template_revision_id)
        .where(
            _inspection.c.organisation_id == row.organisation_id,
            _inspection.c.id != row.id,
            _inspection.c.state == InspectionState.COMPLETE,
            _inspection.c.supervisor_id == row.supervisor_id,
            _inspection.c.employee_id.is_not_distinct_from(row.employee_id),
            _inspection.c.workspace_id.is_not_distinct_from(row.workspace_id),
            _revision.c.template_key == row.template_key,
            _inspection.c.captured_at >= row.captured_at - window,
            _inspection.c.captured_at <= row.captured_at,
        )
    )
    return connection.execute(earlier.limit(1)).first() is not None


def _standing(kind: DecisionKind, counts: bool) -> dict[str, Any]:
    if kind is DecisionKind.LOW_COVERAGE:
        return {"low_coverage_accepted": counts}
    return {"duplicate_decision": DuplicateDecision.COUNT if counts else DuplicateDecision.IGNORE}


def _again(connection: sa.Connection, site_id: str, inspection_id: str) -> list[feed.Entry]:
    body = connection.execute(
        sa.select(_feed_row.c.body).where(
            _feed_row.c.scope_id == site_id,
            _feed_row.c.kind == feed.INSPECTION,
            _feed_row.c.object_id == inspection_id,
        )
    ).scalar()
    return [] if body is None else [feed.Entry(site_id, feed.INSPECTION, inspection_id, body)]
