"""A file made for one answer, written aside before its first byte is sent: what goes wrong is told as a problem, not as
half a file. It has no name: nothing of it stays, however the answer or the process ends.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO

from litestar.response import Stream

_IN_MEMORY = 4_000_000
_PIECE = 256_000


def made_aside(write: Callable[[IO[bytes]], None]) -> IO[bytes]:
    """What ``write`` wrote, from its beginning. Blocks; whoever takes it closes it."""
    with ExitStack() as stack:
        file = stack.enter_context(SpooledTemporaryFile(_IN_MEMORY))
        write(file)
        file.seek(0)
        stack.pop_all()
        return file


def download(file: IO[bytes], filename: str, media_type: str) -> Stream:
    """Sends the file, to be saved under the name, and closes it. No cache may keep it."""
    headers = {"content-disposition": f'attachment; filename="{filename}"', "cache-control": "no-store"}
    return Stream(_pieces(file), media_type=media_type, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
