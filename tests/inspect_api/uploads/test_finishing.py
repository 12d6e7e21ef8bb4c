"""What happens to uploads that nobody comes back to, and to those that a crash left whole."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from checklists.ids import new_id
from inspect_api.photos.messages import SIZES
from inspect_api.photos.verify import verify_stored_photos
from inspect_api.uploads.finishing import expire_uploads, finish_waiting_uploads
from tests import photo_fixtures as photos
from tests.databases import both_databases, photos_where_they_grow
from tests.inspect_api.uploads.declaring import Waiting
from tests.inspect_api.uploads.test_uploads import files, stored
from tests.inspect_api.uploads.tus import Tus, digest
from tests.s3_server import S3Server
from tests.world import SteppedClock, World, log_in

database_kind = both_databases
blob_kind = photos_where_they_grow


def arrive(world: World, location: str, content: bytes) -> None:
    """The bytes are on the disk, and the server was killed before it could go on."""
    folder = world.services.settings.data_dir / "uploads"
    folder.mkdir(exist_ok=True)
    (folder / location.rpartition("/")[2]).write_bytes(content)


async def test_an_unfinished_upload_expires(tus: Tus, world: World, clock: SteppedClock, client) -> None:
    content = photos.jpeg()
    answer = await tus.create(content, body=content[:1000])
    assert answer.headers["upload-expires"] == "Fri, 27 Nov 2026 04:00:00 GMT"
    location = answer.headers["location"]
    clock.forward(days=6, hours=23)
    assert expire_uploads(world.services) == 0
    assert len(files(world)) == 1
    clock.forward(hours=2)
    tus.headers |= await log_in(client, "chen")
    assert (await tus.head(location)).status_code == 410
    assert (await tus.patch(location, 1000, content[1000:])).status_code == 410
    assert expire_uploads(world.services) == 1
    assert files(world) == []
    assert (await tus.head(location)).status_code == 404


@pytest.mark.parametrize("ask", ["head", "read", "create", "job"])
async def test_an_upload_that_was_whole_when_the_server_died_is_finished(
    tus: Tus, world: World, waiting: Waiting, ask: str
) -> None:
    content = photos.jpeg()
    inspection = waiting.declare(digest(content))
    location = await tus.begin(content)
    arrive(world, location, content)
    if ask == "head":
        assert (await tus.head(location)).headers["upload-offset"] == str(len(content))
    elif ask == "read":
        assert (await tus.read(location))["state"] == "stored"
    elif ask == "create":
        again = await tus.create(content)
        assert (again.headers["location"], again.headers["upload-offset"]) == (location, str(len(content)))
    else:
        assert finish_waiting_uploads(world.services) == 1
    assert stored(world) == [digest(content)]
    assert waiting.state(inspection) == "complete"
    assert files(world) == []


async def test_a_refusal_found_late_is_told_when_asked(tus: Tus, world: World) -> None:
    content = b"not a photo" * 100
    location = await tus.begin(content)
    arrive(world, location, content)
    answer = await tus.head(location)
    assert (answer.status_code, answer.headers["upload-refused"]) == (422, "not_an_image")
    location = await tus.begin(content)
    arrive(world, location, content)
    assert (await tus.read(location))["state"] == "refused"
    location = await tus.begin(content)
    arrive(world, location, content)
    assert finish_waiting_uploads(world.services) == 0
    assert (await tus.read(location))["refusal"] == "not_an_image"


async def test_a_whole_upload_never_expires_unprocessed(tus: Tus, world: World, clock: SteppedClock) -> None:
    content = photos.jpeg()
    arrive(world, await tus.begin(content), content)
    clock.forward(days=30)
    assert expire_uploads(world.services) == 0
    assert finish_waiting_uploads(world.services) == 1
    assert stored(world) == [digest(content)]


async def test_files_that_no_upload_owns_are_swept(tus: Tus, world: World) -> None:
    content = photos.jpeg()
    kept = await tus.begin(content)
    await tus.patch(kept, 0, content[:1000])
    location = await tus.begin(photos.jpeg(seed=1))
    await tus.delete(location)
    arrive(world, location, b"left over")
    for size in SIZES:  # and a process that was killed while it made something of an upload
        arrive(world, f"{location}.{size}", b"left over")
        arrive(world, f"{new_id()}.{size}", b"left over, and the upload itself was gone")
    expire_uploads(world.services)
    assert files(world) == [kept.rpartition("/")[2]]


@pytest.fixture
def out_of_reach(
    blob_kind: str, world: World, request: pytest.FixtureRequest
) -> Callable[[], AbstractContextManager[None]]:
    """The store is gone for a while: a file lies where its folder was, or its server is down."""

    @contextmanager
    def folder_gone() -> Iterator[None]:
        folder = world.services.settings.data_dir / "photos"
        folder.rmdir()
        folder.write_text("no folder")
        yield
        folder.unlink()

    @contextmanager
    def server_down() -> Iterator[None]:
        server: S3Server = request.getfixturevalue("s3")
        server.stop()
        yield
        server.start()

    return folder_gone if blob_kind == "folder" else server_down


async def test_a_store_out_of_reach_loses_nothing(tus: Tus, world: World, waiting: Waiting, out_of_reach) -> None:
    content = photos.jpeg()
    inspection = waiting.declare(digest(content))
    with out_of_reach():
        location = await tus.begin(content)
        assert (await tus.patch(location, 0, content)).status_code == 503
        assert (stored(world), waiting.state(inspection)) == ([], "incomplete")
    assert (await tus.head(location)).headers["upload-offset"] == str(len(content))
    assert stored(world) == [digest(content)]
    assert verify_stored_photos(world.services.database, world.services.blobs).is_whole


async def test_inspections_that_cannot_be_made_anew_record_nothing(
    tus: Tus, world: World, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = photos.jpeg()
    inspection = waiting.declare(digest(content))
    location = await tus.begin(content)
    arrive(world, location, content)

    def fail(*_: object) -> None:
        raise RuntimeError("the projection failed")

    with monkeypatch.context() as broken:
        broken.setattr("inspect_api.photos.intake.photo_arrived", fail)
        with pytest.raises(RuntimeError):
            finish_waiting_uploads(world.services)
    assert (stored(world), waiting.state(inspection)) == ([], "incomplete")
    assert (await tus.head(location)).status_code == 200
    assert (stored(world), waiting.state(inspection)) == ([digest(content)], "complete")
