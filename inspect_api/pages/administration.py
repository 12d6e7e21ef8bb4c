"""For administrators: report runs, refused changes, and the mail that was written instead of sent."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from checklists.tables import Employee, ReportRun, RunState, Site, User, table_of
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest, UseServices
from inspect_api.mail.addresses import sender_address
from inspect_api.mail.folder import FolderMailer
from inspect_api.pages.rendering import page
from inspect_api.problems import Code, Problem
from inspect_api.reports.kinds import NAMES
from inspect_api.reports.resend import resend
from inspect_api.services import Services
from sync.tables import Quarantine, Replica

NEWEST = 200

_employee = table_of(Employee)
_quarantine = table_of(Quarantine)
_replica = table_of(Replica)
_run = table_of(ReportRun)
_site = table_of(Site)
_user = table_of(User)
_UTC = ZoneInfo("UTC")

# What a mail's own page may do: nothing. The frame around it is sandboxed as well.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


class Letter(NamedTuple):
    """A written mail. ``sent``: when its run was planned."""

    name: str
    subject: str
    recipient: str
    sent: datetime | None


@get("/reports", sync_to_thread=True)
def report_runs(request: UserRequest, services: UseServices) -> Response[str]:
    request.user.require_administrator()
    statement = (
        sa.select(_run, _site.c.name.label("site"), _site.c.zone, _user.c.name.label("recipient"))
        .join(_site, _site.c.id == _run.c.site_id)
        .join(_user, _user.c.id == _run.c.recipient_id)
        .where(_run.c.organisation_id == request.user.organisation_id)
        .order_by(_run.c.planned_at.desc(), _site.c.name, _user.c.name)
        .limit(NEWEST)
    )
    with services.database.read() as connection:
        rows = connection.execute(statement).all()
    return page(
        request,
        "reports.html",
        rows=rows,
        newest=NEWEST,
        kinds=NAMES,
        zone_of=lambda row: ZoneInfo(row.zone),
        again=_to_send_again(rows),
    )


def _to_send_again(rows: Sequence[Any]) -> frozenset[str]:
    """The runs of which nobody knows, or everybody knows, that no mail arrived, and that were not sent again yet."""
    newest: dict[tuple[str, ...], Any] = {}
    for row in rows:
        key = (row.report, row.site_id, row.period, row.about, row.recipient_id)
        if key not in newest or newest[key].revision < row.revision:
            newest[key] = row
    return frozenset(row.id for row in newest.values() if row.state in (RunState.FAILED, RunState.UNCONFIRMED))


@post("/reports/{run_id:str}/resend", sync_to_thread=True)
def resend_report(request: UserRequest, services: UseServices, run_id: FromPath[str]) -> Redirect:
    """Somebody says that this mail shall go out once more."""
    host = sender_address(services.settings.mail_from).domain
    with services.database.write() as connection:
        resend(connection, request.user, run_id, services.clock(), host)
    return Redirect("/reports", status_code=303)


@get("/quarantine", sync_to_thread=True)
def quarantine(request: UserRequest, services: UseServices) -> Response[str]:
    request.user.require_administrator()
    statement = (
        sa.select(_quarantine, _user.c.name.label("author"), _replica.c.device_name)
        .join(_user, _user.c.id == _quarantine.c.user_id)
        .join(_replica, _replica.c.id == _quarantine.c.replica_id)
        .where(_quarantine.c.organisation_id == request.user.organisation_id)
        .order_by(_quarantine.c.refused_at.desc())
        .limit(NEWEST)
    )
    with services.database.read() as connection:
        rows = connection.execute(statement).all()
        zone = _zone(connection, request.user)
    return page(request, "quarantine.html", rows=rows, newest=NEWEST, zone=zone)


def _zone(connection: sa.Connection, user: Principal) -> ZoneInfo:
    """For what belongs to no site."""
    first = sa.select(_site.c.zone).where(_site.c.organisation_id == user.organisation_id).order_by(_site.c.code)
    zone = connection.execute(first.limit(1)).scalar()
    return ZoneInfo(zone) if zone else _UTC


@get("/mails")
async def mails(request: UserRequest, services: UseServices) -> Response[str]:
    request.user.require_administrator()
    folder = mail_folder(services)
    found = await asyncio.to_thread(_letters, services, request.user, folder) if folder else []
    zone = await asyncio.to_thread(_zone_of, services, request.user)
    return page(request, "mails.html", letters=found, folder=folder is not None, zone=zone)


@get("/mails/{name:str}")
async def mail(request: UserRequest, services: UseServices, name: FromPath[str]) -> Response[str]:
    request.user.require_administrator()
    message = await asyncio.to_thread(_open, services, request.user, name)
    zone = await asyncio.to_thread(_zone_of, services, request.user)
    html = _part(message, "html") is not None
    return page(request, "mail.html", letter=_letter(name, message), text=_part(message, "plain"), html=html, zone=zone)


def _zone_of(services: Services, user: Principal) -> ZoneInfo:
    with services.database.read() as connection:
        return _zone(connection, user)


@get("/mails/{name:str}/html")
async def mail_html(request: UserRequest, services: UseServices, name: FromPath[str]) -> Response[str]:
    """The HTML part alone, for the sandboxed frame."""
    request.user.require_administrator()
    message = await asyncio.to_thread(_open, services, request.user, name)
    headers = {
        "content-security-policy": MAIL_POLICY,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Response(_part(message, "html") or "", media_type="text/html", headers=headers)


def mail_folder(services: Services) -> Path | None:
    """None where mail is really sent."""
    return services.mailer.folder if isinstance(services.mailer, FolderMailer) else None


def _letters(services: Services, user: Principal, folder: Path) -> list[Letter]:
    """The newest first, those to people of the administrator's own organisation."""
    own = _own_addresses(services, user)
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    letters = []
    for path in files:
        message = _read(path, headers_only=True)
        if _is_to(message, own):
            letters.append(_letter(path.name, message))
        if len(letters) == NEWEST:
            break
    return letters


def _open(services: Services, user: Principal, name: str) -> EmailMessage:
    """Problem NOT_FOUND for any name that is not in the list of this administrator."""
    folder = mail_folder(services)
    # Looked up among the names that are there, never joined to a path: the name comes from outside.
    path = next((path for path in folder.glob("*.eml") if path.name == name), None) if folder else None
    message = _read(path) if path is not None else None
    if message is None or not _is_to(message, _own_addresses(services, user)):
        raise Problem(Code.NOT_FOUND, "没有这封邮件", "There is no such mail")
    return message


def _own_addresses(services: Services, user: Principal) -> frozenset[str]:
    """Of users, and of employees: who has no address with the log-in gets mail at the one in the register."""
    statement = sa.union(
        *(
            sa.select(table.c.email).where(table.c.organisation_id == user.organisation_id, table.c.email.is_not(None))
            for table in (_user, _employee)
        )
    )
    with services.database.read() as connection:
        return frozenset(address.casefold() for address in connection.execute(statement).scalars())


def _is_to(message: EmailMessage, own: frozenset[str]) -> bool:
    header: Any = message["To"]
    return header is not None and any(one.addr_spec.casefold() in own for one in header.addresses)


def _read(path: Path, *, headers_only: bool = False) -> EmailMessage:
    with path.open("rb") as file:
        return BytesParser(policy=policy.default).parse(file, headersonly=headers_only)


def _letter(name: str, message: EmailMessage) -> Letter:
    date: Any = message["Date"]
    return Letter(name, str(message["Subject"] or ""), str(message["To"] or ""), date.datetime if date else None)


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content())


HANDLERS = [report_runs, resend_report, quarantine, mails, mail, mail_html]
