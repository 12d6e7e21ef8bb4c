"""What was stored can be proved, and what is missing or changed is found."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from checklists.tables import Photo
from checklists.tables.columns import table_of
from inspect_api.photos.intake import delete_photo_blobs, store_photo
from inspect_api.photos.messages import PhotoRefused, ProcessedPhoto
from inspect_api.photos.pipeline import process_photo
from inspect_api.photos.verify import verify_stored_photos
from tests import photo_fixtures as photos
from tests.databases import both_databases, photos_where_they_grow
from tests.inspect_api.uploads.declaring import Waiting
from tests.inspect_api.uploads.tus import digest
from tests.world import World, build_world

database_kind = both_databases
blob_kind = photos_where_they_grow


class Intake:
    """Stores photos as an upload that has arrived whole does; counts what was written along."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self._source = world, folder / "arrived"
        self.also = 0

    def take(self, content: bytes) -> str:
        self._source.write_bytes(content)
        store_photo(
            self.world.services,
            self.world.organisation_id,
            digest(content),
            self._source,
            uploaded_by=self.world.users["chen"],
            also=self._count,
        )
        return digest(content)

    def _count(self, _: sa.Connection) -> None:
        self.also += 1

    def blobs(self, sha256: str) -> list[str]:
        return sorted(self.world.services.blobs.keys(f"{self.world.organisation_id}/{sha256}"))


@pytest.fixture
def intake(world: World, tmp_path: Path) -> Intake:
    return Intake(world, tmp_path)


def test_the_same_photo_twice_is_stored_once(intake: Intake) -> None:
    content = photos.jpeg()
    first, second = intake.take(content), intake.take(content)
    assert first == second
    assert intake.also == 2
    assert len(intake.blobs(first)) == 3


def test_a_refused_photo_leaves_nothing(intake: Intake) -> None:
    with pytest.raises(PhotoRefused):
        intake.take(b"no photo")
    assert intake.also == 0
    assert verify_stored_photos(intake.world.services.database, intake.world.services.blobs).photos == 0


def test_every_blob_that_is_missing_or_changed_is_named(intake: Intake) -> None:
    services = intake.world.services
    keys = [intake.take(photos.jpeg(seed=number)) for number in range(3)]
    whole = verify_stored_photos(services.database, services.blobs)
    assert (whole.photos, whole.is_whole) == (3, True)
    gone, changed = intake.blobs(keys[0])[1], intake.blobs(keys[1])[2]
    content = bytearray(services.blobs.get(changed))
    content[len(content) // 2] ^= 1
    services.blobs.delete(gone)
    services.blobs.delete(changed)
    services.blobs.put(changed, bytes(content))
    report = verify_stored_photos(services.database, services.blobs)
    assert not report.is_whole
    assert report.photos == 3
    assert (report.missing, report.damaged) == ([gone], [changed])


def test_the_check_reads_every_page(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspect_api.photos.verify.PAGE", 2)
    for number in range(5):
        intake.take(photos.jpeg(seed=number))
    assert verify_stored_photos(intake.world.services.database, intake.world.services.blobs).photos == 5


def test_deleting_by_rule_takes_every_version_and_the_check_does_not_miss_it(intake: Intake) -> None:
    services = intake.world.services
    content = photos.jpeg()
    sha256, kept = intake.take(content), intake.take(photos.jpeg(seed=1))
    delete_photo_blobs(services.blobs, intake.world.organisation_id, sha256)
    delete_photo_blobs(services.blobs, intake.world.organisation_id, sha256)
    table = table_of(Photo)
    with services.database.write() as connection:
        connection.execute(table.update().where(table.c.sha256 == sha256).values(deleted_at=services.clock()))
    report = verify_stored_photos(services.database, services.blobs)
    assert (report.photos, report.is_whole) == (1, True)
    assert len(intake.blobs(kept)) == 3
    assert intake.take(content) == sha256  # it is not wanted again
    assert services.blobs.keys(f"{intake.world.organisation_id}/{sha256}") == []


def test_another_decoder_after_a_crash_meets_no_foreign_bytes(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between blobs and row, then upgraded: the photo is stored with what the new version makes of it."""
    content = photos.jpeg()
    services = intake.world.services
    monkeypatch.setattr("inspect_api.photos.intake.process_apart", _in_this_process)  # where we can patch
    monkeypatch.setattr("inspect_api.photos.pipeline.FULL_QUALITY", 60)
    monkeypatch.setattr("inspect_api.photos.intake.insert_missing", _killed)
    with pytest.raises(SystemExit):
        intake.take(content)
    monkeypatch.undo()
    sha256 = intake.take(content)
    assert len(intake.blobs(sha256)) == 4
    assert verify_stored_photos(services.database, services.blobs).is_whole


def _in_this_process(source: Path, *, max_pixels: int, at_once: int) -> ProcessedPhoto:
    return process_photo(source, max_pixels=max_pixels)


def _killed(*_: object) -> None:
    raise SystemExit


def test_two_organisations_keep_the_same_photo_apart(intake: Intake, world: World, tmp_path: Path) -> None:
    other = Intake(build_world(world.services, (), prefix="other-"), tmp_path)
    content = photos.jpeg()
    waiting = Waiting(world)
    inspection = waiting.declare(digest(content))
    other.take(content)
    assert waiting.state(inspection) == "incomplete"
    intake.take(content)
    assert waiting.state(inspection) == "complete"
    assert verify_stored_photos(world.services.database, world.services.blobs).photos == 2
