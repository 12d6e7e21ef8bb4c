"""Erasing the free words about a person: notes, reasons, answers, wherever they were copied to. No figure is touched.

Words are replaced and not removed: an item may need a note to be answered, a decision has a reason. What holds none is
left as it is, byte for byte, so that its digest still verifies.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.tables import (
    Absence,
    Audit,
    CorrectiveAction,
    CorrectiveActionEvent,
    Dispute,
    DisputeEvent,
    Finding,
    InspectionDecision,
    Scorecard,
    table_of,
)
from sync import paths
from sync.tables import Change, Quarantine

ERASED = "（已删除 erased）"

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN = paths.BEGINNING | {paths.SUBMITTED, paths.VOID}
_WORDS = ("reason", "note", "answer", "task")
_AT_ONCE = 500

_absence, _audit, _change = table_of(Absence), table_of(Audit), table_of(Change)
_action, _action_event = table_of(CorrectiveAction), table_of(CorrectiveActionEvent)
_decision, _dispute, _dispute_event = table_of(InspectionDecision), table_of(Dispute), table_of(DisputeEvent)
_finding, _quarantine, _scorecard = table_of(Finding), table_of(Quarantine), table_of(Scorecard)


def erase_words(connection: sa.Connection, organisation_id: str, employee_id: str, inspections: set[str]) -> None:
    """``inspections``: the ids of those that are about the person."""
    disputes = _ids(connection, _dispute, employee_id)
    actions = _ids(connection, _action, employee_id)
    connection.execute(_absence.update().where(_absence.c.employee_id == employee_id).values(reason=""))
    for table, column, keys in (
        (_dispute, _dispute.c.id, disputes),
        (_dispute_event, _dispute_event.c.dispute_id, disputes),
        (_action, _action.c.id, actions),
        (_action_event, _action_event.c.action_id, actions),
        (_finding, _finding.c.inspection_id, inspections),
        (_decision, _decision.c.inspection_id, inspections),
    ):
        for name in ("reason", "answer", "note", "task", "fix_note"):
            if name in table.c:
                said = (table.c[name].is_not(None), table.c[name] != "")
                for part in _parts(keys):
                    connection.execute(table.update().where(column.in_(part), *said).values({name: ERASED}))
    _rewrite(connection, _dispute, "value", _dispute.c.id, disputes, _of_response)
    _rewrite(connection, _dispute_event, "value", _dispute_event.c.dispute_id, disputes, _of_response)
    _rewrite(connection, _action_event, "detail", _action_event.c.action_id, actions, _of_detail)
    _rewrite(connection, _change, "body", _change.c.inspection_id, inspections, _of_change)
    _rewrite(connection, _scorecard, "reason", _scorecard.c.employee_id, {employee_id}, _of_reasons)
    about = inspections | disputes | actions | {employee_id}
    _rewrite(connection, _audit, "detail", _audit.c.object_id, about, _of_detail)
    _erase_refused(connection, organisation_id, inspections | {employee_id})


def _ids(connection: sa.Connection, table: sa.Table, employee_id: str) -> set[str]:
    return set(connection.execute(sa.select(table.c.id).where(table.c.employee_id == employee_id)).scalars())


def _parts(keys: Iterable[str]) -> Iterable[list[str]]:
    wanted = sorted(keys)
    return (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))


def _rewrite(
    connection: sa.Connection,
    table: sa.Table,
    name: str,
    column: sa.Column[Any],
    keys: set[str],
    without: Callable[[Any], Any],
) -> None:
    """JSON in the column ``name``: rows in which no word is found keep the bytes that they have."""
    for part in _parts(keys):
        found = sa.select(table.c.id, table.c[name]).where(column.in_(part), table.c[name].is_not(None))
        for key, text in connection.execute(found).all():
            content = msgspec.json.decode(text) if text else None
            cleaned = without(content)
            if cleaned != content:
                text = msgspec.json.encode(cleaned, order="deterministic").decode()
                connection.execute(table.update().where(table.c.id == key).values({name: text}))


def _of_change(change: Any) -> Any:
    fields = {path: _of_field(path, value) for path, value in change.get("fields", {}).items()}
    return _of_detail({**change, "fields": fields} if fields else change)


def _of_field(path: str, value: Any) -> Any:
    if path.startswith(paths.RESPONSES):
        return _of_response(value)
    if path in _PLAIN or path.startswith(paths.EVIDENCE) or value is None:
        return value
    return ERASED  # a note of the whole inspection, or what this version does not understand


def _of_response(value: Any) -> Any:
    return {**value, "note": ERASED} if isinstance(value, dict) and value.get("note") else value


def _of_detail(detail: Any) -> Any:
    if not isinstance(detail, dict):
        return detail
    return detail | {name: ERASED for name in _WORDS if isinstance(detail.get(name), str) and detail[name]}


def _of_reasons(reasons: Any) -> Any:
    """Why there are versions: the causes stay, what somebody wrote to them goes."""
    return [_of_detail(one) for one in reasons] if isinstance(reasons, list) else reasons


def _erase_refused(connection: sa.Connection, organisation_id: str, about: set[str]) -> None:
    """Refused changes whose body names the person, or an inspection of theirs: they cannot be taken in any more."""
    mine = _quarantine.c.organisation_id == organisation_id
    body = msgspec.json.encode(ERASED).decode()
    everything = sa.select(_quarantine.c.id, _quarantine.c.body).where(mine).execution_options(yield_per=100)
    found = [row.id for row in connection.execute(everything) if not about.isdisjoint(_ID.findall(row.body))]
    for part in _parts(found):
        these = _quarantine.c.id.in_(part)
        connection.execute(_quarantine.update().where(these).values(body=body))
        connection.execute(
            _quarantine.update().where(these, _quarantine.c.decision_note.is_not(None)).values(decision_note=ERASED)
        )
