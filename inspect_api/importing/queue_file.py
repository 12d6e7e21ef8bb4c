"""The file that a tablet exports: a first line, a line of JSON, then the bytes of the photos one after the other."""

from typing import IO, Annotated

import msgspec
from msgspec import Meta, Struct

from inspect_api.actions.reporting import Report
from inspect_api.problems import Code, Problem
from sync.messages import Id

FIRST_LINE = b"INSPECT-QUEUE 1\n"
MAX_MANIFEST = 200_000_000
"""Bytes. Thirty days of one supervisor are a few million."""


class QueuedPhoto(Struct, frozen=True):
    """``size``: bytes."""

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    size: Annotated[int, Meta(ge=1)]


class QueuedFix(Struct, frozen=True):
    """What the tablet would say to ``POST /api/v1/actions/{action_id}/fix``."""

    action_id: Id
    note: str
    report: Report
    photo: str | None = None


class Manifest(Struct, frozen=True):
    """``changes``: as the tablet would push them, oldest first. ``photos``: in the order of their bytes.

    ``fixes``: each a ``QueuedFix``, decoded alone; tablets before version 2 of their schema have none.
    """

    replica_id: Id
    user_id: Id
    changes: list[msgspec.Raw]
    photos: list[QueuedPhoto]
    fixes: list[msgspec.Raw] = []


def read_manifest(file: IO[bytes]) -> Manifest:
    """Leaves ``file`` at the first photo. Problem MALFORMED, INVALID_FIELD."""
    if file.read(len(FIRST_LINE)) != FIRST_LINE:
        raise Problem(
            Code.MALFORMED, "这不是平板导出的待发数据文件", "This is no queue that a tablet has exported", "/queue"
        )
    line = file.readline(MAX_MANIFEST)
    if not line.endswith(b"\n"):
        raise Problem(Code.MALFORMED, "文件不完整", "The file is cut off", "/queue")
    try:
        return msgspec.json.decode(line, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(
            Code.MALFORMED, f"文件无法读取：{error}", f"The file cannot be read: {error}", "/queue"
        ) from error
