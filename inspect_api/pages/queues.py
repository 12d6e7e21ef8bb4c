"""For administrators: bring in the queue of a tablet that gets no network any more."""

from asyncio import to_thread

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile

from inspect_api.api.queues import MAX_FILE
from inspect_api.importing.importing import Imported, import_queue
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.errors import PAGE_EXCEPTIONS
from inspect_api.pages.rendering import page
from inspect_api.problems import Code, Problem

MOST = 200


@get("/replicas/import", sync_to_thread=False)
def show_import(request: UserRequest) -> Response[str]:
    request.user.require_administrator()
    return _show(request, None)


@post("/replicas/import", request_max_body_size=MAX_FILE)
async def do_import(request: UserRequest, services: UseServices) -> Response[str]:
    request.user.require_administrator()
    sent = (await request.form()).get("queue")
    if not isinstance(sent, UploadFile):
        raise Problem(Code.INVALID_FIELD, "请选择文件", "Choose a file", "/queue")
    return _show(request, await to_thread(import_queue, services, request.user, sent.file))


def _show(request: UserRequest, imported: Imported | None) -> Response[str]:
    refused = [] if imported is None else [result for result in imported.results if result.status == "refused"]
    photos = [] if imported is None else [photo for photo in imported.photos if photo.reason is not None]
    fixes = [] if imported is None else [fix for fix in imported.fixes if fix.code is not None]
    return page(
        request,
        "queue_import.html",
        imported=imported,
        refused=refused[:MOST],
        photos=photos[:MOST],
        fixes=fixes[:MOST],
    )


HANDLERS = [
    Router("/", route_handlers=[show_import, do_import], exception_handlers=PAGE_EXCEPTIONS, include_in_schema=False)
]
