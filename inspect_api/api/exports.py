"""``GET /api/v1/export``: everything that a site's scorecards are made from. See ``docs/export.md``."""

from asyncio import to_thread
from datetime import datetime
from typing import IO, Annotated

from litestar import get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from checklists.ids import UUID_PATTERN, new_id
from checklists.periods import Week
from checklists.tables import Audit, table_of
from inspect_api.api.scorecards import parse_week
from inspect_api.auth.principal import Principal
from inspect_api.downloads import download, made_aside
from inspect_api.exporting.writing import export_lines
from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access
from inspect_api.services import Services

MOST_WEEKS = 13
_audit = table_of(Audit)


@get("/api/v1/export", media_type="application/x-ndjson")
async def export(
    request: UserRequest,
    services: UseServices,
    site_id: Annotated[str, QueryParameter(pattern=UUID_PATTERN)],
    week: FromQuery[str],
    until: FromQuery[str | None] = None,
) -> Stream:
    """From ``week`` to ``until``, both included; for managers of the site and administrators. It is logged."""
    weeks = _span(parse_week(week), parse_week(until, "/until") if until else parse_week(week))
    file = await to_thread(_made, services, request.user, site_id, weeks)
    return download(file, f"scorecards-{weeks[0]}-{weeks[-1]}.jsonl", "application/x-ndjson")


def _span(first: Week, last: Week) -> list[Week]:
    weeks = [first]
    while weeks[-1] < last and len(weeks) <= MOST_WEEKS:
        weeks.append(weeks[-1].next())
    if last < first or len(weeks) > MOST_WEEKS:
        raise Problem(Code.INVALID_FIELD, f"最多 {MOST_WEEKS} 周", f"At most {MOST_WEEKS} weeks", "/until")
    return weeks


def _made(services: Services, user: Principal, site_id: str, weeks: list[Week]) -> IO[bytes]:
    now = services.clock()

    def write(file: IO[bytes]) -> None:
        with services.database.read() as connection:
            site = access.readable_site(connection, user, site_id)
            for line in export_lines(connection, site, weeks, now):
                file.write(line)
        _log(services, user, site_id, weeks, now)

    return made_aside(write)


def _log(services: Services, user: Principal, site_id: str, weeks: list[Week], now: datetime) -> None:
    with services.database.write() as connection:
        connection.execute(
            _audit.insert(),
            {
                "id": new_id(),
                "organisation_id": user.organisation_id,
                "actor_id": user.user_id,
                "action": "scorecards.export",
                "object_kind": "site",
                "object_id": site_id,
                "detail": f'{{"first":"{weeks[0]}","last":"{weeks[-1]}"}}',
                "at": now,
            },
        )


HANDLERS = [export]
