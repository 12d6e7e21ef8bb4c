"""``/api/v1/uploads``: resumable uploads of photos, tus 1.0.0. See ``docs/photos.md``."""

from datetime import datetime
from typing import Annotated

from litestar import Response, Router, delete, get, head, patch, post, route
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.enums import HttpMethod
from litestar.params import PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

from inspect_api.injection import UserRequest, UseServices
from inspect_api.photos.undeclared import UndeclaredPhoto, undeclared_photos
from inspect_api.uploads import protocol
from inspect_api.uploads.finishing import refusal_problem
from inspect_api.uploads.receiving import BodyCut, Upload, Uploads
from inspect_api.uploads.store import UploadState

UseUploads = NamedDependency[Uploads]
UploadId = Annotated[str, PathParameter(max_length=64)]
PATH = "/api/v1/uploads"


class UploadAnswer(Struct, frozen=True):
    """``state``: open, stored or refused; ``refusal``: why. ``offset``: bytes that have arrived."""

    id: str
    sha256: str
    length: int
    offset: int
    state: str
    refusal: str | None
    expires_at: datetime


@route(["/", "/{upload_id:str}"], http_method=[HttpMethod.OPTIONS], opt={"public": True}, sync_to_thread=False)
def options(services: UseServices) -> Response[None]:
    """What this server can do."""
    headers = protocol.options(services.settings.photo_max_bytes)
    return Response(None, status_code=HTTP_204_NO_CONTENT, headers=headers)


@post("/", status_code=HTTP_201_CREATED)
async def create(request: UserRequest, services: UseServices, uploads: UseUploads) -> Response[None]:
    """Begin an upload, with its first bytes when the request has a body.

    A photo that is stored already is answered with ``Upload-Offset`` = ``Upload-Length``: send nothing.
    """
    protocol.require_version(request.headers)
    length = protocol.upload_length(request.headers, services.settings.photo_max_bytes)
    sha256 = protocol.declared_sha256(request.headers)
    checksum = protocol.checksum(request.headers)
    upload = await uploads.create(request.user, sha256, length)
    _raise_refusal(upload)
    if upload.offset == 0 and request.headers.get("content-type", "").startswith(protocol.CONTENT_TYPE):
        upload = await uploads.append(request.user, upload.row.id, 0, _Body(request), checksum)
    location = {"location": f"{PATH}/{upload.row.id}"}
    return Response(None, status_code=HTTP_201_CREATED, headers=location | _progress(upload))


@head("/{upload_id:str}")
async def offset(request: UserRequest, uploads: UseUploads, upload_id: UploadId) -> Response[None]:
    """From where to go on."""
    protocol.require_version(request.headers)
    upload = await uploads.state(request.user, upload_id)
    _raise_refusal(upload)
    headers = _progress(upload) | {"upload-length": str(upload.row.length), "cache-control": "no-store"}
    return Response(None, status_code=HTTP_200_OK, headers=headers)


@get("/{upload_id:str}")
async def read(request: UserRequest, uploads: UseUploads, upload_id: UploadId) -> Response[UploadAnswer]:
    """How the upload stands, in words; a photo is safe here once the state is ``stored``."""
    upload = await uploads.state(request.user, upload_id)
    row = upload.row
    answer = UploadAnswer(row.id, row.sha256, row.length, upload.offset, row.state, row.refusal, row.expires_at)
    return Response(answer, headers={"cache-control": "no-store"})


@patch("/{upload_id:str}", status_code=HTTP_204_NO_CONTENT)
async def append(request: UserRequest, uploads: UseUploads, upload_id: UploadId) -> Response[None]:
    """The next bytes. After the last one the answer comes when the photo is stored, or refused with a reason."""
    protocol.require_version(request.headers)
    protocol.require_content_type(request.headers)
    position = protocol.upload_offset(request.headers)
    checksum = protocol.checksum(request.headers)
    upload = await uploads.append(request.user, upload_id, position, _Body(request), checksum)
    return Response(None, status_code=HTTP_204_NO_CONTENT, headers=_progress(upload))


@delete("/{upload_id:str}", status_code=HTTP_204_NO_CONTENT)
async def terminate(request: UserRequest, uploads: UseUploads, upload_id: UploadId) -> None:
    """Give an upload up. A stored photo stays stored."""
    protocol.require_version(request.headers)
    await uploads.terminate(request.user, upload_id)


@get("/api/v1/undeclared-photos", sync_to_thread=True)
def undeclared(request: UserRequest, services: UseServices) -> list[UndeclaredPhoto]:
    """For administrators: stored photos that no inspection has declared for long; kept, in case one still does."""
    request.user.require_administrator()
    return undeclared_photos(services, request.user.organisation_id)


def _raise_refusal(upload: Upload) -> None:
    """A generic client takes a full offset for success, so a refused upload is never answered with one."""
    if upload.row.state is UploadState.REFUSED and upload.row.refusal is not None:
        raise refusal_problem(upload.row.refusal)


def _progress(upload: Upload) -> dict[str, str]:
    headers = {"upload-offset": str(upload.offset)}
    if upload.row.state is UploadState.OPEN:
        headers["upload-expires"] = protocol.http_date(upload.row.expires_at)
    return headers


class _Body:
    """The body of a request as it comes; the framework's own reader takes a cut for a bug."""

    def __init__(self, request: UserRequest) -> None:
        self._request, self._ended = request, False

    async def __call__(self) -> bytes | None:
        if self._ended:
            return None
        event = await self._request.receive()
        if event["type"] != "http.request":
            raise BodyCut
        self._ended = not event["more_body"]
        return event["body"]


def _names_the_protocol(app: ASGIApp) -> ASGIApp:
    """Every answer carries the version of the protocol, a refusal too."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"tus-resumable", protocol.VERSION.encode())]
            await send(message)

        await app(scope, receive, send_named)

    return middleware


async def _uploads(state: State) -> Uploads:
    """One for each application."""
    if "uploads" not in state:
        state.uploads = Uploads(state.services)
    uploads: Uploads = state.uploads
    return uploads


HANDLERS = [
    Router(
        PATH,
        route_handlers=[options, create, offset, read, append, terminate],
        middleware=[_names_the_protocol],
        dependencies={"uploads": Provide(_uploads)},
    ),
    undeclared,
]
