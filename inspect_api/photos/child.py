"""``python -m inspect_api.photos.child``: the process in which photos are opened. ``apart.py`` starts and asks it.

On its standard input a message for each photo, on its standard output one for each answer; it ends with its input.
"""

import sys
from pathlib import Path

import msgspec

from inspect_api.photos.messages import Answer, Job, PhotoRefused, read, write
from inspect_api.photos.pipeline import process_photo

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


if __name__ == "__main__":
    main()
