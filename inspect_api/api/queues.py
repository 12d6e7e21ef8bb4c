"""``/api/v1/queues``: the queue of a tablet that gets no network any more, as the file that it exported."""

from asyncio import to_thread
from tempfile import SpooledTemporaryFile

from litestar import post
from litestar.status_codes import HTTP_200_OK

from inspect_api.importing.importing import Imported, import_queue
from inspect_api.injection import UserRequest, UseServices

MAX_FILE = 4_000_000_000
_IN_MEMORY = 8_000_000


@post("/api/v1/queues", status_code=HTTP_200_OK, request_max_body_size=MAX_FILE)
async def import_file(request: UserRequest, services: UseServices) -> Imported:
    """The file as body. One result for each change, as a push answers them, and one for each photo. Safe to repeat.
    Administrators only."""
    request.user.require_administrator()
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        async for piece in request.stream():
            await to_thread(file.write, piece)
        await to_thread(file.seek, 0)
        return await to_thread(import_queue, services, request.user, file)


HANDLERS = [import_file]
