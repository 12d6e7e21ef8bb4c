"""``/api/v1/photos``: stored photos, for those who may see an inspection that declares them. See ``docs/photos.md``."""

from typing import Annotated, Literal

from litestar import Response, get
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from inspect_api.injection import UserRequest, UseServices
from inspect_api.photos.viewing import photo_state, view_photo

Sha256 = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$(?!\n)")]

# A photo never changes. Vary: the next user of a shared browser must not get it from the cache without asking.
_HEADERS = {"cache-control": "private, max-age=86400, immutable", "vary": "authorization, cookie"}


class PhotoStatus(Struct, frozen=True):
    """``state``: stored, deleted (by rule: it is not wanted again) or missing."""

    sha256: str
    state: str


@get("/api/v1/photos/{sha256:str}", sync_to_thread=True)
def view(
    request: UserRequest,
    services: UseServices,
    sha256: Sha256,
    size: Annotated[Literal["full", "large", "small"], QueryParameter()] = "large",
) -> Response[bytes]:
    """The photo as JPEG, upright, without metadata. Every view is logged."""
    photo = view_photo(services, request.user, sha256, size)
    return Response(photo.content, media_type="image/jpeg", headers=_HEADERS | {"etag": f'"{photo.sha256}"'})


@get("/api/v1/photos/{sha256:str}/status", sync_to_thread=True)
def status(request: UserRequest, services: UseServices, sha256: Sha256) -> Response[PhotoStatus]:
    """Whether it is here; a tablet asks before it sends, and before it deletes its copy."""
    state = photo_state(services, request.user, sha256)
    return Response(PhotoStatus(sha256, state), headers={"cache-control": "no-store"})


HANDLERS = [view, status]
