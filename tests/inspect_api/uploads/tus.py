"""A small tus client for tests: says exactly what a test wants to say, also what is wrong."""

import base64
import hashlib
from typing import Any

from httpx import Response

from inspect_api.uploads.protocol import CONTENT_TYPE, VERSION

UPLOADS = "/api/v1/uploads"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def metadata(sha256: str, **more: str) -> str:
    pairs = {"sha256": sha256, **more}
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


class Tus:
    """``client``: an httpx client of the server. ``headers``: of a logged-in user."""

    def __init__(self, client: Any, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = {"tus-resumable": VERSION, **headers}

    async def create(self, content: bytes, sha256: str | None = None, body: bytes = b"", **headers: str) -> Response:
        announced = {
            "upload-length": str(len(content)),
            "upload-metadata": metadata(sha256 or digest(content), filename="照片.jpg"),
        }
        if body:
            announced["content-type"] = CONTENT_TYPE
        return await self.client.post(UPLOADS, content=body, headers=self.headers | announced | headers)

    async def begin(self, content: bytes, **more: Any) -> str:
        answer = await self.create(content, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    async def patch(self, location: str, offset: int, body: Any, **headers: str) -> Response:
        said = {"upload-offset": str(offset), "content-type": CONTENT_TYPE}
        return await self.client.patch(location, content=body, headers=self.headers | said | headers)

    async def head(self, location: str) -> Response:
        return await self.client.head(location, headers=self.headers)

    async def read(self, location: str) -> dict[str, Any]:
        answer = await self.client.get(location, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def delete(self, location: str) -> Response:
        return await self.client.delete(location, headers=self.headers)
