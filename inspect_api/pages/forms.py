"""What came with a form of the pages: its texts, and the photo that may be among them."""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass

from litestar.datastructures import UploadFile

from inspect_api.injection import UserRequest
from inspect_api.photos.from_form import store_form_photo
from inspect_api.services import Services

MAX_FORM = 40_000_000
"""Bytes of a form with a photo; ``photo_max_bytes`` decides about the photo itself."""


@dataclass(frozen=True)
class Form:
    """``photo``: SHA-256 of what was sent as ``photo``, stored by now."""

    texts: Mapping[str, str]
    photo: str | None

    def __getitem__(self, name: str) -> str:
        """Empty for a field that was not sent."""
        return self.texts.get(name, "").strip()


async def read_form(request: UserRequest, services: Services) -> Form:
    """Problem PHOTO_REFUSED for a photo that is none."""
    data = await request.form()
    sent = data.get("photo")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    photo = await to_thread(store_form_photo, services, request.user, content)
    return Form({name: value for name, value in data.items() if isinstance(value, str)}, photo)
