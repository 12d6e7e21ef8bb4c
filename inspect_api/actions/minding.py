"""What happens to corrective actions by rule and by the clock; safe to run at any time, in many processes at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import Week
from checklists.scoring.rules import Grade
from checklists.scoring.week import WeekScore
from checklists.tables import (
    ActionOrigin,
    ActionState,
    ActionStep,
    CorrectiveAction,
    Inspection,
    InspectionState,
    Priority,
    Role,
    RoleGrant,
    TemplateRevision,
    User,
    table_of,
)
from inspect_api import calendars
from inspect_api.actions.life import conclude, judges, publish, record
from inspect_api.actions.reading import ActionView, views
from inspect_api.deadlines import escalate_late
from inspect_api.scorecards.explain import explain_inspections
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.scorecards.versions import is_final, newest
from inspect_api.services import Services
from sync.statements import insert_missing

LOW_GRADES = (Grade.D, Grade.E)

_action = table_of(CorrectiveAction)
_grant = table_of(RoleGrant)
_inspection = table_of(Inspection)
_revision = table_of(TemplateRevision)
_user = table_of(User)


def make_by_rule(services: Services, site: SiteRef, week: Week, scores: dict[str, WeekScore], *, final: bool) -> int:
    """After a publication: an action for every failed critical item, and, once final, for every second low grade.

    ``scores``: what was published, by employee. Gives how many were made; what was made once is never made again.
    """
    with services.database.read() as connection:
        rows = _critical_items(connection, {flag for score in scores.values() for flag in _flags(score)})
        if final:
            rows += _low_grades(connection, site, week, scores)
        rows = _unknown(connection, rows)
    if not rows:
        return 0
    now = services.clock()
    with services.database.write() as connection:
        made = [_finish_row(services, connection, row, now) for row in rows]
        insert_missing(connection, _action, made)
        kept = set(
            connection.execute(sa.select(_action.c.id).where(_action.c.id.in_([row["id"] for row in made]))).scalars()
        )
        for row in made:
            if row["id"] in kept:
                record(connection, row["organisation_id"], row["id"], ActionStep.CREATED, None, now)
        publish(connection, sorted(kept))
    return len(kept)


def _flags(score: WeekScore) -> list[tuple[str, str]]:
    return [(flag.inspection_id, flag.item) for dimension in score.dimensions for flag in dimension.red_flags]


def _critical_items(connection: sa.Connection, flags: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
    explained = explain_inspections(connection, {inspection_id for inspection_id, _ in flags})
    rows = []
    for inspection_id, item_key in sorted(flags):
        inspection = explained[inspection_id]
        items = inspection.template.items() if inspection.template else ()
        item = next((one for one in items if one.key == item_key), None)
        if item is None:
            continue
        rows.append(
            {
                "organisation_id": inspection.organisation_id,
                "site_id": inspection.site_id,
                "origin": ActionOrigin.CRITICAL_ITEM,
                "origin_key": f"{ActionOrigin.CRITICAL_ITEM}:{inspection_id}:{item_key}",
                "inspection_id": inspection_id,
                "item_key": item_key,
                "employee_id": inspection.employee_id,
                "workspace_id": inspection.workspace_id,
                "week": None,
                "task": f"{item.text.zh} / {item.text.en}",
                "priority": Priority.HIGH,
            }
        )
    return rows


def _low_grades(
    connection: sa.Connection, site: SiteRef, week: Week, scores: dict[str, WeekScore]
) -> list[dict[str, Any]]:
    low = {employee_id for employee_id, score in scores.items() if score.grade in LOW_GRADES and score.ranked}
    before = week.previous()
    if not low or before not in is_final(connection, site, [before]):
        return []
    published = newest(connection, site, [before], low)
    return [
        {
            "organisation_id": site.organisation_id,
            "site_id": site.id,
            "origin": ActionOrigin.LOW_GRADE,
            "origin_key": f"{ActionOrigin.LOW_GRADE}:{employee_id}:{week}",
            "inspection_id": None,
            "item_key": None,
            "employee_id": employee_id,
            "workspace_id": None,
            "week": str(week),
            "task": "连续两周评级为 D 或以下，请谈话并定改进计划 / Grade D or worse twice running: agree on a plan",
            "priority": Priority.NORMAL,
        }
        for employee_id in sorted(low)
        if (version := published.get((employee_id, str(before)))) is not None and version.grade in LOW_GRADES
    ]


def _unknown(connection: sa.Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = [row["origin_key"] for row in rows]
    if not keys:
        return []
    known = set(connection.execute(sa.select(_action.c.origin_key).where(_action.c.origin_key.in_(keys))).scalars())
    return [row for row in rows if row["origin_key"] not in known]


def _finish_row(services: Services, connection: sa.Connection, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    return row | {
        "id": new_id(),
        "owner_id": _manager_of(connection, row["site_id"]),
        "state": ActionState.OPEN,
        "due_at": calendars.deadline(connection, row["site_id"], now, services.settings.action_days),
        "created_at": now,
        "reopened": 0,
    }


def _manager_of(connection: sa.Connection, site_id: str) -> str | None:
    """Whoever has managed the site longest; what a rule finds is theirs until they give it to somebody."""
    statement = (
        sa.select(_grant.c.user_id)
        .join(_user, _user.c.id == _grant.c.user_id)
        .where(
            _grant.c.site_id == site_id, _grant.c.role == Role.MANAGER, _grant.c.revoked_at.is_(None), _user.c.active
        )
        .order_by(_grant.c.granted_at, _grant.c.id)
    )
    return connection.execute(statement.limit(1)).scalar()


def escalate_due(services: Services) -> int:
    """Mark every open action that is past its day; gives how many."""
    return escalate_late(services, _action, ActionState.OPEN, _tell_escalated)


def _tell_escalated(connection: sa.Connection, rows: Sequence[Any], now: datetime) -> None:
    for row in rows:
        record(connection, row.organisation_id, row.id, ActionStep.ESCALATED, None, now)
    publish(connection, [row.id for row in rows])


def judge_fixed(services: Services) -> int:
    """Close or reopen what was mended and has been inspected since; gives how many."""
    with services.database.read() as connection:
        found = _judging(connection)
    return sum(_judge(services, view, inspection_id) for view, inspection_id in found)


def _judging(connection: sa.Connection) -> list[tuple[ActionView, str]]:
    """Every action that was mended, with the first inspection since that says whether it is."""
    mended = list(connection.execute(_MENDED).scalars())
    since: dict[tuple[str, str], list[str]] = {}
    for subject in ("employee_id", "workspace_id") if mended else ():
        for row in connection.execute(_since_the_fix(subject, mended)):
            since.setdefault((row.organisation_id, row.id), []).append(row.inspection_id)
    inspections = explain_inspections(connection, {one for ids in since.values() for one in ids})
    found = []
    for (organisation_id, action_id), ids in since.items():
        (view,) = views(connection, organisation_id, _action.c.id == action_id)
        judge = next((one for one in ids if judges(inspections[one], view)), None)
        if judge is not None:
            found.append((view, judge))
    return found


_MENDED = sa.select(_action.c.id).where(
    _action.c.state == sa.literal(ActionState.FIXED.value, literal_execute=True),  # see its index
    _action.c.item_key.is_not(None),
)


def _since_the_fix(subject: str, mended: Sequence[str]) -> sa.Select[Any]:
    """Complete inspections of the same subject and template after the fix, the first one first."""
    before, its_revision = _inspection.alias("before"), _revision.alias("its_revision")
    return (
        sa.select(_action.c.organisation_id, _action.c.id, _inspection.c.id.label("inspection_id"))
        .select_from(_action)
        .join(before, before.c.id == _action.c.inspection_id)
        .join(its_revision, its_revision.c.id == before.c.template_revision_id)
        .join(_inspection, _inspection.c[subject] == _action.c[subject])
        .join(_revision, _revision.c.id == _inspection.c.template_revision_id)
        .where(
            _action.c.id.in_(mended),
            _inspection.c.site_id == _action.c.site_id,
            _inspection.c.state == InspectionState.COMPLETE,
            _inspection.c.captured_at >= _action.c.fixed_at,
            _revision.c.template_key == its_revision.c.template_key,
        )
        .order_by(_action.c.id, _inspection.c.captured_at, _inspection.c.id)
    )


def _judge(services: Services, view: ActionView, inspection_id: str) -> bool:
    now = services.clock()
    with services.database.write() as connection:
        connection.execute(sa.select(_action.c.id).where(_action.c.id == view.id).with_for_update())
        (current,) = views(connection, view.organisation_id, _action.c.id == view.id)
        inspection = explain_inspections(connection, [inspection_id])[inspection_id]
        if current.state != ActionState.FIXED or not judges(inspection, current):
            return False
        conclude(services, connection, current, inspection, None, now)
    return True
