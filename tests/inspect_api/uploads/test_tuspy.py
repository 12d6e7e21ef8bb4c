"""A client that is not ours: tuspy uploads through a line that breaks, and resumes."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from checklists.ids import new_id
from inspect_api.photos.verify import verify_stored_photos
from tests import photo_fixtures as photos
from tests.databases import both_databases, photos_where_they_grow
from tests.fault_proxy import BREAKS, FaultProxy
from tests.inspect_api.uploads.declaring import Waiting
from tests.inspect_api.uploads.test_uploads import stored
from tests.inspect_api.uploads.tus import UPLOADS, digest
from tests.server_process import ServerProcess, running_server
from tests.world import PASSWORD, World

database_kind = both_databases
blob_kind = photos_where_they_grow

CUTS = 10
PIECE = 150_000


@pytest.fixture
def served(
    tmp_path: Path, database_url: str | None, blob_settings: dict[str, str]
) -> Iterator[tuple[ServerProcess, World]]:
    with running_server(tmp_path, database_url, **blob_settings) as running:
        yield running


def headers(server: ServerProcess) -> dict[str, str]:
    body = {"login": "chen", "password": PASSWORD, "replica": {"id": new_id(), "device_name": "tablet"}}
    answer = httpx.post(f"{server.url}/api/v1/auth/login", json=body)
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def begin(client: TusClient, content: bytes) -> Any:
    """Creation is no part that tus resumes: a tablet asks again, and what nobody came back to expires."""
    while True:
        uploader = client.uploader(
            file_stream=io.BytesIO(content),
            chunk_size=PIECE,
            metadata={"sha256": digest(content), "filename": "照片.jpg"},
            upload_checksum=True,
        )
        try:
            uploader.set_url(uploader.create_url())
        except TusCommunicationError:
            continue
        return uploader


def resume(client: TusClient, content: bytes, url: str) -> Any:
    """As after a crash: only the address of the upload is left, the offset is asked for."""
    while True:
        try:
            return client.uploader(file_stream=io.BytesIO(content), url=url, chunk_size=PIECE, upload_checksum=True)
        except TusCommunicationError:
            continue


def send(uploader: Any) -> bool:
    """Whether the line held until the last byte."""
    try:
        uploader.upload()
    except TusCommunicationError as error:
        if error.status_code not in (None, 409):  # 409: another connection, now dead, still holds the upload
            raise
        return False
    return True


def test_tuspy_is_cut_off_ten_times_and_resumes(served: tuple[ServerProcess, World]) -> None:
    server, world = served
    content = photos.phone_jpeg()
    waiting = Waiting(world)
    inspection = waiting.declare(digest(content))
    with FaultProxy(server.port, seed=20261121, rate=0.4) as line:
        line.break_next = [(b"PATCH ", fault) for fault in 3 * BREAKS]
        client = TusClient(f"{line.url}{UPLOADS}", headers(server))
        uploader, cuts = begin(client, content), 0
        url = uploader.url
        while not send(uploader):
            cuts += 1
            assert cuts < 30 * CUTS, "it gets nowhere"
            uploader = resume(client, content, url)
    assert cuts >= CUTS
    assert line.break_next == []
    assert (stored(world), waiting.state(inspection)) == ([digest(content)], "complete")
    assert verify_stored_photos(world.services.database, world.services.blobs).is_whole


def test_tuspy_is_told_why_a_photo_is_refused(served: tuple[ServerProcess, World]) -> None:
    server, world = served
    client = TusClient(f"{server.url}{UPLOADS}", headers(server))
    with pytest.raises(TusCommunicationError) as refused:
        begin(client, b"no picture " * 100).upload()
    assert refused.value.status_code == 422
    assert b"not_an_image" in refused.value.response_content
    assert stored(world) == []
