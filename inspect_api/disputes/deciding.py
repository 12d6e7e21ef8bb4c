"""The life of a dispute: opened, answered, appealed once, answered again, acknowledged; escalated when it is late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import week_of
from checklists.responses import NOT_APPLICABLE, Response, is_failed
from checklists.scoring.inspection import compile_template
from checklists.tables import Dispute, DisputeEvent, DisputeState, DisputeStep, Outcome, table_of
from inspect_api import calendars
from inspect_api.actions.life import withdraw_for_item
from inspect_api.auth.principal import Principal
from inspect_api.deadlines import escalate_late
from inspect_api.disputes.reading import DisputeView, feed_entry, readable_dispute, why_not_reviewer
from inspect_api.disputes.server_writes import write_response
from inspect_api.disputes.window import disputable, ends_of_time
from inspect_api.photos.own import require_own_photo
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import service as scorecards
from inspect_api.scorecards.explain import Explained, explain_inspections
from inspect_api.services import Services
from sync import feed

MAX_TEXT = 900
"""Characters of a reason: a change carries it with a few words before it."""

_dispute = table_of(Dispute)
_event = table_of(DisputeEvent)
_NONE = Problem(Code.NOT_FOUND, "本周的评分中没有这一项", "There is no such item in your scorecard")


def open_dispute(
    services: Services, user: Principal, inspection_id: str, item_key: str, reason: str, photo: str | None
) -> str:
    """By the employee it counts for; gives its id. Problem: NOT_FOUND, CONFLICT (too late, or there is one already)."""
    now = services.clock()
    try:
        with services.database.write() as connection:
            inspection, week = _own_item(services, connection, user, inspection_id, item_key, now)
            require_own_photo(connection, user, photo)
            dispute_id = new_id()
            row = {
                "id": dispute_id,
                "organisation_id": user.organisation_id,
                "site_id": inspection.site_id,
                "employee_id": user.employee_id,
                "week": week,
                "inspection_id": inspection_id,
                "item_key": item_key,
                "value": msgspec.json.encode(inspection.responses[item_key]).decode(),
                "reason": _text(reason, "/reason"),
                "photo": photo,
                "state": DisputeState.OPEN,
                "round": 1,
                "opened_at": now,
                "due_at": _due(services, connection, inspection.site_id, now),
            }
            connection.execute(_dispute.insert(), row)
            _record(connection, user.organisation_id, dispute_id, DisputeStep.OPENED, user, now, note=reason)
            feed.publish(connection, [feed_entry(connection, dispute_id)])
    except sa.exc.IntegrityError as error:
        raise Problem(
            Code.CONFLICT, "这一项已经申诉过", "This item was disputed before; an answer can be appealed"
        ) from error
    return dispute_id


def _own_item(
    services: Services, connection: sa.Connection, user: Principal, inspection_id: str, item_key: str, now: datetime
) -> tuple[Explained, str]:
    """The inspection and its week, when it counts for the user and has lost points for the item, in time."""
    if user.employee_id is None:
        raise Problem(Code.FORBIDDEN, "只有员工本人可以申诉", "Only the employee can dispute")
    inspection = explain_inspections(connection, [inspection_id]).get(inspection_id)
    if inspection is None or inspection.organisation_id != user.organisation_id or inspection.captured_at is None:
        raise _NONE
    home = scorecards.employee_site(connection, user.employee_id)
    row = scorecards.employee_week(connection, user.employee_id, week_of(inspection.captured_at, home.zone))
    if inspection_id not in {source.id for source in row.score.sources}:
        raise _NONE
    ends = ends_of_time(connection, row, services.settings.dispute_days)
    if (inspection_id, item_key) in disputable([inspection], ends, now):
        return inspection, str(row.week)
    if item_key not in {lost.item.key for lost in inspection.lost}:
        raise _NONE
    if inspection_id not in ends:
        raise Problem(Code.CONFLICT, "尚未公布，或未计入评分", "It is not published yet, or does not count")
    raise Problem(Code.CONFLICT, "已超过申诉期限", "The time to dispute is over")


def answer(
    services: Services, user: Principal, dispute_id: str, outcome: Outcome, reason: str, value: str | int | None = None
) -> None:
    """Keep, change the value, or void the item. Problem: FORBIDDEN, CONFLICT, INVALID_FIELD.

    An answer never takes points away: a dispute must not be a risk for whoever opens it.
    """
    now = services.clock()
    with services.database.write() as connection:
        view = _held(connection, user, dispute_id)
        refused = why_not_reviewer(connection, user, view)
        if refused is not None:
            raise refused
        if view.state != DisputeState.OPEN:
            raise Problem(Code.CONFLICT, "已经答复", "It has been answered")
        why = _text(reason, "/reason")
        response = _response(connection, view, outcome, value, why)
        connection.execute(
            _dispute.update()
            .where(_dispute.c.id == dispute_id)
            .values(
                state=DisputeState.ANSWERED,
                outcome=outcome,
                answer=why,
                answered_at=now,
                reviewer_id=user.user_id,
                first_reviewer_id=view.first_reviewer_id or user.user_id,
                acknowledged_at=None,
            )
        )
        entries = [] if response is None else _withdrawn(connection, user, view, response, now)
        event_id = _record(
            connection,
            view.organisation_id,
            dispute_id,
            DisputeStep.ANSWERED,
            user,
            now,
            note=why,
            outcome=outcome,
            value=msgspec.json.encode(response).decode() if response else None,
        )
        if response is not None:
            change_id = write_response(
                connection,
                (view.organisation_id, user.user_id),
                (view.site_id, view.inspection_id),
                view.item.key,
                response,
                f"申诉成立 / dispute upheld: {why}",
                now,
            )
            connection.execute(_event.update().where(_event.c.id == event_id).values(change_id=change_id))
        feed.publish(connection, [*entries, feed_entry(connection, dispute_id)])


def _response(
    connection: sa.Connection, view: DisputeView, outcome: Outcome, value: str | int | None, reason: str
) -> Response | None:
    """What is to be written; None to keep what stands there."""
    if outcome is Outcome.KEEP:
        return None
    if outcome is Outcome.VOID:
        return Response(NOT_APPLICABLE, reason)
    if value is None or value == NOT_APPLICABLE:
        raise Problem(Code.INVALID_FIELD, "请给出新的结果", "Give the new value", "/value")
    inspection = explain_inspections(connection, [view.inspection_id])[view.inspection_id]
    present = inspection.responses.get(view.item.key, view.value)
    better = gain(inspection, view.item.key, present, value)
    if better is None:
        raise Problem(Code.INVALID_FIELD, "该项目没有这个结果", "The item does not know this value", "/value")
    if better <= 0:
        raise Problem(
            Code.INVALID_FIELD, "更正后的结果须高于原结果", "The new value must be better than the old one", "/value"
        )
    return Response(value, reason)


def gain(inspection: Explained, item_key: str, present: Response, value: str | int) -> int | None:
    """Units of points that the new value brings; None for a value that the item does not know."""
    if inspection.template is None:
        return None
    compiled = compile_template(inspection.template)
    item = next(one for one in compiled.items if one.key == item_key)
    before, after = item.units(present.value), item.units(value)
    if after is None:
        return None
    return (before or 0) - after if compiled.deduction else after - (before or 0)


def _withdrawn(
    connection: sa.Connection, user: Principal, view: DisputeView, response: Response, now: datetime
) -> list[feed.Entry]:
    """What no longer failed needs no mending."""
    if response.value != NOT_APPLICABLE and is_failed(view.item, response):
        return []
    return withdraw_for_item(connection, user, view.inspection_id, view.item.key, now)


def appeal(services: Services, user: Principal, dispute_id: str, reason: str) -> None:
    """Once, by the employee, within the days of a dispute after the answer; another reviewer decides."""
    now = services.clock()
    with services.database.write() as connection:
        view = _held_by_employee(connection, user, dispute_id)
        if view.state != DisputeState.ANSWERED or view.answered_at is None:
            raise Problem(Code.CONFLICT, "尚未答复", "It has not been answered yet")
        if view.round != 1:
            raise Problem(Code.CONFLICT, "只能复议一次", "There is one appeal only")
        if now >= view.answered_at + timedelta(days=services.settings.dispute_days):
            raise Problem(Code.CONFLICT, "已超过复议期限", "The time to appeal is over")
        why = _text(reason, "/reason")
        connection.execute(
            _dispute.update()
            .where(_dispute.c.id == dispute_id)
            .values(
                state=DisputeState.OPEN,
                round=2,
                due_at=_due(services, connection, view.site_id, now),
                escalated_at=None,
                acknowledged_at=None,
            )
        )
        _record(connection, view.organisation_id, dispute_id, DisputeStep.APPEALED, user, now, note=why)
        feed.publish(connection, [feed_entry(connection, dispute_id)])


def acknowledge(services: Services, user: Principal, dispute_id: str) -> None:
    """The employee has read the answer. Again is a no-op."""
    now = services.clock()
    with services.database.write() as connection:
        view = _held_by_employee(connection, user, dispute_id)
        if view.state != DisputeState.ANSWERED:
            raise Problem(Code.CONFLICT, "尚未答复", "It has not been answered yet")
        if view.acknowledged_at is None:
            connection.execute(_dispute.update().where(_dispute.c.id == dispute_id).values(acknowledged_at=now))
            _record(connection, view.organisation_id, dispute_id, DisputeStep.ACKNOWLEDGED, user, now)


def escalate_due(services: Services) -> int:
    """Hand every dispute that is past its time to the administrators; gives how many. Safe in many processes."""
    return escalate_late(services, _dispute, DisputeState.OPEN, _tell_escalated)


def _tell_escalated(connection: sa.Connection, rows: Sequence[Any], now: datetime) -> None:
    for row in rows:
        _record(connection, row.organisation_id, row.id, DisputeStep.ESCALATED, None, now)
    feed.publish(connection, [feed_entry(connection, row.id) for row in rows])


def _held(connection: sa.Connection, user: Principal, dispute_id: str) -> DisputeView:
    """The dispute as it stands, its row locked until the commit: two answers at once are one answer and a conflict."""
    mine = sa.and_(_dispute.c.id == dispute_id, _dispute.c.organisation_id == user.organisation_id)
    connection.execute(sa.select(_dispute.c.id).where(mine).with_for_update())
    return readable_dispute(connection, user, dispute_id)


def _held_by_employee(connection: sa.Connection, user: Principal, dispute_id: str) -> DisputeView:
    view = _held(connection, user, dispute_id)
    if view.employee_id != user.employee_id:
        raise Problem(Code.FORBIDDEN, "只有员工本人可以操作", "Only the employee can do that")
    return view


def _due(services: Services, connection: sa.Connection, site_id: str, now: datetime) -> datetime:
    return calendars.deadline(connection, site_id, now, services.settings.dispute_answer_days)


def _text(text: str, path: str) -> str:
    cleaned = text.replace("\x00", "").strip()
    if not cleaned or len(cleaned) > MAX_TEXT:
        raise Problem(
            Code.INVALID_FIELD,
            f"请写明原因，不超过 {MAX_TEXT} 字",
            f"A reason is needed, up to {MAX_TEXT} letters",
            path,
        )
    return cleaned


def _record(
    connection: sa.Connection,
    organisation_id: str,
    dispute_id: str,
    step: DisputeStep,
    user: Principal | None,
    now: datetime,
    **details: Any,
) -> str:
    event_id = new_id()
    row = {
        "id": event_id,
        "organisation_id": organisation_id,
        "dispute_id": dispute_id,
        "step": step,
        "actor_id": user.user_id if user else None,
        "note": "",
        "at": now,
        **details,
    }
    connection.execute(_event.insert(), row)
    return event_id
