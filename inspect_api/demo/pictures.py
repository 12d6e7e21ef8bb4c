"""Photos for the demonstration: real ones where a folder of them stands beside the checkout, else drawn ones."""

import random
from importlib.resources import files
from pathlib import Path

import inspect_api

_REAL = Path(inspect_api.__file__).parents[2] / "shared" / "photos"
_LARGEST = 1_000_000
_JPEG_START = b"\xff\xd8"
_COMMENT = b"\xff\xfe"


def load_pictures() -> list[bytes]:
    """The drawn pictures, then the real ones that are not too large for a quick start."""
    drawn = sorted((entry for entry in files(__package__).joinpath("drawn").iterdir()), key=lambda entry: entry.name)
    pictures = [entry.read_bytes() for entry in drawn if entry.name.endswith(".jpg")]
    for folder in ("phones", "orientation", "gps"):
        for path in sorted((_REAL / folder).glob("*.jpg")):
            if path.stat().st_size <= _LARGEST:
                pictures.append(path.read_bytes())
    return pictures


def taken(pictures: list[bytes], chance: random.Random) -> bytes:
    """One of them as a photo of its own: a comment in the file makes its bytes, and so its SHA-256, unique."""
    picture = chance.choice(pictures)
    comment = f"demonstration {chance.getrandbits(64):016x}".encode()
    if not picture.startswith(_JPEG_START):
        return picture
    return _JPEG_START + _COMMENT + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]
