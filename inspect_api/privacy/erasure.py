"""Erasure of a person who has left: who they were is gone, what was counted stays without a name.

Published figures do not move: scorecards, inspections and their scores are not touched, only what names the person
and the free words about them. A change keeps its id and its digest, so that a replay of it stays a replay.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from checklists.tables import (
    Absence,
    CorrectiveAction,
    CorrectiveActionEvent,
    Dispute,
    DisputeEvent,
    Employee,
    Evidence,
    Finding,
    Inspection,
    MailAddress,
    MailChoice,
    PasswordLink,
    Role,
    RoleGrant,
    Site,
    User,
    table_of,
)
from inspect_api.administration import audit
from inspect_api.administration.people import NO_PASSWORD
from inspect_api.privacy import deletions, holds
from inspect_api.problems import Code, Problem
from sync import feed
from sync.paths import RESPONSES
from sync.tables import Change, Quarantine, RefreshToken

ERASED = "（已删除 erased）"

_absence, _employee, _evidence, _finding = (table_of(one) for one in (Absence, Employee, Evidence, Finding))
_action, _action_event = table_of(CorrectiveAction), table_of(CorrectiveActionEvent)
_dispute, _dispute_event = table_of(Dispute), table_of(DisputeEvent)
_change, _inspection, _quarantine = table_of(Change), table_of(Inspection), table_of(Quarantine)
_address, _choice, _grant, _link = (table_of(one) for one in (MailAddress, MailChoice, RoleGrant, PasswordLink))
_site, _token, _user = table_of(Site), table_of(RefreshToken), table_of(User)


def erase(
    connection: sa.Connection,
    organisation_id: str,
    employee_id: str,
    actor_id: str | None,
    now: datetime,
    dispute_days: int,
) -> None:
    """Problem NOT_FOUND; CONFLICT while they are employed, or while something of theirs is disputed or unmended.

    Their photos are deleted by the same rows as those past their time. Again is a no-op.
    """
    person = connection.execute(
        sa.select(_employee, _site.c.zone)
        .join(_site, _site.c.id == _employee.c.site_id)
        .where(_employee.c.id == employee_id, _employee.c.organisation_id == organisation_id)
    ).one_or_none()
    if person is None:
        raise Problem(Code.NOT_FOUND, "没有这名员工", "There is no such employee")
    if person.erased_at is not None:
        return
    _require_free(connection, person, now, dispute_days)
    own = sa.select(_inspection.c.id).where(_inspection.c.employee_id == employee_id)
    _erase_words(connection, employee_id, own)
    _erase_account(connection, organisation_id, person, now)
    deletions.plan(connection, _photos(connection, organisation_id, employee_id, own), now)
    connection.execute(
        _employee.update()
        .where(_employee.c.id == employee_id)
        .values(name=ERASED, number=f"erased-{employee_id[-12:]}", email=None, dress_variant=None, erased_at=now)
    )
    audit.record(connection, organisation_id, actor_id, "employee.erase", ("employee", employee_id), now)
    gone = [feed.Entry(person.site_id, feed.EMPLOYEE, employee_id, None)]
    for row in connection.execute(
        sa.select(_inspection.c.id, _inspection.c.site_id).where(_inspection.c.employee_id == employee_id)
    ):
        gone.append(feed.Entry(row.site_id, feed.INSPECTION, row.id, None))
    feed.publish(connection, gone)


def _require_free(connection: sa.Connection, person: Any, now: datetime, dispute_days: int) -> None:
    today = now.astimezone(ZoneInfo(person.zone)).date()
    if person.employed_until is None or person.employed_until >= today:
        raise Problem(
            Code.CONFLICT,
            "该员工仍在职，请先填写离职日期",
            "The person is still employed: fill in the last day first",
        )
    waiting = sa.or_(
        sa.exists().where(_dispute.c.employee_id == person.id, holds.disputed(now, dispute_days)),
        sa.exists().where(_action.c.employee_id == person.id, holds.unmended()),
    )
    if connection.execute(sa.select(waiting)).scalar():
        raise Problem(
            Code.CONFLICT,
            "该员工仍有未结束的申诉或整改",
            "A dispute or a corrective action of this person is not finished yet",
        )


def _erase_words(connection: sa.Connection, employee_id: str, own: sa.Select[Any]) -> None:
    """The free texts about the person: notes, reasons, answers."""
    connection.execute(_absence.update().where(_absence.c.employee_id == employee_id).values(reason=""))
    mine = sa.select(_dispute.c.id).where(_dispute.c.employee_id == employee_id)
    connection.execute(
        _dispute_event.update()
        .where(_dispute_event.c.dispute_id.in_(mine), _dispute_event.c.note != "")
        .values(note=ERASED)
    )
    connection.execute(_dispute.update().where(_dispute.c.employee_id == employee_id).values(reason=ERASED))
    answered = _dispute.c.answer.is_not(None)
    connection.execute(_dispute.update().where(_dispute.c.employee_id == employee_id, answered).values(answer=ERASED))
    work = sa.select(_action.c.id).where(_action.c.employee_id == employee_id)
    connection.execute(
        _action_event.update().where(_action_event.c.action_id.in_(work)).values(note=ERASED, detail="{}")
    )
    connection.execute(
        _action.update().where(_action.c.employee_id == employee_id).values(task=ERASED, fix_note=ERASED)
    )
    noted = (_finding.c.inspection_id.in_(own), _finding.c.note.is_not(None))
    connection.execute(_finding.update().where(*noted).values(note=ERASED))
    rows = connection.execute(sa.select(_change.c.id, _change.c.body).where(_change.c.inspection_id.in_(own))).all()
    for row in rows:
        connection.execute(_change.update().where(_change.c.id == row.id).values(body=_without_words(row.body)))
    disputed = connection.execute(
        sa.select(_dispute.c.id, _dispute.c.value).where(_dispute.c.employee_id == employee_id)
    ).all()
    for row in disputed:
        value = _response_without_words(msgspec.json.decode(row.value))
        connection.execute(
            _dispute.update().where(_dispute.c.id == row.id).values(value=msgspec.json.encode(value).decode())
        )
    connection.execute(
        _quarantine.update()
        .where(_quarantine.c.body.contains(employee_id, autoescape=True))
        .values(body=msgspec.json.encode(ERASED).decode())
    )


def _without_words(body: str) -> str:
    change = msgspec.json.decode(body)
    fields = change.get("fields", {})
    for path, value in fields.items():
        if path.startswith(RESPONSES):
            fields[path] = _response_without_words(value)
    if change.get("reason"):
        change["reason"] = ERASED
    return msgspec.json.encode(change, order="deterministic").decode()


def _response_without_words(value: Any) -> Any:
    """A note that is there stays there: an item may need one to be answered."""
    return {**value, "note": ERASED} if isinstance(value, dict) and value.get("note") else value


def _erase_account(connection: sa.Connection, organisation_id: str, person: Any, now: datetime) -> None:
    """Whoever inspected others keeps their name under what they wrote: it is part of those people's scores."""
    addresses = {person.email}
    users = connection.execute(sa.select(_user).where(_user.c.employee_id == person.id)).all()
    for row in users:
        addresses.add(row.email)
        wrote = sa.select(_grant.c.id).where(_grant.c.user_id == row.id, _grant.c.role != Role.EMPLOYEE)
        keeps_name = connection.execute(wrote.limit(1)).first() is not None
        named = {} if keeps_name else {"name": ERASED, "login": f"erased-{row.id}"}
        connection.execute(
            _user.update()
            .where(_user.c.id == row.id)
            .values(email=None, password_hash=NO_PASSWORD, active=False, employee_id=None, **named)
        )
        connection.execute(
            _token.update().where(_token.c.user_id == row.id, _token.c.revoked_at.is_(None)).values(revoked_at=now)
        )
        connection.execute(_link.delete().where(_link.c.user_id == row.id))
        connection.execute(_choice.delete().where(_choice.c.user_id == row.id))
    known = [address.casefold() for address in addresses if address]
    connection.execute(
        _address.delete().where(_address.c.organisation_id == organisation_id, _address.c.address.in_(known))
    )


def _photos(
    connection: sa.Connection, organisation_id: str, employee_id: str, own: sa.Select[Any]
) -> list[tuple[str, str, str]]:
    """Those of their inspections that are not evidence of somebody else's as well, and what they sent themselves."""
    elsewhere = sa.select(_evidence.c.sha256).where(
        _evidence.c.organisation_id == organisation_id, _evidence.c.inspection_id.not_in(own)
    )
    shown = sa.select(_evidence.c.sha256).where(
        _evidence.c.inspection_id.in_(own), _evidence.c.sha256.not_in(elsewhere)
    )
    sent = sa.select(_dispute.c.photo).where(_dispute.c.employee_id == employee_id, _dispute.c.photo.is_not(None))
    return [
        (organisation_id, deletions.PHOTO, sha256)
        for sha256 in connection.execute(sa.union(shown, sent)).scalars().all()
    ]
