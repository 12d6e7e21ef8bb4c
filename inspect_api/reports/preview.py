"""The weekly report as it would go out now: on a page, or by mail to the administrator who asks for it."""

from email.message import EmailMessage

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import ReportRun, User, table_of
from inspect_api.administration import audit
from inspect_api.auth.principal import Principal
from inspect_api.mail.addresses import sender_address, usable
from inspect_api.problems import Code, Problem
from inspect_api.reports.expected import Expected
from inspect_api.reports.kinds import PREVIEW
from inspect_api.reports.plan import plan_run
from inspect_api.reports.runs import Run
from inspect_api.reports.sending import Recipient
from inspect_api.reports.weekly import weekly_mail
from inspect_api.scorecards import access
from inspect_api.services import Services
from sync.statements import insert

_RUN = table_of(ReportRun)
_user = table_of(User)


def preview(
    services: Services, connection: sa.Connection, user: Principal, site_id: str, week: str, language: str
) -> EmailMessage:
    """Made like the mail itself, and sent to nobody."""
    user.require_administrator()
    access.readable_site(connection, user, site_id)
    now = services.clock()
    run = Run(
        new_id(), user.organisation_id, PREVIEW, site_id, week, 1, user.user_id, "<preview@localhost>", 0, now, ""
    )
    return weekly_mail(services, connection, run, Recipient(user.user_id, user.name, "preview@localhost", language))


def send_to_me(services: Services, connection: sa.Connection, user: Principal, site_id: str, week: str) -> str:
    """Plan it as a run like any other, so that it goes out once; gives its id. Problem CONFLICT without an address."""
    user.require_administrator()
    access.readable_site(connection, user, site_id)
    now = services.clock()
    address = connection.execute(sa.select(_user.c.email).where(_user.c.id == user.user_id)).scalar()
    if not address or not usable(address):
        raise Problem(Code.CONFLICT, "您的账号没有邮箱地址", "Your account has no mail address")
    key = Expected(user.organisation_id, PREVIEW, site_id, week, "", user.user_id)
    row = plan_run(key, _next_revision(connection, key), sender_address(services.settings.mail_from).domain, now)
    insert(connection, _RUN, [row])
    detail = {"site_id": site_id, "week": week}
    about = ("report_run", str(row["id"]))
    audit.record(connection, user.organisation_id, user.user_id, "report.preview", about, now, detail)
    return str(row["id"])


def _next_revision(connection: sa.Connection, key: Expected) -> int:
    same = sa.select(sa.func.max(_RUN.c.revision)).where(
        _RUN.c.report == key.report,
        _RUN.c.site_id == key.site_id,
        _RUN.c.period == key.period,
        _RUN.c.recipient_id == key.recipient_id,
    )
    return (connection.execute(same).scalar() or 0) + 1
