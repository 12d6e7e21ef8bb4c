"""Makes photos as tablets and phones write them, and broken ones; finds the shared real ones where they stand."""

import io
import random
import struct
import zlib
from functools import cache
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageDraw

TAKEN = "2026:11:16 09:30:00"
TAKEN_ISO = "2026-11-16T09:30:00+08:00"
SERIAL_NUMBER = "SERIAL-0815"
CORNERS = {"top_left": (220, 30, 30), "top_right": (30, 200, 30), "bottom_left": (30, 30, 220)}
"""The colours of the upright scene; its bottom right corner is grey."""

_STORED_TURN = {  # how an upright scene lies in a file that carries the orientation
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(width: int = 640, height: int = 480) -> Image.Image:
    """Grey, with a coloured square in three corners, so that every turn and flip shows."""
    picture = Image.new("RGB", (width, height), (128, 128, 128))
    draw = ImageDraw.Draw(picture)
    w, h = width // 4, height // 4
    draw.rectangle((0, 0, w, h), CORNERS["top_left"])
    draw.rectangle((width - w, 0, width, h), CORNERS["top_right"])
    draw.rectangle((0, height - h, w, height), CORNERS["bottom_left"])
    return picture


def exif(orientation: int | None = None, *, zone: str | None = "+08:00") -> Image.Exif:
    """Capture time, place and serial number."""
    data = Image.Exif()
    if orientation is not None:
        data[0x0112] = orientation
    data[0x010F] = "Maker"
    sub = data.get_ifd(0x8769)  # the camera's own part, with the capture time
    sub[0x9003] = TAKEN
    sub[0xA431] = SERIAL_NUMBER
    if zone:
        sub[0x9011] = zone
    gps = data.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (31.0, 13.0, 48.0), "E", (121.0, 28.0, 12.0)
    return data


def jpeg(width: int = 640, height: int = 480, *, orientation: int | None = 1, seed: int | None = None) -> bytes:
    """``width`` × ``height`` is the upright size. Another ``seed`` gives another file."""
    picture = scene(width, height)
    if seed is not None:
        ImageDraw.Draw(picture).text((width // 2, height // 2), str(seed), fill="black")
    turn = _STORED_TURN[orientation or 1]
    if turn is not None:
        picture = picture.transpose(turn)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90, exif=exif(orientation), comment=SERIAL_NUMBER)
    return buffer.getvalue()


def heic(width: int = 640, height: int = 480) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(scene(width, height)).save(buffer, quality=80, exif=exif(1).tobytes())
    return buffer.getvalue()


def png(width: int = 640, height: int = 480, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    scene(width, height).convert(mode).save(buffer, "PNG", exif=exif(1))
    return buffer.getvalue()


def webp(width: int = 640, height: int = 480) -> bytes:
    buffer = io.BytesIO()
    scene(width, height).save(buffer, "WEBP", exif=exif(1))
    return buffer.getvalue()


@cache
def phone_jpeg(seed: int = 7) -> bytes:
    """12 megapixels with the grain of a real camera: about 5 MB, lying on its side as phones write it."""
    noise = random.Random(seed)
    grain = Image.frombytes("L", (1008, 756), noise.randbytes(1008 * 756)).resize((4032, 3024))
    picture = Image.blend(scene(4032, 3024), Image.merge("RGB", (grain, grain, grain)), 0.25)
    buffer = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=93, exif=exif(6))
    return buffer.getvalue()


def bomb_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A few kilobytes that claim to be 3.6 gigapixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def red_blue_swapping_profile() -> bytes:
    """An ICC profile whose red is blue and whose blue is red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")


SHARED_PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"


@pytest.fixture
def shared_photos() -> Path | None:
    """The folder of real photos beside the checkout, where it stands."""
    return SHARED_PHOTOS if SHARED_PHOTOS.is_dir() else None
