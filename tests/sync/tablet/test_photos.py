"""Photos: no bytes leave the tablet's disk before the server has named their hash, and no line is too bad for them."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from checklists.tables.columns import table_of
from checklists.template import Item, Template, When
from inspect_api.directory import Directory
from sync.tables import Replica
from sync.tablet.inspecting import NotAllowed
from sync.tablet.uploading import CHUNK, UPLOADS
from sync.tablet.views import Owed
from tests.photo_fixtures import jpeg, phone_jpeg
from tests.sync.tablet.conftest import Device, cut
from tests.worked_numbers import CHECK_C, GROOMING

Devices = Callable[..., Device]
ITEM = "worked_grooming.hair"


def local_bytes(device: Device) -> list[bytes]:
    return [path.read_bytes() for path in (device.folder / "photos").iterdir()]


def with_photo(device: Device, photo: bytes | Path) -> tuple[str, str]:
    inspection = device.begin()
    for key, response in CHECK_C.responses.items():
        device.tablet.respond(inspection, key, response.value)
    digest = device.tablet.attach_photo(inspection, ITEM, photo)
    assert device.tablet.submit(inspection) == ()
    return inspection, digest


def test_a_photo_travels_and_its_inspection_becomes_complete(devices: Devices, tmp_path: Path) -> None:
    chen, liu = devices("chen"), devices("liu")
    source = tmp_path / "camera.jpg"
    source.write_bytes(jpeg())
    inspection, digest = with_photo(chen, source)
    assert digest == sha256(jpeg()).hexdigest()
    assert chen.tablet.view(inspection).view.state == "incomplete"
    report = chen.sync()
    assert (report.photos, report.pending_photos, report.problem) == (1, 0, None)
    assert local_bytes(chen) == []
    replica = table_of(Replica)
    with chen.world.services.database.read() as connection:
        unsent = connection.execute(sa.select(replica.c.unsent).where(replica.c.id == chen.tablet.replica_id))
        assert unsent.scalar_one() == 0  # nothing but the tablet could tell that the photo is no longer there
    liu.sync()
    for device in (chen, liu):
        view = device.tablet.view(inspection)
        assert view.server is not None
        assert (view.server.state, view.view.state) == ("complete", "complete")
        assert view.view.missing_photos == []


def test_a_photo_over_a_line_that_breaks_three_times_goes_on_where_it_was(devices: Devices) -> None:
    chen = devices("chen")
    photo = phone_jpeg()
    _, digest = with_photo(chen, photo)
    pieces = [0]

    def breaks(method: str, path: str) -> None:
        pieces[0] += method == "PATCH"
        if method == "PATCH" and pieces[0] in (3, 7, 12):
            raise httpx.WriteError("the line broke")

    for hook in ("before", "after", "before"):
        setattr(chen.line, hook, breaks)
        report = chen.sync()
        assert (report.pending_changes, report.pending_photos) == (0, 1)
        assert report.problem
        assert local_bytes(chen) == [photo]
        chen.line.mend()
        chen.restart()
    report = chen.sync()
    assert (report.photos, report.pending, report.problem) == (1, 0, None)
    assert local_bytes(chen) == []
    sent = sum(size for method, path, size in chen.line.requests if method == "PATCH")
    assert sent <= len(photo) + 3 * CHUNK
    assert digest in chen.tablet._local.photos.stored()


def test_what_is_typed_during_an_upload_does_not_wait_for_it(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspection, _ = with_photo(chen, phone_jpeg())
    seen: list[str] = []

    def type_after_a_piece(method: str, path: str) -> None:
        if method == "PATCH" and not seen:
            chen.tablet.revise(inspection, ITEM, "fail", reason="照片中可见")
            seen.append("typed")
        elif method == "PATCH" and len(seen) == 1:
            liu.sync()
            seen.append(liu.tablet.view(inspection).response(ITEM)["value"])

    chen.line.after = type_after_a_piece
    assert chen.sync().complete
    assert seen == ["typed", "fail"]


def test_the_bytes_stay_until_the_receipt_and_are_not_sent_twice(devices: Devices) -> None:
    chen = devices("chen")
    _, digest = with_photo(chen, jpeg())
    chen.line.after = lambda method, path: cut(method, path)(method, path) if method == "PATCH" else None
    assert chen.sync().pending_photos == 1  # stored there, but the answer got lost
    assert local_bytes(chen) == [jpeg()]
    chen.line.mend()
    chen.line.requests.clear()
    assert chen.sync().photos == 1
    assert not [request for request in chen.line.requests if request[0] == "PATCH"]
    assert local_bytes(chen) == []
    assert digest in chen.tablet._local.photos.stored()


def test_a_receipt_for_another_hash_is_none(devices: Devices) -> None:
    chen = devices("chen")
    with_photo(chen, jpeg())

    def other_hash(method: str, path: str, answer: httpx.Response) -> httpx.Response:
        if method == "GET" and path.startswith(UPLOADS):
            return httpx.Response(200, json=answer.json() | {"sha256": "0" * 64})
        return answer

    chen.line.alter = other_hash
    report = chen.sync()
    assert (report.photos, report.pending_photos) == (0, 1)
    assert local_bytes(chen) == [jpeg()]
    chen.line.mend()
    assert chen.sync().photos == 1


def test_what_is_no_photo_is_refused_with_its_reason_kept_and_can_be_taken_back(devices: Devices) -> None:
    chen = devices("chen")
    inspection, digest = with_photo(chen, b"this is no photo")
    good = chen.tablet.attach_photo(inspection, "worked_grooming.shoes", jpeg(), reason="补拍")
    report = chen.sync()
    assert (report.photos, report.photos_refused, report.pending_photos) == (1, 1, 0)
    (photo,) = chen.tablet.refused_photos()
    assert (photo.sha256, photo.code) == (digest, "not_an_image")
    assert local_bytes(chen) == [b"this is no photo"]
    assert chen.tablet.view(inspection).view.missing_photos == [digest]
    chen.tablet.remove_photo(inspection, digest, reason="误选文件")
    chen.sync()
    view = chen.tablet.view(inspection)
    assert view.server is not None
    assert view.server.state == "complete"
    assert chen.tablet.refused_photos() == []
    assert local_bytes(chen) == []
    assert good in chen.tablet._local.photos.stored()


def test_a_file_that_was_damaged_on_the_tablet_never_becomes_evidence(devices: Devices) -> None:
    chen = devices("chen")
    _, digest = with_photo(chen, jpeg())
    path = chen.folder / "photos" / digest
    path.write_bytes(jpeg()[:-1] + b"\0")
    report = chen.sync()
    assert (report.photos, report.photos_refused) == (0, 1)
    assert chen.tablet.refused_photos()[0].code == "local_copy_damaged"


def test_an_upload_that_expired_begins_anew(devices: Devices) -> None:
    chen = devices("chen")
    photo = phone_jpeg()
    with_photo(chen, photo)
    chen.line.after = lambda method, path: cut(method, path)(method, path) if method == "PATCH" else None
    chen.sync()
    chen.line.mend()
    chen.world.services.clock.forward(days=8)  # type: ignore[attr-defined]
    chen.line.requests.clear()
    assert chen.sync().photos == 1
    assert sum(size for method, _, size in chen.line.requests if method == "PATCH") == len(photo)


def test_a_photo_that_the_server_has_is_not_sent_again(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    with_photo(chen, jpeg())
    chen.sync()
    with_photo(liu, jpeg())
    liu.line.requests.clear()
    assert liu.sync().photos == 1
    assert not [request for request in liu.line.requests if request[0] == "PATCH"]


def test_a_photo_and_its_declaration_survive_a_crash_in_any_order(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    (chen.folder / "photos" / "cut-short.part").write_bytes(b"half a photo")
    digest = chen.tablet.attach_photo(inspection, ITEM, jpeg())
    chen.restart()
    assert local_bytes(chen) == [jpeg()]
    view = chen.tablet.view(inspection)
    assert view.view.missing_photos == [digest]
    assert chen.tablet.unsent().photos == 1


def test_an_empty_file_is_refused_at_once(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    with pytest.raises(NotAllowed):
        chen.tablet.attach_photo(inspection, ITEM, b"")
    assert local_bytes(chen) == []


def test_submit_says_which_photo_and_note_are_owed(devices: Devices) -> None:
    chen = devices("chen")
    services = chen.world.services

    def strict(item: Item) -> Item:
        owed = When.ON_FAIL if item.key == ITEM else When.NEVER
        return msgspec.structs.replace(item, photo=owed, note=owed)

    sections = tuple(
        msgspec.structs.replace(section, items=tuple(map(strict, section.items))) for section in GROOMING.sections
    )
    template: Template = msgspec.structs.replace(GROOMING, sections=sections)
    with (
        services.database.write() as connection,
        Directory(connection, chen.world.organisation_id, services.clock()) as directory,
    ):
        revision = directory.publish_template(template)
    chen.sync()
    inspection = chen.tablet.begin(revision, employee_id=chen.world.employees["lobby-1"])
    for key, response in CHECK_C.responses.items():
        chen.tablet.respond(inspection, key, "fail" if key == ITEM else response.value)
    assert chen.tablet.submit(inspection) == (Owed(ITEM, "photo"), Owed(ITEM, "note"))
    chen.tablet.attach_photo(inspection, ITEM, jpeg())
    chen.tablet.respond(inspection, ITEM, "fail", "过领")
    assert chen.tablet.submit(inspection) == ()
