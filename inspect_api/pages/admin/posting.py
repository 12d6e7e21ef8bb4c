"""What came with a form of an administrator's page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from checklists.tables import Site, table_of
from inspect_api.injection import UserRequest
from inspect_api.problems import Code, Problem

_site = table_of(Site)


@dataclass(frozen=True)
class Posted:
    """``file``: what was sent as ``file``; empty without one."""

    texts: Mapping[str, str]
    file: bytes = field(default=b"", repr=False)

    def __getitem__(self, name: str) -> str:
        """Without blanks around it; empty for a field that was not sent."""
        return self.texts.get(name, "").strip()

    def get(self, name: str) -> str | None:
        """None for a field that is empty."""
        return self[name] or None

    def number(self, name: str) -> int:
        try:
            return int(self[name])
        except ValueError as error:
            raise Problem(Code.INVALID_FIELD, "请填写整数", "A whole number is needed", f"/{name}") from error


async def posted(request: UserRequest) -> Posted:
    data = await request.form()
    sent = data.get("file")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    return Posted({name: value for name, value in data.items() if isinstance(value, str)}, content)


def back(path: str) -> Redirect:
    return Redirect(path, status_code=303)


def day_begins(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Midnight of a day like ``2026-11-21`` there; None for nothing. Problem INVALID_FIELD."""
    if not text:
        return None
    try:
        return datetime.combine(Date.fromisoformat(text), time(), tzinfo=zone)
    except ValueError as error:
        raise Problem(Code.INVALID_FIELD, "日期格式应为 2026-10-01", "A day looks like 2026-10-01") from error


def day_of(form: Posted, name: str) -> Date:
    """Problem INVALID_FIELD for anything but a day."""
    try:
        return Date.fromisoformat(form[name])
    except ValueError as error:
        raise Problem(Code.INVALID_FIELD, "请选择日期", "A day is needed", f"/{name}") from error


def zone_of_pages(connection: sa.Connection, organisation_id: str) -> ZoneInfo:
    """On whose clock administrators read instants: that of the organisation's first site."""
    mine = sa.select(_site.c.zone).where(_site.c.organisation_id == organisation_id).order_by(_site.c.code).limit(1)
    found = connection.execute(mine).scalar()
    return ZoneInfo(found) if found else ZoneInfo("UTC")
