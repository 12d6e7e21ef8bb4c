"""Erasure of a person who has left: who they were is gone, what was counted stays without a name.

Published figures do not move: scorecards, inspections and their scores are not touched, only what names the person
and the free words about them. A change keeps its id and its digest, so that a replay of it stays a replay.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from checklists.tables import (
    CorrectiveAction,
    Dispute,
    Employee,
    Evidence,
    Inspection,
    MailAddress,
    MailChoice,
    PasswordLink,
    ReportRun,
    Role,
    RoleGrant,
    Site,
    User,
    table_of,
)
from inspect_api.administration import audit
from inspect_api.administration.people import NO_PASSWORD
from inspect_api.auth import sessions
from inspect_api.privacy import deletions, holds
from inspect_api.privacy.words import ERASED, erase_words
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from sync import feed
from sync.store import lock
from sync.tables import FeedRow

_action, _dispute, _employee = table_of(CorrectiveAction), table_of(Dispute), table_of(Employee)
_evidence, _inspection, _row, _run = (table_of(one) for one in (Evidence, Inspection, FeedRow, ReportRun))
_address, _choice, _grant, _link = (table_of(one) for one in (MailAddress, MailChoice, RoleGrant, PasswordLink))
_site, _user = table_of(Site), table_of(User)


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
    gone = _erase_held(connection, person, now)
    _erase_account(connection, organisation_id, person, now)
    connection.execute(
        _employee.update()
        .where(_employee.c.id == employee_id)
        .values(name=ERASED, number=f"erased-{employee_id[-12:]}", email=None, dress_variant=None, erased_at=now)
    )
    audit.record(connection, organisation_id, actor_id, "employee.erase", ("employee", employee_id), now)
    feed.publish(connection, gone)


def erase_arrived(services: Services) -> int:
    """What a tablet that was away sent about somebody after their erasure goes like the rest. Gives how many people.

    Whatever arrives puts its inspection into the feed again, where the erasure had left a tombstone.
    """
    again = (
        sa.exists()
        .where(_inspection.c.employee_id == _employee.c.id, _row.c.scope_id == _inspection.c.site_id)
        .where(_row.c.kind == feed.INSPECTION, _row.c.object_id == _inspection.c.id, _row.c.body.is_not(None))
    )
    with services.database.read() as connection:
        late = sa.select(_employee.c.id).where(_employee.c.erased_at.is_not(None), again)
        found = list(connection.execute(late).scalars())
    for employee_id in found:
        with services.database.write() as connection:
            person = connection.execute(sa.select(_employee).where(_employee.c.id == employee_id)).one()
            feed.publish(connection, _erase_held(connection, person, services.clock()))
    return len(found)


def _erase_held(connection: sa.Connection, person: Any, now: datetime) -> list[feed.Entry]:
    """The words about the person, and their photos. Gives what tablets take away."""
    gone = _tombstones(connection, person)
    own = {entry.object_id for entry in gone if entry.kind == feed.INSPECTION}
    lock(connection, inspections=own)  # what is being pushed is seen here, or by erase_arrived
    erase_words(connection, person.organisation_id, person.id, own)
    deletions.plan(connection, _photos(connection, person.organisation_id, person.id), now)
    return gone


def _tombstones(connection: sa.Connection, person: Any) -> list[feed.Entry]:
    """For the person and all that tablets hold about them."""
    gone = [feed.Entry(person.site_id, feed.EMPLOYEE, person.id, None)]
    kinds = ((feed.INSPECTION, _inspection), (feed.DISPUTE, _dispute), (feed.CORRECTIVE_ACTION, _action))
    for kind, table in kinds:
        rows = connection.execute(sa.select(table.c.id, table.c.site_id).where(table.c.employee_id == person.id))
        gone += [feed.Entry(row.site_id, kind, row.id, None) for row in rows]
    return gone


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
        sessions.end_sessions(connection, row.id, now)
        sessions.end_invitations(connection, row.id, now)
        connection.execute(_run.update().where(_run.c.recipient_id == row.id).values(last_error=None))
        connection.execute(_link.delete().where(_link.c.user_id == row.id))
        connection.execute(_choice.delete().where(_choice.c.user_id == row.id))
    known = [address.casefold() for address in addresses if address]
    connection.execute(
        _address.delete().where(_address.c.organisation_id == organisation_id, _address.c.address.in_(known))
    )


def _photos(connection: sa.Connection, organisation_id: str, employee_id: str) -> list[tuple[str, str, str]]:
    """Those of their inspections, disputes and corrective actions that show nobody else's as well."""
    own = sa.select(_inspection.c.id).where(_inspection.c.employee_id == employee_id)
    uses: list[tuple[sa.Column[Any], sa.ColumnElement[bool]]] = [
        (_evidence.c.sha256, _evidence.c.inspection_id.in_(own)),
        (_dispute.c.photo, _dispute.c.employee_id == employee_id),
        (_action.c.fix_photo, sa.func.coalesce(_action.c.employee_id, "") == employee_id),
    ]
    theirs = sa.union(*(_used(organisation_id, photo, whose) for photo, whose in uses)).subquery()
    among = [photo.in_(sa.select(theirs.c[0])) for photo, _ in uses]
    shared = sa.union(
        *(_used(organisation_id, photo, ~whose & known) for (photo, whose), known in zip(uses, among, strict=True))
    )
    shown = set(connection.execute(sa.select(theirs.c[0])).scalars())
    alone = shown - set(connection.execute(shared).scalars())
    return [(organisation_id, deletions.PHOTO, sha256) for sha256 in sorted(alone)]


def _used(organisation_id: str, photo: sa.Column[Any], where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    mine = photo.table.c.organisation_id == organisation_id
    return sa.select(photo).where(mine, photo.is_not(None), where)
