"""JPEGs that lie below one another become one, byte by byte, without decoding them.

A picture that is encoded strip by strip need not be in memory as a whole. The format knows such strips: after a restart
marker nothing depends on what stood before it (ITU-T T.81, E.1.4). So the strips' data are put one behind the other
with these markers between them; what a viewer shows is, pixel by pixel, what encoding the whole would have given.
"""

from collections.abc import Iterable
from typing import Protocol

ROWS = 16
"""The height of a block at the encoder's subsampling of 4:2:0: strips are so many rows high, or a multiple of it."""
MOST_BLOCKS = 65_535
"""In a strip, for all of them but the last have the same number, which the header tells in two bytes."""
MOST_PIXELS = 65_500
"""On an edge: what the encoder takes."""

_START, _END = b"\xff\xd8", b"\xff\xd9"
_FRAME, _SCAN = 0xC0, 0xDA
_FIRST_RESTART, _RESTARTS = 0xD0, 8


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


def blocks(width: int, rows: int) -> int:
    """Of a strip: the number after which the encoder has to announce a restart."""
    return -(-width // ROWS) * -(-rows // ROWS)


def join(strips: Iterable[bytes], height: int, sink: Sink) -> None:
    """``strips``: baseline JPEGs of one width, encoded alike, each with its number of blocks as restart interval.

    ``height``: of the whole, in pixels.
    """
    for number, strip in enumerate(strips):
        header, data = _parted(strip, height)
        restart = bytes((0xFF, _FIRST_RESTART + (number - 1) % _RESTARTS))
        sink.write(header if number == 0 else restart)
        sink.write(data)
    sink.write(_END)


def _parted(strip: bytes, height: int) -> tuple[bytes, bytes]:
    """The header, saying ``height``, and the coded pixels without the end mark."""
    if not strip.startswith(_START) or not strip.endswith(_END):
        raise ValueError("not a JPEG")
    header, position = bytearray(strip), len(_START)
    while True:
        marker, length = strip[position + 1], int.from_bytes(strip[position + 2 : position + 4], "big")
        if marker == _FRAME:  # behind the length: precision in a byte, then the height in two
            header[position + 5 : position + 7] = height.to_bytes(2, "big")
        position += 2 + length
        if marker == _SCAN:
            return bytes(header[:position]), strip[position : -len(_END)]
