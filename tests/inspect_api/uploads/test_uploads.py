"""The core of tus and its extensions, over HTTP, on the whole application."""

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Audit, Photo
from checklists.tables.columns import table_of
from inspect_api.photos.verify import verify_stored_photos
from tests import photo_fixtures as photos
from tests.databases import both_databases, photos_where_they_grow
from tests.inspect_api.uploads.declaring import Waiting
from tests.inspect_api.uploads.tus import UPLOADS, Tus, checksum, digest, metadata
from tests.world import World, log_in

database_kind = both_databases
blob_kind = photos_where_they_grow


def stored(world: World) -> list[str]:
    with world.services.database.read() as connection:
        return list(connection.execute(sa.select(table_of(Photo).c.sha256)).scalars())


def files(world: World) -> list[str]:
    folder = world.services.settings.data_dir / "uploads"
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


async def test_a_photo_in_pieces_is_stored_and_completes_the_inspection(
    tus: Tus, world: World, waiting: Waiting
) -> None:
    content = photos.jpeg()
    inspection = waiting.declare(digest(content))
    location = await tus.begin(content)
    assert (await tus.patch(location, 0, content[:3000])).headers["upload-offset"] == "3000"
    assert waiting.state(inspection) == "incomplete"
    assert (await tus.head(location)).headers["upload-offset"] == "3000"
    answer = await tus.patch(location, 3000, content[3000:])
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(content)))
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert stored(world) == [digest(content)]
    assert waiting.state(inspection) == "complete"
    assert files(world) == []
    report = verify_stored_photos(world.services.database, world.services.blobs)
    assert (report.photos, report.is_whole) == (1, True)
    state = await tus.read(location)
    assert (state["state"], state["offset"], state["sha256"]) == ("stored", len(content), digest(content))
    after = await tus.head(location)
    assert (after.headers["upload-offset"], after.headers["upload-length"]) == (str(len(content)),) * 2
    assert after.headers["cache-control"] == "no-store"


async def test_the_row_of_a_photo_says_what_was_sent(tus: Tus, world: World) -> None:
    content = photos.jpeg(1000, 800, orientation=6)
    await tus.patch(await tus.begin(content), 0, content)
    with world.services.database.read() as connection:
        row = connection.execute(sa.select(table_of(Photo))).mappings().one()
    assert (row["width"], row["height"], row["media_type"]) == (1000, 800, "image/jpeg")
    assert (row["size"], row["taken_at"]) == (len(content), photos.TAKEN_ISO)
    assert (row["uploaded_by"], row["stored_at"]) == (world.users["chen"], world.services.clock())


async def test_with_the_creation_in_one_request(tus: Tus, world: World) -> None:
    content = photos.jpeg()
    answer = await tus.create(content, body=content)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(content)))
    assert stored(world) == [digest(content)]


async def test_a_beginning_with_the_creation(tus: Tus) -> None:
    content = photos.jpeg()
    answer = await tus.create(content, body=content[:2000])
    assert answer.headers["upload-offset"] == "2000"
    assert (await tus.patch(answer.headers["location"], 2000, content[2000:])).status_code == 204


async def test_a_photo_that_is_here_is_not_sent_again(tus: Tus, world: World) -> None:
    content = photos.jpeg()
    await tus.create(content, body=content)
    again = await tus.create(content)
    assert (again.status_code, again.headers["upload-offset"]) == (201, str(len(content)))
    assert (await tus.read(again.headers["location"]))["state"] == "stored"
    assert stored(world) == [digest(content)]


async def test_what_the_server_can_do_is_told_without_a_log_in(client) -> None:
    answer = await client.options(UPLOADS)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
    }
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"
    assert int(answer.headers["tus-max-size"]) > 1_000_000


async def test_every_answer_names_the_protocol(tus: Tus) -> None:
    assert (await tus.head(f"{UPLOADS}/{new_id()}")).headers["tus-resumable"] == "1.0.0"


async def test_another_version_of_the_protocol_is_refused(tus: Tus) -> None:
    tus.headers["tus-resumable"] = "0.2.2"
    answer = await tus.create(b"x")
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")


async def test_a_wrong_offset_changes_nothing(tus: Tus) -> None:
    content = photos.jpeg()
    location = await tus.begin(content)
    await tus.patch(location, 0, content[:1000])
    for offset in (0, 999, 1001, len(content)):
        answer = await tus.patch(location, offset, content[offset:])
        assert (answer.status_code, answer.headers["upload-offset"]) == (409, "1000")
    assert (await tus.head(location)).headers["upload-offset"] == "1000"


async def test_more_than_was_announced_is_refused_and_taken_back(tus: Tus) -> None:
    content = photos.jpeg()
    location = await tus.begin(content)
    await tus.patch(location, 0, content[:1000])
    assert (await tus.patch(location, 1000, content[1000:] + b"more")).status_code == 413
    assert (await tus.head(location)).headers["upload-offset"] == "1000"
    assert (await tus.patch(location, 1000, content[1000:])).status_code == 204


async def test_a_photo_over_the_limit_is_refused_before_it_is_sent(tus: Tus, world: World) -> None:
    limit = world.services.settings.photo_max_bytes
    answer = await tus.create(b"x", **{"upload-length": str(limit + 1)})
    assert (answer.status_code, answer.json()["limit"]) == (413, limit)


async def test_a_photo_larger_than_a_push_may_be(tus: Tus, world: World) -> None:
    content = photos.phone_jpeg()
    content += b"\0" * (world.services.settings.push_body_limit - len(content) + 1)
    assert (await tus.patch(await tus.begin(content), 0, content)).status_code == 204


async def test_headers_that_make_no_sense(tus: Tus) -> None:
    content = photos.jpeg()
    for wrong in (
        {"upload-length": "-1"},
        {"upload-length": "many"},
        {"upload-defer-length": "1"},
        {"upload-metadata": ""},
        {"upload-metadata": metadata("abc")},
        {"upload-metadata": "sha256 ***"},
        {"upload-metadata": metadata("0" * 64) + "," + metadata("0" * 64)},
        {"upload-checksum": "md5 AAAA"},
        {"upload-checksum": "sha256 AAAA"},
    ):
        answer = await tus.create(content, **wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), wrong
    location = await tus.begin(content)
    assert (await tus.patch(location, 0, content, **{"upload-offset": "x"})).status_code == 400
    assert (await tus.patch(location, 0, content, **{"content-type": "image/jpeg"})).status_code == 415
    assert (await tus.head(location)).headers["upload-offset"] == "0"


async def test_each_piece_can_be_checked(tus: Tus, world: World) -> None:
    content = photos.jpeg()
    location = await tus.begin(content)
    for algorithm, start, end in (("sha256", 0, 2000), ("sha1", 2000, 4000)):
        right = checksum(content[start:end], algorithm)
        damaged = bytes([content[start] ^ 1]) + content[start + 1 : end]
        refused = await tus.patch(location, start, damaged, **{"upload-checksum": right})
        assert (refused.status_code, refused.headers["upload-offset"]) == (460, str(start))
        taken = await tus.patch(location, start, content[start:end], **{"upload-checksum": right})
        assert (taken.status_code, taken.headers["upload-offset"]) == (204, str(end))
    assert (await tus.patch(location, 4000, content[4000:])).status_code == 204
    assert stored(world) == [digest(content)]


async def test_bytes_of_another_hash_are_refused_and_can_be_sent_anew(tus: Tus, world: World, waiting: Waiting) -> None:
    content = photos.jpeg()
    inspection = waiting.declare(digest(content))
    location = await tus.begin(content)
    damaged = content[:-100] + bytes(100)
    answer = await tus.patch(location, 0, damaged)
    assert (answer.status_code, answer.json()["code"]) == (460, "hash_mismatch")
    assert (stored(world), files(world), waiting.state(inspection)) == ([], [], "incomplete")
    assert (await tus.head(location)).status_code == 460
    assert (await tus.read(location))["refusal"] == "hash_mismatch"
    assert (await tus.create(content, body=content)).headers["upload-offset"] == str(len(content))
    assert (stored(world), waiting.state(inspection)) == ([digest(content)], "complete")


async def test_what_is_no_photo_is_refused_with_its_reason_now_and_later(
    tus: Tus, world: World, waiting: Waiting
) -> None:
    cases = {"not_an_image": b"no picture " * 50, "truncated": photos.jpeg()[:4000], "bomb": photos.bomb_png()}
    inspection = waiting.declare(*map(digest, cases.values()))
    for reason, content in cases.items():
        location = await tus.begin(content)
        answer = await tus.patch(location, 0, content)
        assert (answer.status_code, answer.json()["reason"]) == (422, reason)
        assert answer.json()["detail"]
        asked = await tus.head(location)
        assert (asked.status_code, asked.headers["upload-refused"]) == (422, reason)
        state = await tus.read(location)
        assert (state["state"], state["refusal"]) == ("refused", reason)
        assert (await tus.patch(location, 0, content)).status_code == 422
    assert (stored(world), files(world), waiting.state(inspection)) == ([], [], "incomplete")
    audit = table_of(Audit)
    with world.services.database.read() as connection:
        rows = connection.execute(sa.select(audit.c.object_id).where(audit.c.action == "photo.refused")).scalars()
        assert set(rows) == {digest(content) for content in cases.values()}


async def test_an_empty_photo_is_refused_at_once(tus: Tus) -> None:
    answer = await tus.create(b"")
    assert (answer.status_code, answer.json()["reason"]) == (422, "empty")


async def test_nobody_sees_another_users_upload(tus: Tus, client, world: World) -> None:
    content = photos.jpeg()
    location = await tus.begin(content)
    other = Tus(client, await log_in(client, "liu", new_id()))
    for answer in (
        await other.head(location),
        await other.patch(location, 0, content),
        await other.delete(location),
        await client.get(location, headers=other.headers),
    ):
        assert answer.status_code == 404
    assert (await client.get(location)).status_code == 401
    assert (await tus.head(f"{UPLOADS}/..%2Finspect.db")).status_code == 404
    assert (await tus.patch(location, 0, content)).status_code == 204


async def test_an_upload_can_be_given_up(tus: Tus, world: World) -> None:
    content = photos.jpeg()
    location = await tus.begin(content)
    await tus.patch(location, 0, content[:1000])
    assert (await tus.delete(location)).status_code == 204
    assert (await tus.head(location)).status_code == 404
    assert files(world) == []


async def test_giving_up_a_finished_upload_keeps_the_photo(tus: Tus, world: World) -> None:
    content = photos.jpeg()
    answer = await tus.create(content, body=content)
    assert (await tus.delete(answer.headers["location"])).status_code == 204
    assert stored(world) == [digest(content)]
    assert verify_stored_photos(world.services.database, world.services.blobs).is_whole
