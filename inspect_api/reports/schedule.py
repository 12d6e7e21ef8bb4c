"""When an organisation's weekly mail is due, and which mail it sends."""

from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa
from msgspec import Struct

from checklists.tables import Organisation, ReportSchedule, table_of
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.settings import Settings
from sync.statements import upsert

_schedule = table_of(ReportSchedule)
_organisation = table_of(Organisation)


class Schedule(Struct, frozen=True):
    """``weekday``: days after the Monday that follows the week. ``zone``: None: the clock of each site.

    ``employees_from``, ``notices_from``: since when these mails go out; None: they do not.
    """

    weekday: int
    hour: int
    zone: str | None = None
    attachment: bool = False
    employees_from: datetime | None = None
    notices_from: datetime | None = None

    def clock(self, site_zone: ZoneInfo) -> ZoneInfo:
        return ZoneInfo(self.zone) if self.zone else site_zone


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """What an administrator sets."""

    weekday: int = 0
    hour: int = 8
    zone: str | None = None
    attachment: bool = False
    employees: bool = False
    notices: bool = True


def schedules(connection: sa.Connection, settings: Settings) -> dict[str, Schedule]:
    """Organisation id → its schedule; whoever has set none gets the default."""
    found: dict[str, Schedule] = defaultdict(lambda: Schedule(0, settings.report_hour))
    for row in connection.execute(sa.select(_organisation.c.id, _organisation.c.created_at)):
        found[row.id] = Schedule(0, settings.report_hour, notices_from=row.created_at)
    for row in connection.execute(sa.select(_schedule)):
        found[row.organisation_id] = Schedule(
            row.weekday, row.hour, row.zone, row.attachment, row.employees_from, row.notices_from
        )
    return found


def schedule_of(connection: sa.Connection, settings: Settings, organisation_id: str) -> Schedule:
    return schedules(connection, settings)[organisation_id]


def set_schedule(connection: sa.Connection, settings: Settings, user: Principal, wanted: Wanted, now: datetime) -> None:
    """From now on. What was planned stays; a mail that is switched on is not sent for what came due before.

    Problem INVALID_FIELD.
    """
    user.require_administrator()
    if not 0 <= wanted.weekday <= 6:
        raise Problem(Code.INVALID_FIELD, "星期须为 0 至 6", "The weekday is 0 to 6", "/weekday")
    if not 0 <= wanted.hour <= 23:
        raise Problem(Code.INVALID_FIELD, "小时须为 0 至 23", "The hour is 0 to 23", "/hour")
    if wanted.zone is not None and wanted.zone not in available_timezones():
        raise Problem(Code.INVALID_FIELD, "没有这个时区", "There is no such time zone", "/zone")
    before = schedule_of(connection, settings, user.organisation_id)
    row = {
        "organisation_id": user.organisation_id,
        "weekday": wanted.weekday,
        "hour": wanted.hour,
        "zone": wanted.zone,
        "attachment": wanted.attachment,
        "employees_from": (before.employees_from or now) if wanted.employees else None,
        "notices_from": (before.notices_from or now) if wanted.notices else None,
        "changed_by": user.user_id,
        "changed_at": now,
    }
    upsert(connection, _schedule, [row])
    about = ("organisation", user.organisation_id)
    detail = {name: getattr(wanted, name) for name in Wanted.__struct_fields__}
    audit.record(connection, user.organisation_id, user.user_id, "report_schedule.set", about, now, detail)
