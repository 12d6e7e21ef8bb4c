"""Which mails there ought to be by now, whatever has been planned: the rows decide, not the timer."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import (
    Dispute,
    DisputeEvent,
    DisputeStep,
    Employee,
    Inspection,
    InspectionState,
    Organisation,
    Role,
    RoleGrant,
    Site,
    User,
    WorkspaceResponsibility,
    table_of,
)
from inspect_api.disputes.reviewers import authors, circle
from inspect_api.reports.due import CATCH_UP, weeks_due
from inspect_api.reports.kinds import EMPLOYEE, NOTICE, WEEKLY
from inspect_api.reports.schedule import Schedule

_dispute, _event, _employee, _inspection = (table_of(one) for one in (Dispute, DisputeEvent, Employee, Inspection))
_grant, _organisation, _site, _user = (table_of(model) for model in (RoleGrant, Organisation, Site, User))
_responsible = table_of(WorkspaceResponsibility)

_TO_REVIEWERS = (DisputeStep.OPENED, DisputeStep.APPEALED, DisputeStep.ESCALATED, DisputeStep.ANSWERED)


class Expected(NamedTuple):
    """The key of a report run of revision 1, with its organisation."""

    organisation_id: str
    report: str
    site_id: str
    period: str
    about: str
    recipient_id: str


def expected(
    connection: sa.Connection, schedules: Mapping[str, Schedule], now: datetime, told: AbstractSet[str]
) -> Iterator[Expected]:
    """``told``: the events of which everyone concerned has been told; whoever joins later is not."""
    yield from _weekly(connection, schedules, now)
    yield from _employees(connection, schedules, now)
    yield from _notices(connection, schedules, now, told)


def _weekly(connection: sa.Connection, schedules: Mapping[str, Schedule], now: datetime) -> Iterator[Expected]:
    """To who managed the site when it came due: a new manager is not sent the reports of the weeks before, nor a new
    organisation those of weeks before it existed."""
    managers = connection.execute(
        sa.select(
            _site.c.organisation_id,
            _site.c.id,
            _site.c.zone,
            _user.c.id.label("user_id"),
            _grant.c.granted_at,
            _organisation.c.created_at,
        )
        .join(_organisation, _organisation.c.id == _site.c.organisation_id)
        .join(_grant, sa.and_(_grant.c.site_id == _site.c.id, _grant.c.organisation_id == _site.c.organisation_id))
        .join(_user, sa.and_(_user.c.id == _grant.c.user_id, _user.c.organisation_id == _site.c.organisation_id))
        .where(_grant.c.role == Role.MANAGER, _grant.c.revoked_at.is_(None), _user.c.active)
    )
    for row in managers:
        schedule = schedules[row.organisation_id]
        zone = schedule.clock(ZoneInfo(row.zone))
        since = max(row.granted_at, row.created_at)
        for week in weeks_due(now, zone, schedule.hour, since, schedule.weekday):
            yield Expected(row.organisation_id, WEEKLY, row.id, str(week), "", row.user_id)


def _employees(connection: sa.Connection, schedules: Mapping[str, Schedule], now: datetime) -> Iterator[Expected]:
    """To everyone with a log-in who was inspected in the week, where the organisation wants it."""
    wanted = {key: one for key, one in schedules.items() if one.employees_from is not None}
    if not wanted:
        return
    sites = connection.execute(
        sa.select(_site.c.id, _site.c.organisation_id, _site.c.zone).where(_site.c.organisation_id.in_(sorted(wanted)))
    ).all()
    for site in sites:
        schedule = wanted[site.organisation_id]
        zone, since = ZoneInfo(site.zone), schedule.employees_from or now
        for week in weeks_due(now, schedule.clock(zone), schedule.hour, since, schedule.weekday):
            for user_id in connection.execute(_inspected(site.id, week, zone)).scalars():
                yield Expected(site.organisation_id, EMPLOYEE, site.id, str(week), "", str(user_id))


def _inspected(site_id: str, week: Week, zone: ZoneInfo) -> sa.Select[Any]:
    """The log-ins of the site's employees who have a complete inspection in the week, own or of their workspace."""
    in_week = (
        _inspection.c.state == InspectionState.COMPLETE,
        _inspection.c.captured_at >= week.starts_at(zone),
        _inspection.c.captured_at < week.ends_at(zone),
    )
    own = sa.exists().where(_inspection.c.employee_id == _employee.c.id, *in_week)
    answered_for = sa.exists().where(
        _responsible.c.employee_id == _employee.c.id,
        _inspection.c.workspace_id == _responsible.c.workspace_id,
        _responsible.c.starts_at <= _inspection.c.captured_at,
        sa.or_(_responsible.c.ends_at.is_(None), _responsible.c.ends_at > _inspection.c.captured_at),
        *in_week,
    )
    return (
        sa.select(_user.c.id)
        .join(_employee, _employee.c.id == _user.c.employee_id)
        .where(_employee.c.site_id == site_id, _user.c.active, sa.or_(own, answered_for))
    )


def _notices(
    connection: sa.Connection, schedules: Mapping[str, Schedule], now: datetime, told: AbstractSet[str]
) -> Iterator[Expected]:
    """Of each step of a dispute to everyone concerned, but not to who took it."""
    events = connection.execute(
        sa.select(
            _event.c.id,
            _event.c.organisation_id,
            _event.c.step,
            _event.c.actor_id,
            _event.c.at,
            _dispute.c.site_id,
            _dispute.c.week,
            _dispute.c.employee_id,
            _dispute.c.inspection_id,
            _dispute.c.first_reviewer_id,
            _inspection.c.supervisor_id,
        )
        .join(_dispute, _dispute.c.id == _event.c.dispute_id)
        .join(_inspection, _inspection.c.id == _dispute.c.inspection_id)
        .where(_event.c.at > now - CATCH_UP + timedelta(hours=1), _event.c.step.in_(_TO_REVIEWERS))
    ).all()
    for row in events:
        since = schedules[row.organisation_id].notices_from
        if since is None or row.at < since or row.id in told:
            continue
        for user_id in sorted(_concerned(connection, row) - {row.actor_id}):
            yield Expected(row.organisation_id, NOTICE, row.site_id, row.week, row.id, user_id)


def _concerned(connection: sa.Connection, row: Any) -> set[str]:
    """The managers of the site and the inspector always; the employee of an answer; the administrators once it is
    theirs to decide; and where none of them may answer, whoever may: else it would wait until it is late."""
    roles = (_grant.c.role == Role.MANAGER) & (_grant.c.site_id == row.site_id)
    if row.step == DisputeStep.ESCALATED:
        roles = roles | (_grant.c.role == Role.ADMINISTRATOR)
    held = sa.exists().where(_grant.c.user_id == _user.c.id, _grant.c.revoked_at.is_(None), roles)
    people = sa.or_(held, _user.c.id == row.supervisor_id)
    if row.step in (DisputeStep.ANSWERED, DisputeStep.ESCALATED):
        people = sa.or_(people, _user.c.employee_id == row.employee_id)
    mine = (_user.c.organisation_id == row.organisation_id, _user.c.active)
    found = set(connection.execute(sa.select(_user.c.id).where(*mine, people)).scalars())
    if row.step == DisputeStep.ANSWERED:
        return found
    able = _who_may_answer(connection, row)
    return found if found & able else found | able


def _who_may_answer(connection: sa.Connection, row: Any) -> AbstractSet[str]:
    """As of the step that is told."""
    apart = {*authors(connection, row.inspection_id), row.supervisor_id}
    if row.step != DisputeStep.OPENED:
        apart.add(row.first_reviewer_id)
    return circle(
        connection,
        row.organisation_id,
        row.site_id,
        apart=apart,
        employee_id=row.employee_id,
        escalated=row.step == DisputeStep.ESCALATED,
    )
