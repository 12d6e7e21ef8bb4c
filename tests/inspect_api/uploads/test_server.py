"""Uploads over a real socket to a real server process: cut off, at the same time, and killed in the middle."""

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from checklists.ids import new_id
from inspect_api.photos.verify import verify_stored_photos
from tests import photo_fixtures as photos
from tests.databases import both_databases, photos_where_they_grow
from tests.inspect_api.uploads.test_uploads import stored
from tests.inspect_api.uploads.tus import CONTENT_TYPE, UPLOADS, Tus, digest
from tests.server_process import ServerProcess, running_server
from tests.world import World, log_in

database_kind = both_databases
blob_kind = photos_where_they_grow


@dataclass
class Server:
    """A server process that can be killed and started again on the same data; ``world`` looks into it from beside."""

    process: ServerProcess
    world: World

    @property
    def port(self) -> int:
        return self.process.port

    def start(self) -> None:
        self.process.start()

    def kill(self) -> None:
        self.process.kill()


@pytest.fixture
def server(tmp_path: Path, database_url: str | None, blob_settings: dict[str, str]) -> Iterator[Server]:
    with running_server(tmp_path, database_url, **blob_settings) as (process, world):
        yield Server(process, world)


@pytest.fixture
async def tus(server: Server) -> AsyncIterator[Tus]:
    async with httpx.AsyncClient(base_url=server.process.url, timeout=30) as client:
        yield Tus(client, await log_in(client, "chen", new_id()))


def cut_off(tus: Tus, server: Server, location: str, offset: int, body: bytes, announced: int) -> socket.socket:
    """Begin a PATCH of ``announced`` bytes, send only ``body``, and leave the connection standing."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    headers = {
        **tus.headers,
        "host": "127.0.0.1",
        "upload-offset": str(offset),
        "content-type": CONTENT_TYPE,
        "content-length": str(announced),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"PATCH {location} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    return connection


async def arrived(tus: Tus, location: str) -> int:
    answer = await tus.head(location)
    assert answer.status_code == 200, answer.headers
    return int(answer.headers["upload-offset"])


async def test_three_cuts_on_a_slow_link_and_the_photo_is_whole(server: Server, tus: Tus) -> None:
    content = photos.phone_jpeg()
    location = await tus.begin(content)
    offset = 0
    for part in (700_001, 1_500_000, 299_999):
        with cut_off(tus, server, location, offset, content[offset : offset + part], len(content) - offset):
            await asyncio.sleep(0.2)
        at = await arrived(tus, location)
        assert offset < at <= offset + part
        offset = at
    assert (await tus.patch(location, offset, content[offset:])).status_code == 204
    assert stored(server.world) == [digest(content)]
    assert verify_stored_photos(server.world.services.database, server.world.services.blobs).is_whole


async def test_a_dead_connection_holds_up_nobody(server: Server, tus: Tus) -> None:
    """A tablet that changed its network comes back while the server still waits for the old connection."""
    content = photos.jpeg()
    location = await tus.begin(content)
    with cut_off(tus, server, location, 0, content[:1500], len(content)):
        await asyncio.sleep(0.3)
        assert (await tus.patch(location, 0, content)).status_code == 409
        began = time.monotonic()
        assert await arrived(tus, location) == 1500
        assert time.monotonic() - began < 3
        assert (await tus.patch(location, 1500, content[1500:])).status_code == 204
    assert stored(server.world) == [digest(content)]


async def test_changes_are_not_held_up_by_photos(server: Server, tus: Tus) -> None:
    content = photos.phone_jpeg()
    uploads = [asyncio.create_task(tus.create(content, body=content)) for _ in range(4)]
    slowest = 0.0
    while not all(task.done() for task in uploads):
        began = time.monotonic()
        assert (await tus.client.get("/api/v1/auth/me", headers=tus.headers)).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.05)
    assert {task.result().status_code for task in uploads} == {201}
    assert slowest < 2
    assert stored(server.world) == [digest(content)]


async def test_killed_again_and_again_no_photo_is_lost_or_changed(server: Server, tus: Tus) -> None:
    """SIGKILL at any moment of creation, transfer and processing; afterwards every photo is stored, whole."""
    chance = random.Random(20261121)
    contents = [photos.jpeg(1600, 1200, seed=number) + bytes(200_000) for number in range(6)]
    waiting, kills = {digest(content): content for content in contents}, 0
    locations: dict[str, str] = {}
    sent: asyncio.Task[None] | None = None

    async def send(content: bytes) -> None:
        key = digest(content)
        if key not in locations:
            locations[key] = await tus.begin(content)
        at = await arrived(tus, locations[key])
        while at < len(content):
            answer = await tus.patch(locations[key], at, content[at : at + 60_000])
            assert answer.status_code == 204, answer.text
            at = int(answer.headers["upload-offset"])
        assert (await tus.read(locations[key]))["state"] == "stored"
        del waiting[key]

    async def send_all() -> None:
        for content in list(waiting.values()):
            await send(content)

    while waiting:
        sent = asyncio.create_task(send_all())
        # The first three come before anybody could be done, however quick the machine; then at any moment.
        moment = chance.uniform(0.01, 0.06) if kills < 3 else chance.uniform(0.02, 0.4)
        done, _ = await asyncio.wait({sent}, timeout=moment if kills < 8 else None)
        if not done:
            server.kill()
            kills += 1
            await asyncio.wait({sent})
            error = sent.exception()
            assert error is None or isinstance(error, httpx.TransportError)
            server.start()
        else:
            sent.result()
    assert kills >= 3
    assert sorted(stored(server.world)) == sorted(map(digest, contents))
    report = verify_stored_photos(server.world.services.database, server.world.services.blobs)
    assert (report.photos, report.missing, report.damaged) == (6, [], [])


async def test_killed_while_a_photo_is_processed(server: Server, tus: Tus) -> None:
    content = photos.phone_jpeg()
    location = await tus.begin(content)
    last = asyncio.create_task(tus.patch(location, 0, content))
    file = server.world.services.settings.data_dir / "uploads" / location.removeprefix(f"{UPLOADS}/")
    await asyncio.to_thread(_wait_for_size, file, len(content))
    server.kill()
    with pytest.raises(httpx.TransportError):
        await last
    assert stored(server.world) == []
    server.start()
    assert await arrived(tus, location) == len(content)
    assert stored(server.world) == [digest(content)]
    assert verify_stored_photos(server.world.services.database, server.world.services.blobs).is_whole


def _wait_for_size(file: Path, size: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if file.exists() and file.stat().st_size == size:
            return
        time.sleep(0.001)
    raise AssertionError("the photo never arrived")
