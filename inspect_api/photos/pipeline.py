"""From the bytes that a tablet sent to what is stored: upright, in sRGB, without any metadata, in three sizes.

The one module that opens pictures. The service does not call it: it runs in a process of its own (``apart.py``).
Once decoded, a picture is turned, converted, shrunk and encoded strip by strip, so that there is one of it in memory.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, Self

import pillow_heif
from PIL import Image, ImageCms, UnidentifiedImageError

from inspect_api.photos import joining
from inspect_api.photos.messages import PhotoRefused, ProcessedPhoto, Refusal, Version, version_path

# More threads would each keep memory of their own, and photos wait for nobody.
pillow_heif.options.DECODE_THREADS = 1
# Of these only the picture itself is asked for.
pillow_heif.options.THUMBNAILS = pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False
# Pillow warns from 89 megapixels on; the limit here is a setting, and is checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None
# In blocks of 16 MB, as is its default, freed pictures leave holes that the next ones do not fit into. Those of a whole
# picture go back to the system, those of a strip are smaller and used again (``_MEMORY`` in ``apart.py``).
Image.core.set_block_size(4 << 20)  # type: ignore[attr-defined]  # documented by Pillow, not in its types

FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG followed by a second one, as phones write it
    "PNG": "image/png",
    "WEBP": "image/webp",
}
LARGE_EDGE, SMALL_EDGE = 1600, 320
FULL_QUALITY, SHRUNK_QUALITY = 90, 82
STRIP_PIXELS = 1 << 18
"""Of a strip, about; it is at least 16 rows high."""
_MOST_HALVINGS = 4
"""Then the factor still divides the rows of every strip."""

_HEIF = re.compile(rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.S)
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
_ON_ITS_SIDE = frozenset(turn for orientation, turn in _UPRIGHT.items() if orientation > 4)
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class _Pixels(Protocol):
    """A decoded picture, of which parts can be taken. ``size``: width and height."""

    @property
    def size(self) -> tuple[int, int]: ...
    def crop(self, box: tuple[int, int, int, int]) -> Image.Image: ...


@dataclass(frozen=True)
class _Opened:
    """``turn``: what makes ``pixels`` upright. ``convert``: makes any part of them RGB in the sRGB colour space."""

    pixels: _Pixels
    media_type: str
    turn: Image.Transpose | None
    convert: Callable[[Image.Image], Image.Image]
    taken_at: str | None

    @property
    def upright_size(self) -> tuple[int, int]:
        width, height = self.pixels.size
        return (height, width) if self.turn in _ON_ITS_SIDE else (width, height)


def process_photo(source: Path, *, max_pixels: int) -> ProcessedPhoto:
    """Read, turn upright, strip and shrink. The versions are put beside ``source``, as ``version_path`` says.

    :raises PhotoRefused: with the reason
    """
    photo = _opened(source, max_pixels)
    (width, height), media_type, taken_at = photo.upright_size, photo.media_type, photo.taken_at
    with _Target(version_path(source, "full")) as target:
        shrinking = _Shrinking(width, height)
        joining.join(_encoded_strips(_strips(photo), shrinking), height, target)
        full = target.version()
    del photo  # and with it the decoded picture
    large = shrinking.shrunk()
    small = _shrunk(large, SMALL_EDGE)
    return ProcessedPhoto(
        media_type=media_type,
        width=width,
        height=height,
        taken_at=taken_at,
        full=full,
        large=_written(large, version_path(source, "large")),
        small=_written(small, version_path(source, "small")),
    )


def _strips(photo: _Opened) -> Iterator[Image.Image]:
    """The upright picture from top to bottom. Every strip but the last has a multiple of 16 rows."""
    width, height = photo.upright_size
    rows = joining.ROWS * max(1, STRIP_PIXELS // (width * joining.ROWS))
    for top in range(0, height, rows):
        box = _lying(photo.turn, photo.pixels.size, top, min(top + rows, height))
        strip = photo.convert(photo.pixels.crop(box))
        yield strip if photo.turn is None else strip.transpose(photo.turn)


def _lying(turn: Image.Transpose | None, size: tuple[int, int], top: int, bottom: int) -> tuple[int, int, int, int]:
    """The part of the picture as it was taken that becomes the rows from ``top`` to ``bottom`` of the upright one."""
    width, height = size
    match turn:
        case Image.Transpose.ROTATE_180 | Image.Transpose.FLIP_TOP_BOTTOM:
            return (0, height - bottom, width, height - top)
        case Image.Transpose.TRANSPOSE | Image.Transpose.ROTATE_270:
            return (top, 0, bottom, height)
        case Image.Transpose.TRANSVERSE | Image.Transpose.ROTATE_90:
            return (width - bottom, 0, width - top, height)
    return (0, top, width, bottom)


class _Shrinking:
    """``large``, gathered from the strips of the whole: what Pillow's ``resize`` does with ``reducing_gap``, whose
    steps but the last need only the rows at hand. Whole-number shrinking first is twice as fast, and not visible."""

    def __init__(self, width: int, height: int) -> None:
        self._size, self._height = _size_within(width, height, LARGE_EDGE), height
        self._factor = 1
        while self._factor < 1 << _MOST_HALVINGS and max(width, height) >= 2.2 * self._factor * LARGE_EDGE:
            self._factor *= 2
        self._narrow = Image.new("RGB", (self._size[0], -(-height // self._factor)))
        self._rows = 0

    def add(self, strip: Image.Image) -> None:
        reduced = strip.reduce(self._factor)
        wanted = (self._size[0], reduced.height)
        if reduced.width != wanted[0]:
            box = (0, 0, strip.width / self._factor, reduced.height)
            reduced = reduced.resize(wanted, Image.Resampling.BICUBIC, box)
        self._narrow.paste(reduced, (0, self._rows // self._factor))
        self._rows += strip.height

    def shrunk(self) -> Image.Image:
        if self._narrow.size == self._size:
            return self._narrow
        box = (0, 0, self._size[0], self._height / self._factor)
        return self._narrow.resize(self._size, Image.Resampling.BICUBIC, box)


def _encoded_strips(strips: Iterator[Image.Image], shrinking: _Shrinking) -> Iterator[bytes]:
    for strip in strips:
        shrinking.add(strip)
        buffer = io.BytesIO()
        blocks = joining.blocks(strip.width, strip.height)
        strip.save(buffer, "JPEG", quality=FULL_QUALITY, subsampling="4:2:0", restart_marker_blocks=blocks)
        yield buffer.getvalue()


def _written(pixels: Image.Image, path: Path) -> Version:
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=SHRUNK_QUALITY)
    with _Target(path) as target:
        target.write(buffer.getvalue())
        return target.version()


class _Target:
    """A file that knows the hash of what is written into it."""

    def __init__(self, path: Path) -> None:
        self._path, self._digest = path, hashlib.sha256()

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes, /) -> None:
        self._digest.update(data)
        self._file.write(data)

    def version(self) -> Version:
        return Version(str(self._path), self._digest.hexdigest())


def _shrunk(pixels: Image.Image, edge: int) -> Image.Image:
    size = _size_within(*pixels.size, edge)
    return pixels if size == pixels.size else pixels.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.1)


def _size_within(width: int, height: int, edge: int) -> tuple[int, int]:
    longest = max(width, height, edge)
    return (max(1, round(width * edge / longest)), max(1, round(height * edge / longest)))


def _opened(source: Path, max_pixels: int) -> _Opened:
    """The picture with its pixels decoded."""
    with source.open("rb") as file:
        start = file.read(32)
        file.seek(0)
        if not start:
            raise PhotoRefused(Refusal.EMPTY)
        try:
            return _heif(file, max_pixels) if _HEIF.match(start) else _by_pillow(file, max_pixels)
        except (PhotoRefused, MemoryError):
            raise
        except UnidentifiedImageError:
            raise PhotoRefused(_unidentified(start)) from None
        except Exception as error:  # whatever a decoder throws at bytes that it cannot read
            if isinstance(error, OSError) and error.errno is not None:
                raise  # this machine's trouble, not the photo's
            raise PhotoRefused(_undecodable(error)) from error


def _by_pillow(file: IO[bytes], max_pixels: int) -> _Opened:
    picture = Image.open(file, formats=FORMATS)
    _check_size(picture.size, max_pixels)
    picture.load()
    orientation, taken_at = _from_metadata(picture.getexif)
    converter = _Converter(picture.mode, picture.info.get("icc_profile"))
    return _Opened(picture, MEDIA_TYPES[picture.format or ""], _UPRIGHT.get(orientation), converter, taken_at)


def _heif(file: IO[bytes], max_pixels: int) -> _Opened:
    """Not by way of Pillow, which would keep all pixels a second time. The decoder has turned them already."""
    if _container_ends_early(file):
        raise PhotoRefused(Refusal.TRUNCATED)
    picture = pillow_heif.open_heif(file, remove_stride=False)
    _check_size(picture.size, max_pixels)
    pixels = _HeifPixels(picture)
    _, taken_at = _from_metadata(lambda: _exif(picture.info.get("exif")))
    converter = _Converter(pixels.mode, picture.info.get("icc_profile"))
    return _Opened(pixels, "image/heic", None, converter, taken_at)


class _HeifPixels:
    def __init__(self, picture: pillow_heif.HeifFile) -> None:
        self._data, self._stride = memoryview(picture.data), picture.stride
        self.size, self.mode = picture.size, picture.mode

    def crop(self, box: tuple[int, int, int, int]) -> Image.Image:
        """Of whole rows."""
        left, top, right, bottom = box
        rows = self._data[top * self._stride : bottom * self._stride]
        return Image.frombytes(self.mode, (right - left, bottom - top), rows, "raw", self.mode, self._stride)


def _exif(content: bytes | None) -> Image.Exif:
    exif = Image.Exif()
    if content:
        exif.load(content)
    return exif


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    if size[0] * size[1] > max_pixels or max(size) > joining.MOST_PIXELS:
        raise PhotoRefused(Refusal.BOMB)


class _Converter:
    """Makes the pixels alone: RGB in the sRGB colour space, transparency on white, nothing attached."""

    def __init__(self, mode: str, profile: bytes | None) -> None:
        if mode.startswith(("I", "F")):
            raise PhotoRefused(Refusal.UNSUPPORTED)  # 16-bit measurements, not photos
        # Colours with transparency, and those of a palette, have been made RGB when the profile is applied.
        self._mode = "CMYK" if mode == "CMYK" else "RGB"
        self._into_srgb = _into_srgb(profile, self._mode) if profile else None

    def __call__(self, part: Image.Image) -> Image.Image:
        if part.mode in ("P", "PA"):
            part = part.convert("RGBA")
        if part.has_transparency_data:
            part = part.convert("RGBA")
            ground = Image.new("RGB", part.size, "white")
            ground.paste(part, mask=part.getchannel("A"))
            part = ground
        if self._into_srgb is not None and part.mode == self._mode:
            part = self._into_srgb.apply(part)
        pixels = part if part.mode == "RGB" else part.convert("RGB")
        pixels.info = {}
        return pixels


def _into_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None where there is nothing to do, or the profile is broken: colours slightly off, and the evidence whole."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in (ImageCms.getProfileDescription(source) or "").lower():
            return None
        return ImageCms.buildTransform(source, _SRGB, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


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


def _from_metadata(read: Callable[[], Image.Exif]) -> tuple[int, str | None]:
    """Orientation (1 to 8) and capture time. Broken metadata never refuses a photo whose pixels are whole."""
    try:
        exif = read()
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
