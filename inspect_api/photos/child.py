"""``python -m inspect_api.photos.child``: the process in which photos are opened. ``apart.py`` starts and asks it.

On its standard input a message for each photo, on its standard output one for each answer; it ends with its input.
"""

import sys
from pathlib import Path
from typing import IO

import msgspec

from inspect_api.photos.messages import Answer, Job
from inspect_api.photos.pipeline import PhotoRefused, process_photo

_decoder = msgspec.msgpack.Decoder(Job)


def main() -> None:
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    while (job := read(incoming)) is not None:
        write(outgoing, msgspec.msgpack.encode(_answer(_decoder.decode(job))))


def _answer(job: Job) -> Answer:
    try:
        return Answer(photo=process_photo(Path(job.path), max_pixels=job.max_pixels))
    except PhotoRefused as refused:
        return Answer(refusal=refused.reason)
    except (OSError, MemoryError) as error:  # this machine's trouble, not the photo's
        return Answer(trouble=f"{type(error).__name__}: {error}")


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


if __name__ == "__main__":
    main()
