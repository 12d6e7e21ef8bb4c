"""What is stored of a photo is upright, small enough to show, and says nothing about place or camera."""

import hashlib
import io
import random
import warnings
from pathlib import Path

import pytest
from PIL import Image

from inspect_api.photos import pipeline
from inspect_api.photos.messages import PhotoRefused, ProcessedPhoto, Refusal, Version
from inspect_api.photos.pipeline import process_photo
from tests import photo_fixtures as photos
from tests.photo_fixtures import CORNERS, SERIAL_NUMBER, TAKEN_ISO

MAX_PIXELS = 120_000_000


@pytest.fixture
def process(tmp_path: Path):
    def run(content: bytes, max_pixels: int = MAX_PIXELS) -> ProcessedPhoto:
        source = tmp_path / "sent"
        source.write_bytes(content)
        return process_photo(source, max_pixels=max_pixels)

    return run


def versions(photo: ProcessedPhoto) -> list[Version]:
    return [photo.full, photo.large, photo.small]


def picture(version: Version) -> Image.Image:
    return Image.open(io.BytesIO(Path(version.path).read_bytes()))


def close(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


def is_upright(image: Image.Image) -> bool:
    w, h = image.size
    return (
        close(image.getpixel((w // 10, h // 10)), CORNERS["top_left"])
        and close(image.getpixel((w - w // 10, h // 10)), CORNERS["top_right"])
        and close(image.getpixel((w // 10, h - h // 10)), CORNERS["bottom_left"])
        and close(image.getpixel((w - w // 10, h - h // 10)), (128, 128, 128))
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_ends_upright_in_every_version(process, orientation: int) -> None:
    photo = process(photos.jpeg(2000, 1200, orientation=orientation))
    assert (photo.width, photo.height) == (2000, 1200)
    assert [picture(v).size for v in versions(photo)] == [(2000, 1200), (1600, 960), (320, 192)]
    assert all(is_upright(picture(v)) for v in versions(photo))


@pytest.mark.parametrize("make", [photos.jpeg, photos.heic, photos.png, photos.webp])
def test_no_stored_version_says_anything_about_place_camera_or_time(process, make) -> None:
    sent = make()
    photo = process(sent)
    assert photo.taken_at == TAKEN_ISO
    for version in versions(photo):
        image = picture(version)
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert len(image.getexif()) == 0
        content = Path(version.path).read_bytes()
        assert SERIAL_NUMBER.encode() not in content
        assert b"Exif" not in content
        assert version.sha256 == hashlib.sha256(content).hexdigest()
        assert is_upright(image)


def grainy(width: int, height: int) -> Image.Image:
    """A scene in which every block is another one."""
    noise = random.Random(7)
    grain = Image.frombytes("RGB", (width, height), noise.randbytes(3 * width * height))
    return Image.blend(photos.scene(width, height), grain, 0.4)


def as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def whole(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(641, 479), (480, 640), (16, 1600), (1, 333), (333, 1), (47, 15)])
def test_strips_make_the_picture_that_encoding_it_whole_makes(
    process, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(pipeline, "STRIP_PIXELS", 2000)  # so that there are more than the eight restart markers
    image = grainy(*size)
    full = picture(process(as_png(image)).full)
    assert full.size == size
    assert full.tobytes() == Image.open(io.BytesIO(whole(image, pipeline.FULL_QUALITY))).tobytes()


def test_shrinking_by_strips_is_shrinking_the_whole(process) -> None:
    image = grainy(3601, 1803)
    photo = process(as_png(image))
    large = image.resize((1600, 801), Image.Resampling.BICUBIC, reducing_gap=1.1)
    assert Path(photo.large.path).read_bytes() == whole(large, pipeline.SHRUNK_QUALITY)


@pytest.mark.parametrize("size", [(65_500, 20), (20, 65_500)])
def test_a_panorama_is_taken_as_long_as_a_jpeg_can_be(process, size: tuple[int, int]) -> None:
    photo = process(as_png(Image.new("RGB", size, "grey")))
    assert picture(photo.full).size == size
    assert max(picture(photo.large).size) == 1600


def test_longer_than_a_jpeg_can_be_is_refused_and_not_tried_for_ever(process) -> None:
    for size in ((65_501, 20), (20, 65_501)):
        assert refusal(process, as_png(Image.new("RGB", size, "grey"))) is Refusal.BOMB


def test_media_type_is_that_of_what_was_sent(process) -> None:
    makers = (photos.jpeg, photos.heic, photos.png, photos.webp)
    assert [process(make()).media_type for make in makers] == ["image/jpeg", "image/heic", "image/png", "image/webp"]


def test_capture_time_has_a_zone_only_when_the_camera_wrote_one(process) -> None:
    image, buffer = photos.scene(), io.BytesIO()
    image.save(buffer, "JPEG", exif=photos.exif(zone=None))
    assert process(buffer.getvalue()).taken_at == "2026-11-16T09:30:00"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    assert process(buffer.getvalue()).taken_at is None


def test_a_camera_that_lost_its_clock_has_no_capture_time(process) -> None:
    data, buffer = Image.Exif(), io.BytesIO()
    data.get_ifd(0x8769)[0x9003] = "0000:00:00 00:00:00"
    photos.scene().save(buffer, "JPEG", exif=data)
    assert process(buffer.getvalue()).taken_at is None


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow says that the metadata is corrupt: it shall be
def test_broken_metadata_refuses_no_photo(process) -> None:
    buffer = io.BytesIO()
    photos.scene().save(buffer, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03" * 9)
    photo = process(buffer.getvalue())
    assert is_upright(picture(photo.full))


def test_transparency_lies_on_white(process) -> None:
    image, buffer = Image.new("RGBA", (64, 64), (0, 0, 0, 0)), io.BytesIO()
    image.save(buffer, "PNG")
    assert picture(process(buffer.getvalue()).full).getpixel((32, 32)) == (255, 255, 255)


def test_colours_of_another_colour_space_are_converted_before_the_profile_goes(process) -> None:
    """The profile swaps red and blue, which shows in the pixels once it has been applied."""
    buffer = io.BytesIO()
    swapped = Image.merge("RGB", photos.scene().split()[::-1])
    swapped.save(buffer, "JPEG", icc_profile=photos.red_blue_swapping_profile(), quality=95)
    assert is_upright(picture(process(buffer.getvalue()).full))


def test_a_broken_colour_profile_refuses_no_photo(process) -> None:
    buffer = io.BytesIO()
    photos.scene().save(buffer, "JPEG", icc_profile=b"no profile at all", quality=95)
    assert is_upright(picture(process(buffer.getvalue()).full))


def test_a_small_photo_is_not_blown_up(process) -> None:
    assert [picture(v).size for v in versions(process(photos.jpeg(120, 90)))] == [(120, 90)] * 3


def refusal(process, content: bytes, **limits: int) -> Refusal:
    with pytest.raises(PhotoRefused) as caught:
        process(content, **limits)
    return caught.value.reason


@pytest.mark.parametrize("make", [photos.jpeg, photos.heic, photos.png, photos.webp])
def test_half_a_photo_is_refused(process, make) -> None:
    content = make()
    assert refusal(process, content[: len(content) // 2]) in (Refusal.TRUNCATED, Refusal.DAMAGED)
    assert refusal(process, content[:40]) in (Refusal.TRUNCATED, Refusal.DAMAGED)


def test_a_heic_that_ends_early_is_told_by_its_boxes(process) -> None:
    """Its decoder paints black what is missing of a picture of tiles, as phones make them."""
    announced = (1000).to_bytes(4, "big") + b"free"
    assert refusal(process, photos.heic() + announced) is Refusal.TRUNCATED


def test_what_is_no_photo_is_refused_with_its_reason(process) -> None:
    gif = io.BytesIO()
    photos.scene().save(gif, "GIF")
    assert refusal(process, b"") is Refusal.EMPTY
    assert refusal(process, b"<!doctype html><p>log in first") is Refusal.NOT_AN_IMAGE
    assert refusal(process, gif.getvalue()) is Refusal.UNSUPPORTED
    assert refusal(process, photos.png(mode="I;16")) is Refusal.UNSUPPORTED


def test_a_bomb_is_refused_before_its_pixels_exist(process) -> None:
    assert refusal(process, photos.bomb_png()) is Refusal.BOMB
    assert refusal(process, photos.jpeg(640, 480), max_pixels=640 * 480 - 1) is Refusal.BOMB
    assert process(photos.jpeg(640, 480), max_pixels=640 * 480).width == 640


def test_real_photos_of_phones_and_cameras(process, shared_photos: Path | None) -> None:
    """The damaged ones have broken metadata or picture data that a viewer still shows: evidence, so they are kept."""
    if shared_photos is None:
        return
    for path in sorted(shared_photos.glob("*/*.*")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            photo = process(path.read_bytes())
        for version in versions(photo):
            assert set(picture(version).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, path.name


def test_real_photos_stand_upright(process, shared_photos: Path | None) -> None:
    if shared_photos is None:
        return
    for kind, wide in (("landscape", True), ("portrait", False)):
        for path in shared_photos.glob(f"orientation/{kind}_*.jpg"):
            photo = process(path.read_bytes())
            assert (photo.width > photo.height) is wide, path.name


def test_half_of_a_real_heic_is_refused(process, shared_photos: Path | None) -> None:
    if shared_photos is None:
        return
    content = (shared_photos / "phones" / "iphone_13_pro_max.heic").read_bytes()
    assert refusal(process, content[: len(content) // 2]) is Refusal.TRUNCATED
