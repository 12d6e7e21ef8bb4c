"""What the service and the process that opens photos say to each other, and how.

Nothing here opens a picture: the service carries no decoder in its memory.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

from msgspec import Struct


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
    """One JPEG to be stored: the file in which it is, and its SHA-256 in hex."""

    path: str
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


SIZES = ("full", "large", "small")


def version_path(source: Path, size: str) -> Path:
    """Where ``full``, ``large`` or ``small`` of ``source`` is put until it is stored."""
    return source.with_name(f"{source.name}.{size}")


class Job(Struct, frozen=True):
    """``path``: of the file that was sent. What is made of it is put into files beside it."""

    path: str
    max_pixels: int


class Answer(Struct, frozen=True, omit_defaults=True):
    """One of the three. ``trouble``: of the machine; the photo may be as good as any."""

    photo: ProcessedPhoto | None = None
    refusal: Refusal | None = None
    trouble: str | None = None


def read(stream: IO[bytes]) -> bytes | None:
    """The next message; None when the other end is gone."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size)
    return body if len(body) == size else None


def write(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(4, "big"))
    stream.write(message)
    stream.flush()
