"""What came with a form of the pages: its texts, and the photo that may be among them."""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass

from litestar.datastructures import UploadFile

from inspect_api.injection import UserRequest
from inspect_api.photos.from_form import store_form_photo
from inspect_api.problems import Code, Problem
from inspect_api.services import Services

MAX_FORM = 40_000_000
"""Bytes of a form with a photo; ``photo_max_bytes`` decides about the photo itself."""


MENDABLE = frozenset({Code.INVALID_FIELD, Code.PHOTO_REFUSED, Code.BODY_TOO_LARGE})
"""What a reader can put right in the form itself: it is shown again, with what they wrote."""


@dataclass(frozen=True)
class Form:
    """``stored``: SHA-256 of the photo; ``refused``: why there is none although one was sent. Ask for ``photo``."""

    texts: Mapping[str, str]
    stored: str | None = None
    refused: Problem | None = None

    @property
    def photo(self) -> str | None:
        """SHA-256 of what was sent as ``photo``, stored by now. Problem PHOTO_REFUSED, BODY_TOO_LARGE."""
        if self.refused is not None:
            raise self.refused
        return self.stored

    def __getitem__(self, name: str) -> str:
        """Empty for a field that was not sent."""
        return self.texts.get(name, "").strip()


async def read_form(request: UserRequest, services: Services) -> Form:
    """With a photo that is none the texts are still there."""
    data = await request.form()
    sent = data.get("photo")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    try:
        return Form(texts, await to_thread(store_form_photo, services, request.user, content))
    except Problem as problem:
        return Form(texts, refused=problem)
