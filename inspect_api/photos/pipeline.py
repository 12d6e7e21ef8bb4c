"""From the bytes that a tablet sent to what is stored: upright, in sRGB, without any metadata, in three sizes.

The one module that opens pictures. The service does not call it: it runs in a process of its own (``apart.py``).
"""

import hashlib
import io
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

import pillow_heif
from PIL import Image, ImageCms, UnidentifiedImageError

pillow_heif.register_heif_opener()
# More threads would each keep memory of their own, and photos wait for nobody.
pillow_heif.options.DECODE_THREADS = 1
# Pillow warns from 89 megapixels on; the limit here is a setting, and is checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None
# In blocks of 16 MB, as is its default, freed pictures leave holes that the next ones do not fit into.
Image.core.set_block_size(1 << 20)  # type: ignore[attr-defined]  # documented by Pillow, not in its types

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG followed by a second one, as phones write it
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}
LARGE_EDGE, SMALL_EDGE = 1600, 320
FULL_QUALITY, SHRUNK_QUALITY = 90, 82

_SIGNATURES = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|....ftyp(?:heic|heix|heim|heis|mif1|msf1)", re.S
)
_OTHER_SIGNATURES = re.compile(rb"GIF8|BM|II\*\0|MM\0\*|%PDF|8BPS|\x00\x00\x00\x0cjP|....ftyp", re.S)
_EXIF_ORIENTATION, _EXIF_SUB_IFD, _EXIF_DATE_TIME = 0x0112, 0x8769, 0x0132
_ORIGINAL_TIME, _DIGITIZED_TIME, _ORIGINAL_OFFSET, _OFFSET = 0x9003, 0x9004, 0x9011, 0x9010
_EXIF_TIME = re.compile(r"([12]\d{3}):(0[1-9]|1[0-2]):(0[1-9]|[12]\d|3[01])[ T]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)")
_EXIF_ZONE = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class Refusal(StrEnum):
    """Why a photo is refused; stable codes."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED = "unsupported"
    BOMB = "bomb"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"


class PhotoRefused(Exception):
    def __init__(self, reason: Refusal) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True)
class Version:
    """One stored JPEG and its SHA-256 in hex."""

    content: bytes
    sha256: str


@dataclass(frozen=True)
class ProcessedPhoto:
    """``media_type``: of what was sent. ``width``, ``height``: pixels of ``full``, which is upright.

    ``taken_at``: the capture time that the camera wrote, ISO 8601; with an offset only when the camera wrote one.
    ``full`` has all pixels, ``large`` and ``small`` at most 1600 and 320 on the longer edge.
    """

    media_type: str
    width: int
    height: int
    taken_at: str | None
    full: Version
    large: Version
    small: Version


def process_photo(source: Path, *, max_pixels: int) -> ProcessedPhoto:
    """Read, turn upright, strip and shrink.

    :raises PhotoRefused: with the reason
    """
    with source.open("rb") as file:
        picture = _opened(file, max_pixels)
        orientation, taken_at = _from_metadata(picture)
        media_type = MEDIA_TYPES[picture.format or ""]
        pixels = _plain_rgb(picture)
    del picture
    turn = _UPRIGHT.get(orientation)
    large, small = _small_versions(pixels, turn)
    if turn is not None:
        # Band by band: Pillow takes 4 bytes for a pixel of three bands, and a second picture beside the first would be
        # the most memory of all. Here the first is gone before the turned one is put together.
        bands = list(pixels.split())
        del pixels
        for number, band in enumerate(bands):
            bands[number] = band.transpose(turn)
        del band
        pixels = Image.merge("RGB", bands)
        del bands
    return ProcessedPhoto(
        media_type=media_type,
        width=pixels.width,
        height=pixels.height,
        taken_at=taken_at,
        full=_encoded(pixels, FULL_QUALITY),
        large=large,
        small=small,
    )


def _small_versions(pixels: Image.Image, turn: Image.Transpose | None) -> tuple[Version, Version]:
    """``large`` and ``small``, shrunk before they are turned: turning the few pixels costs next to nothing."""
    large = _shrunk(pixels, LARGE_EDGE)
    small = _shrunk(large, SMALL_EDGE)
    return _encoded(_turned(large, turn), SHRUNK_QUALITY), _encoded(_turned(small, turn), SHRUNK_QUALITY)


def _opened(file: IO[bytes], max_pixels: int) -> Image.Image:
    """The picture with its pixels decoded."""
    start = file.read(32)
    if not start:
        raise PhotoRefused(Refusal.EMPTY)
    try:
        picture = Image.open(file, formats=FORMATS)
        if picture.width * picture.height > max_pixels:
            raise PhotoRefused(Refusal.BOMB)
        if picture.format == "HEIF" and _container_ends_early(file):
            raise PhotoRefused(Refusal.TRUNCATED)
        picture.load()
    except PhotoRefused:
        raise
    except UnidentifiedImageError:
        raise PhotoRefused(_unidentified(start)) from None
    except Exception as error:  # whatever a decoder throws at bytes that it cannot read
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
            raise  # this machine's trouble, not the photo's
        raise PhotoRefused(_undecodable(error)) from error
    return picture


def _container_ends_early(file: IO[bytes]) -> bool:
    """Whether a box of an ISO media file reaches past its end: the HEIC decoder paints missing tiles black instead."""
    end, position = file.seek(0, io.SEEK_END), 0
    while position < end:
        file.seek(position)
        header = file.read(16)
        size = int.from_bytes(header[:4], "big")
        if size == 1:  # the size stands behind the type, in 64 bits
            size = int.from_bytes(header[8:16], "big")
        if size == 0:  # to the end of the file
            return False
        if size < 8 or position + size > end:
            return True
        position += size
    return False


def _unidentified(start: bytes) -> Refusal:
    if _SIGNATURES.match(start):
        return Refusal.DAMAGED
    return Refusal.UNSUPPORTED if _OTHER_SIGNATURES.match(start) else Refusal.NOT_AN_IMAGE


def _undecodable(error: Exception) -> Refusal:
    text = str(error).lower()
    ends_early = "truncated" in text or "end of file" in text or "unexpected end" in text
    return Refusal.TRUNCATED if ends_early or isinstance(error, EOFError) else Refusal.DAMAGED


def _from_metadata(picture: Image.Image) -> tuple[int, str | None]:
    """Orientation (1 to 8) and capture time. Broken metadata never refuses a photo whose pixels are whole."""
    try:
        exif = picture.getexif()
        orientation = exif.get(_EXIF_ORIENTATION, 1)
    except Exception:
        return 1, None
    try:
        sub = exif.get_ifd(_EXIF_SUB_IFD)
        written = sub.get(_ORIGINAL_TIME) or sub.get(_DIGITIZED_TIME) or exif.get(_EXIF_DATE_TIME)
        zone = sub.get(_ORIGINAL_OFFSET) or sub.get(_OFFSET)
    except Exception:
        written = zone = None
    return (orientation if isinstance(orientation, int) else 1), _iso_time(written, zone)


def _iso_time(written: object, zone: object) -> str | None:
    match = _EXIF_TIME.match(written) if isinstance(written, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = match.groups()
    offset = zone.strip("\0 ") if isinstance(zone, str) else ""
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}" + (offset if _EXIF_ZONE.fullmatch(offset) else "")


def _plain_rgb(picture: Image.Image) -> Image.Image:
    """The pixels alone: RGB in the sRGB colour space, transparency on white, nothing attached."""
    if picture.mode.startswith(("I", "F")):
        raise PhotoRefused(Refusal.UNSUPPORTED)  # 16-bit measurements, not photos
    profile = picture.info.get("icc_profile")
    if picture.mode in ("P", "PA"):
        picture = picture.convert("RGBA")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    if profile and picture.mode in ("RGB", "CMYK"):
        picture = _in_srgb(picture, profile)
    pixels = picture if picture.mode == "RGB" else picture.convert("RGB")
    pixels.info = {}
    # The HEIC plugin leaves it set though the memory is Pillow's own, and saving would first copy every pixel.
    pixels.readonly = 0
    return pixels


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in (ImageCms.getProfileDescription(source) or "").lower():
            return picture
        # In place where it can be: a second picture would double the memory.
        in_place = picture.mode == "RGB"
        converted = ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB", inPlace=in_place)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a broken profile: the colours are slightly off, the evidence is whole
    return converted if converted is not None else picture


def _shrunk(pixels: Image.Image, edge: int) -> Image.Image:
    longest = max(pixels.size)
    if longest <= edge:
        return pixels
    size = (max(1, round(pixels.width * edge / longest)), max(1, round(pixels.height * edge / longest)))
    # reducing_gap: whole-number shrinking first is twice as fast, and not visible at these sizes.
    return pixels.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.1)


def _turned(pixels: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return pixels if turn is None else pixels.transpose(turn)


def _encoded(pixels: Image.Image, quality: int) -> Version:
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=quality)
    content = buffer.getvalue()
    return Version(content, hashlib.sha256(content).hexdigest())
