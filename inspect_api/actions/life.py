"""The life of a corrective action: made, mended, inspected again, closed or opened again; escalated when it is late."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.responses import NOT_APPLICABLE, is_failed
from checklists.tables import (
    ActionOrigin,
    ActionState,
    ActionStep,
    CorrectiveAction,
    CorrectiveActionEvent,
    Finding,
    InspectionState,
    Priority,
    table_of,
)
from checklists.working_days import end_of_day
from inspect_api import calendars
from inspect_api.actions.reading import ActionView, feed_entry, possible_owners, readable_action
from inspect_api.auth.principal import Principal
from inspect_api.photos.own import require_own_photo
from inspect_api.problems import Code, Problem
from inspect_api.scorecards.explain import Explained, explain_inspections
from inspect_api.services import Services
from sync import feed

MAX_TEXT = 900

_action = table_of(CorrectiveAction)
_event = table_of(CorrectiveActionEvent)
_finding = table_of(Finding)


class Plan(NamedTuple):
    """What somebody decides about an action. ``owner_id``: None for nobody yet."""

    task: str
    owner_id: str | None
    due_on: date
    priority: Priority


def create(services: Services, user: Principal, inspection_id: str, item_key: str, plan: Plan) -> str:
    """From a failed item, by a manager or supervisor of its site; gives its id. Problem: NOT_FOUND, INVALID_FIELD."""
    now = services.clock()
    with services.database.write() as connection:
        inspection = explain_inspections(connection, [inspection_id]).get(inspection_id)
        if inspection is None or inspection.organisation_id != user.organisation_id or not _works_at(user, inspection):
            raise Problem(Code.NOT_FOUND, "没有这次检查", "There is no such inspection")
        failed = sa.select(_finding.c.item_key).where(
            _finding.c.inspection_id == inspection_id, _finding.c.item_key == item_key
        )
        if connection.execute(failed).first() is None:
            raise Problem(Code.INVALID_FIELD, "该项目没有不合格", "The item did not fail", "/item")
        action_id = new_id()
        row = {
            "id": action_id,
            "organisation_id": user.organisation_id,
            "site_id": inspection.site_id,
            "origin": ActionOrigin.MANUAL,
            "origin_key": f"{ActionOrigin.MANUAL}:{action_id}",
            "inspection_id": inspection_id,
            "item_key": item_key,
            "employee_id": inspection.employee_id,
            "workspace_id": inspection.workspace_id,
            "state": ActionState.OPEN,
            "created_by": user.user_id,
            "created_at": now,
            "reopened": 0,
            **_planned(connection, user.organisation_id, inspection.site_id, plan, now),
        }
        connection.execute(_action.insert(), row)
        record(connection, user.organisation_id, action_id, ActionStep.CREATED, user, now, detail=_shown(row))
        feed.publish(connection, [feed_entry(connection, action_id)])
    return action_id


def change(services: Services, user: Principal, action_id: str, plan: Plan) -> None:
    """Another task, owner, day or priority, by a manager of the site."""
    now = services.clock()
    with services.database.write() as connection:
        view = _held(connection, user, action_id)
        user.require_manages(view.site_id)
        if not view.is_waiting:
            raise Problem(Code.CONFLICT, "整改已结束", "The corrective action is over")
        row = _planned(connection, view.organisation_id, view.site_id, plan, now) | {"escalated_at": None}
        _step(connection, view, ActionStep.CHANGED, user, now, row, detail=_shown(row))


def fix(services: Services, user: Principal, action_id: str, note: str, photo: str | None) -> None:
    """The owner, or whoever works at the site, says that it is mended; an inspection has to confirm it."""
    now = services.clock()
    with services.database.write() as connection:
        view = _held(connection, user, action_id)
        if view.state != ActionState.OPEN:
            raise Problem(Code.CONFLICT, "当前不在整改中", "It is not open")
        require_own_photo(connection, user, photo)
        why = text(note, "/note")
        row = {
            "state": ActionState.FIXED,
            "fixed_by": user.user_id,
            "fixed_at": now,
            "fix_note": why,
            "fix_photo": photo,
        }
        _step(connection, view, ActionStep.FIXED, user, now, row, note=why, detail={"photo": photo})


def reinspect(services: Services, user: Principal, action_id: str, inspection_id: str) -> ActionState:
    """Judge it by an inspection made after the fix; gives what became of it. By a manager or supervisor of the site."""
    now = services.clock()
    with services.database.write() as connection:
        view = _held(connection, user, action_id)
        if not (user.manages(view.site_id) or user.inspects(view.site_id)):
            raise Problem(Code.FORBIDDEN, "您不负责该场所", "You do not work for this site")
        if view.state != ActionState.FIXED:
            raise Problem(Code.CONFLICT, "尚未报告整改完成", "Nobody has said that it is mended")
        inspection = explain_inspections(connection, [inspection_id]).get(inspection_id)
        if inspection is None or not judges(inspection, view):
            raise Problem(
                Code.INVALID_FIELD,
                "须为整改后由他人对同一对象完成的检查，且含该项目",
                "It takes a complete inspection of the same subject and item, after the fix, by somebody else",
                "/inspection_id",
            )
        return conclude(services, connection, view, inspection, user, now)


def judges(inspection: Explained, view: ActionView) -> bool:
    """Whether the inspection says something about the fix: same subject and item, later, and not the mender's own."""
    response = inspection.responses.get(view.item.key) if view.item else None
    return (
        inspection.organisation_id == view.organisation_id
        and inspection.site_id == view.site_id
        and inspection.state == InspectionState.COMPLETE
        and (inspection.employee_id, inspection.workspace_id) == (view.employee_id, view.workspace_id)
        and response is not None
        and response.value != NOT_APPLICABLE
        and inspection.captured_at is not None
        and view.fixed_at is not None
        and inspection.captured_at >= view.fixed_at
        and inspection.supervisor_id != view.fixed_by
    )


def conclude(
    services: Services,
    connection: sa.Connection,
    view: ActionView,
    inspection: Explained,
    user: Principal | None,
    now: datetime,
) -> ActionState:
    """Close the action, or open it again with a new deadline. ``user``: None when it was found by the clock."""
    item = next(one for one in inspection.template.items() if view.item and one.key == view.item.key)  # type: ignore[union-attr]  # judges() saw its response
    row: dict[str, Any] = {"reinspection_id": inspection.id}
    if is_failed(item, inspection.responses[item.key]):
        row |= {
            "state": ActionState.OPEN,
            "reopened": view.reopened + 1,
            "escalated_at": None,
            "due_at": calendars.deadline(connection, view.site_id, now, services.settings.action_days),
        }
        step = ActionStep.REOPENED
    else:
        row |= {"state": ActionState.CLOSED, "closed_at": now}
        step = ActionStep.CLOSED
    _step(connection, view, step, user, now, row, detail={"inspection_id": inspection.id})
    return ActionState(row["state"])


def finish(services: Services, user: Principal, action_id: str, note: str, *, withdraw: bool) -> None:
    """Close it by a word, where there is no item to inspect again; or withdraw it. By a manager of the site."""
    now = services.clock()
    with services.database.write() as connection:
        view = _held(connection, user, action_id)
        user.require_manages(view.site_id)
        if not view.is_waiting:
            raise Problem(Code.CONFLICT, "整改已结束", "The corrective action is over")
        if view.item is not None and not withdraw:
            raise Problem(Code.CONFLICT, "须经复查关闭", "An inspection has to close it")
        step, state = (
            (ActionStep.WITHDRAWN, ActionState.WITHDRAWN) if withdraw else (ActionStep.CLOSED, ActionState.CLOSED)
        )
        _step(connection, view, step, user, now, {"state": state, "closed_at": now}, note=text(note, "/note"))


def withdraw_for_item(
    connection: sa.Connection, user: Principal, inspection_id: str, item_key: str, now: datetime
) -> list[feed.Entry]:
    """The finding does not stand: so neither does what was to be mended. Gives what belongs into the feed."""
    rows = connection.execute(
        _action.update()
        .where(
            _action.c.inspection_id == inspection_id,
            _action.c.item_key == item_key,
            _action.c.state.in_((ActionState.OPEN, ActionState.FIXED)),
        )
        .values(state=ActionState.WITHDRAWN, closed_at=now)
        .returning(_action.c.id, _action.c.organisation_id)
    ).all()
    for row in rows:
        record(
            connection, row.organisation_id, row.id, ActionStep.WITHDRAWN, user, now, note="申诉成立 / dispute upheld"
        )
    return [feed_entry(connection, row.id) for row in rows]


def record(
    connection: sa.Connection,
    organisation_id: str,
    action_id: str,
    step: ActionStep,
    user: Principal | None,
    now: datetime,
    *,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    row = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "action_id": action_id,
        "step": step,
        "actor_id": user.user_id if user else None,
        "note": note,
        "detail": msgspec.json.encode(detail or {}).decode(),
        "at": now,
    }
    connection.execute(_event.insert(), row)


def text(value: str, path: str) -> str:
    """Without blanks around it; Problem INVALID_FIELD when nothing is left or too much."""
    cleaned = value.replace("\x00", "").strip()
    if not cleaned or len(cleaned) > MAX_TEXT:
        raise Problem(Code.INVALID_FIELD, f"请填写，不超过 {MAX_TEXT} 字", f"Needed, up to {MAX_TEXT} letters", path)
    return cleaned


def _works_at(user: Principal, inspection: Explained) -> bool:
    return user.manages(inspection.site_id) or user.inspects(inspection.site_id)


def _planned(
    connection: sa.Connection, organisation_id: str, site_id: str, plan: Plan, now: datetime
) -> dict[str, Any]:
    due_at = end_of_day(plan.due_on, calendars.zone_of(connection, site_id))
    if due_at <= now:
        raise Problem(Code.INVALID_FIELD, "期限不能早于今天", "The day must not be over", "/due_on")
    if plan.owner_id is not None and plan.owner_id not in dict(possible_owners(connection, organisation_id, site_id)):
        raise Problem(Code.INVALID_FIELD, "负责人须为该场所的人员", "The owner must work at the site", "/owner_id")
    return {
        "task": text(plan.task, "/task"),
        "owner_id": plan.owner_id,
        "due_at": due_at,
        "priority": plan.priority,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("task", "owner_id", "due_at", "priority")}


def _held(connection: sa.Connection, user: Principal, action_id: str) -> ActionView:
    mine = sa.and_(_action.c.id == action_id, _action.c.organisation_id == user.organisation_id)
    connection.execute(sa.select(_action.c.id).where(mine).with_for_update())
    return readable_action(connection, user, action_id)


def _step(
    connection: sa.Connection,
    view: ActionView,
    step: ActionStep,
    user: Principal | None,
    now: datetime,
    row: dict[str, Any],
    *,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    connection.execute(_action.update().where(_action.c.id == view.id).values(**row))
    record(connection, view.organisation_id, view.id, step, user, now, note=note, detail=detail)
    feed.publish(connection, [feed_entry(connection, view.id)])


def publish(connection: sa.Connection, action_ids: Iterable[str]) -> None:
    """Put the actions into the feed; last in the transaction."""
    feed.publish(connection, [feed_entry(connection, action_id) for action_id in action_ids])
