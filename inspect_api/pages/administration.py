"""For administrators: report runs, refused changes, and the mail that was written instead of sent."""

import asyncio
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath

from checklists.tables import ReportRun, Site, User, table_of
from inspect_api.auth.principal import Principal
from inspect_api.injection import UserRequest, UseServices
from inspect_api.mail.folder import FolderMailer
from inspect_api.pages.rendering import page
from inspect_api.problems import Code, Problem
from inspect_api.reports.kinds import NAMES
from inspect_api.services import Services
from sync.tables import Quarantine, Replica

NEWEST = 200

_quarantine = table_of(Quarantine)
_replica = table_of(Replica)
_run = table_of(ReportRun)
_site = table_of(Site)
_user = table_of(User)
_UTC = ZoneInfo("UTC")

# What a mail's own page may do: nothing. The frame around it is sandboxed as well.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


class Letter(NamedTuple):
    """A written mail. ``sent``: its Date header, as written."""

    name: str
    subject: str
    recipient: str
    sent: str


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
    return page(request, "reports.html", rows=rows, newest=NEWEST, kinds=NAMES, zone_of=lambda row: ZoneInfo(row.zone))


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
        zone = connection.execute(
            sa.select(_site.c.zone).where(_site.c.organisation_id == request.user.organisation_id).limit(1)
        ).scalar()
    return page(request, "quarantine.html", rows=rows, newest=NEWEST, zone=ZoneInfo(zone) if zone else _UTC)


@get("/mails")
async def mails(request: UserRequest, services: UseServices) -> Response[str]:
    request.user.require_administrator()
    folder = mail_folder(services)
    found = await asyncio.to_thread(_letters, services, request.user, folder) if folder else []
    return page(request, "mails.html", letters=found, folder=folder is not None)


@get("/mails/{name:str}")
async def mail(request: UserRequest, services: UseServices, name: FromPath[str]) -> Response[str]:
    request.user.require_administrator()
    message = await asyncio.to_thread(_open, services, request.user, name)
    text = _part(message, "plain")
    return page(request, "mail.html", letter=_letter(name, message), text=text, html=_part(message, "html") is not None)


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
    statement = sa.select(_user.c.email).where(
        _user.c.organisation_id == user.organisation_id, _user.c.email.is_not(None)
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
    return Letter(name, str(message["Subject"] or ""), str(message["To"] or ""), str(message["Date"] or ""))


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content())


HANDLERS = [report_runs, quarantine, mails, mail, mail_html]
