"""``/api/v1/roster``: employees, posts and workspaces from a spreadsheet. Columns: ``docs/operations.md``."""

import asyncio

from litestar import post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from litestar.status_codes import HTTP_200_OK

from inspect_api.injection import UserRequest, UseServices
from inspect_api.problems import Code, Problem
from inspect_api.roster import RosterError, RosterResult, import_roster


@post("/api/v1/roster", status_code=HTTP_200_OK)
async def import_file(
    request: UserRequest, services: UseServices, create_sites: FromQuery[bool] = False
) -> RosterResult:
    """CSV or XLSX, as the body itself or as the one file of a form. Rows with a problem are in ``problems`` and left
    out, the others are kept; the same file again changes nothing."""
    request.user.require_administrator()
    content = await _content(request)
    try:
        return await asyncio.to_thread(
            import_roster,
            services.database,
            request.user.organisation_id,
            content,
            services.clock(),
            actor_id=request.user.user_id,
            create_sites=create_sites,
        )
    except RosterError as error:
        raise Problem(Code.ROSTER_INVALID, error.zh, error.en) from error


async def _content(request: UserRequest) -> bytes:
    if request.content_type[0] != "multipart/form-data":
        return await request.body()
    files = [value for _, value in (await request.form()).multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1:
        raise Problem(Code.INVALID_FIELD, "请上传一个文件", "Send exactly one file", "/file")
    return await files[0].read()


HANDLERS = [import_file]
