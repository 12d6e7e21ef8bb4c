"""Photos are opened in a process of their own.

Decoders are large C libraries that are fed with what strangers send: one that crashes takes no push with it. And they
take memory that a long-lived process does not give back: that process is ended now and then, and all of it is free.
"""

import atexit
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from inspect_api.photos.messages import Answer, Job, PhotoRefused, ProcessedPhoto, Refusal, read, write

PHOTOS_EACH = 20
"""After so many a child is ended. Starting one takes a quarter of a second."""
MOST_SECONDS = 120.0
_THIS_MACHINE = {-signal.SIGKILL, -signal.SIGTERM}
_COMMAND = [sys.executable, "-m", "inspect_api.photos.child"]
_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(2 << 20)}
"""For glibc: what a photo took is given back when it is free, not kept for the next, beside what that one takes. By
itself it raises this threshold as it goes, and a third more is held after a few photos."""

_log = logging.getLogger(__name__)
_decoder = msgspec.msgpack.Decoder(Answer)
_idle: list["_Child"] = []
_working = 0
_turn = threading.Condition()


def process_apart(source: Path, *, max_pixels: int, at_once: int = 1) -> ProcessedPhoto:
    """As ``process_photo``. Blocks, also while ``at_once`` photos are in work already, whoever brought them: uploads,
    forms and jobs share these children, so their memory has a bound.

    :raises PhotoRefused: with the reason; also when the decoder crashes over it
    :raises OSError: this machine's trouble: try again later
    """
    with _a_child(at_once) as child:
        answer = child.ask(Job(str(source), max_pixels))
    if answer.refusal is not None:
        raise PhotoRefused(answer.refusal)
    if answer.photo is None:
        raise OSError(answer.trouble)
    return answer.photo


@contextlib.contextmanager
def _a_child(at_once: int) -> Iterator["_Child"]:
    """One that waits for work, or a new one."""
    global _working
    with _turn:
        _turn.wait_for(lambda: _working < at_once)
        _working += 1
        child = _idle.pop() if _idle else None
    try:
        child = child or _Child()
        yield child
        if child.served >= PHOTOS_EACH:
            child.end()
            child = None
    except BaseException:  # nobody knows what it would answer next
        if child is not None:
            child.end()
            child = None
        raise
    finally:
        with _turn:
            _working -= 1
            if child is not None:
                _idle.append(child)
            _turn.notify()


class _Child:
    def __init__(self) -> None:
        # A session of its own: Ctrl-C is for the service, which lets it finish.
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | _MEMORY,
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("it was asked for pipes")
        self._to, self._from = self._process.stdin, self._process.stdout
        self.pid = self._process.pid
        self.served = 0

    def ask(self, job: Job) -> Answer:
        patience = threading.Timer(MOST_SECONDS, self._process.kill)
        patience.start()
        try:
            write(self._to, msgspec.msgpack.encode(job))
            answer = read(self._from)
        except BrokenPipeError:
            answer = None
        finally:
            patience.cancel()
        self.served += 1
        return self._died(job) if answer is None else _decoder.decode(answer)

    def _died(self, job: Job) -> Answer:
        self.end()
        code = self._process.returncode
        _log.error("the process that opened %s ended with %s", job.path, code)
        self.served = PHOTOS_EACH
        # A decoder that crashes does so again. A process that was killed was not killed by a photo.
        return Answer(trouble=f"ended with {code}") if code in _THIS_MACHINE else Answer(refusal=Refusal.DAMAGED)

    def end(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._to.close()
        self._process.wait()
        self._from.close()


@atexit.register
def end_children() -> None:
    """All that wait for work. They would end by themselves when this process is gone."""
    with _turn:
        children, _idle[:] = list(_idle), []
    for child in children:
        child.end()
