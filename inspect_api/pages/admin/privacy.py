"""Personal data: what is deleted by rule, and the export and erasure of one person."""

from asyncio import to_thread
from functools import partial
from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from checklists.tables import Deletion, Employee, Site, table_of
from inspect_api.auth.principal import Principal
from inspect_api.downloads import download, made_aside
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.admin.posting import back, posted
from inspect_api.pages.rendering import page
from inspect_api.privacy.deletions import LOG, PHOTO, WEEK
from inspect_api.privacy.erasure import erase
from inspect_api.privacy.person import export_person
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

MOST = 50

_deletion, _employee, _site = table_of(Deletion), table_of(Employee), table_of(Site)


@get("/admin/privacy", sync_to_thread=True)
def privacy(request: UserRequest, services: UseServices, name: FromQuery[str] = "") -> Response[str]:
    user = request.user
    user.require_administrator()
    waiting = (
        sa.select(_deletion.c.kind, sa.func.count().label("number"))
        .where(_deletion.c.organisation_id == user.organisation_id)
        .group_by(_deletion.c.kind)
    )
    with services.database.read() as connection:
        people = _found(connection, user, name.strip()) if name.strip() else []
        planned = dict.fromkeys((PHOTO, WEEK, LOG), 0)
        planned.update({row.kind: row.number for row in connection.execute(waiting)})
    settings = services.settings
    return page(request, "admin/privacy.html", people=people, name=name, planned=planned, settings=settings)


def _found(connection: sa.Connection, user: Principal, text: str) -> list[Any]:
    return list(
        connection.execute(
            sa.select(_employee, _site.c.name.label("site"))
            .join(_site, _site.c.id == _employee.c.site_id)
            .where(
                _employee.c.organisation_id == user.organisation_id,
                _employee.c.erased_at.is_(None),
                _employee.c.name.contains(text, autoescape=True) | _employee.c.number.startswith(text, autoescape=True),
            )
            .order_by(_employee.c.number)
            .limit(MOST)
        )
    )


@post("/admin/privacy/{employee_id:str}")
async def act(request: UserRequest, services: UseServices, employee_id: FromPath[str]) -> Any:
    """Erase the person; their number, typed once more, says that this one is meant."""
    form = await posted(request)
    await to_thread(_erase, services, request.user, employee_id, form["number"])
    return back("/admin/privacy")


def _erase(services: Services, user: Principal, employee_id: str, number: str) -> None:
    user.require_administrator()
    with services.database.write() as connection:
        mine = (_employee.c.id == employee_id, _employee.c.organisation_id == user.organisation_id)
        known = connection.execute(sa.select(_employee.c.number).where(*mine)).scalar()
        if known is not None and known != number:
            raise Problem(Code.INVALID_FIELD, "工号不符", "The staff number is another", "/number")
        erase(
            connection,
            user.organisation_id,
            employee_id,
            user.user_id,
            services.clock(),
            services.settings.dispute_days,
        )


@get("/employees/{employee_id:str}/data.zip")
async def export(request: UserRequest, services: UseServices, employee_id: FromPath[str]) -> Stream:
    """All that is held about one person: for themselves, and for administrators."""
    user = request.user
    if not user.is_administrator and user.employee_id != employee_id:
        raise Problem(Code.FORBIDDEN, "只能导出本人的数据", "Only your own data")
    write = partial(export_person, services, user.organisation_id, employee_id, user.user_id)
    return download(await to_thread(made_aside, write), "data.zip", "application/zip")


HANDLERS = [privacy, act, export]
