"""``/api/v1/report-runs``: what was sent to whom, what went wrong, and the deliberate second mail."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import get, post
from litestar.params import FromQuery, PathParameter, QueryParameter
from msgspec import Struct

from checklists.ids import UUID_PATTERN
from checklists.tables import ReportRun, RunState, Site, User, table_of
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest, UseServices
from inspect_api.mail.addresses import sender_address
from inspect_api.problems import Code, Problem
from inspect_api.reports.resend import resend

MOST = 500

_run, _site, _user = table_of(ReportRun), table_of(Site), table_of(User)


class ReportRunBody(Struct, frozen=True):
    """``state``: planned, claimed, handed_over, sent, unconfirmed or failed. ``last_error``: why it is not sent yet, or
    not at all. ``revision``: 1, and one more for each deliberate re-send. Instants are UTC."""

    id: str
    report: str
    site_id: str
    site_name: str
    period: str
    revision: int
    recipient_id: str
    recipient_name: str
    state: str
    attempts: int
    planned_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str | None


class Planned(Struct, frozen=True):
    """The run that a re-send has planned."""

    id: str


@get("/api/v1/report-runs", sync_to_thread=True)
def report_runs(
    request: UserRequest,
    services: UseServices,
    site_id: FromQuery[str | None] = None,
    period: FromQuery[str | None] = None,
    run_state: FromQuery[RunState | None] = None,
    before: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 100,
) -> list[ReportRunBody]:
    """The newest first; the next page begins ``before`` the last id of this one. Managers see those of their sites."""
    wanted = [
        column == value
        for column, value in ((_run.c.site_id, site_id), (_run.c.period, period), (_run.c.state, run_state))
        if value is not None
    ]
    if before is not None:
        wanted.append(_run.c.id < before)
    with services.database.read() as connection:
        return _bodies(connection, _seen_by(request.user), *wanted, limit=limit)


@post("/api/v1/report-runs/{run_id:str}/resend", sync_to_thread=True)
def resend_report(
    request: UserRequest, services: UseServices, run_id: Annotated[str, PathParameter(pattern=UUID_PATTERN)]
) -> Planned:
    """Plan the mail once more: for an administrator, when a run has ended. It goes out with the next look for work."""
    host = sender_address(services.settings.mail_from).domain
    with services.database.write() as connection:
        return Planned(resend(connection, request.user, run_id, services.clock(), host))


def _seen_by(user: Principal) -> sa.ColumnElement[bool]:
    own = _run.c.organisation_id == user.organisation_id
    if user.is_administrator:
        return own
    if not user.managed_sites():
        raise Problem(Code.FORBIDDEN, "仅管理员和经理可用", "Only for administrators and managers")
    return own & _run.c.site_id.in_(sorted(user.managed_sites()))


def _bodies(connection: sa.Connection, *wanted: sa.ColumnElement[bool], limit: int) -> list[ReportRunBody]:
    rows: Any = connection.execute(
        sa.select(_run, _site.c.name.label("site_name"), _user.c.name.label("recipient_name"))
        .join(_site, _site.c.id == _run.c.site_id)
        .join(_user, _user.c.id == _run.c.recipient_id)
        .where(*wanted)
        .order_by(_run.c.id.desc())
        .limit(limit)
    )
    return [ReportRunBody(**{name: getattr(row, name) for name in ReportRunBody.__struct_fields__}) for row in rows]


HANDLERS = [report_runs, resend_report]
