"""Photos are opened in a process of their own.

Decoders are large C libraries that are fed with what strangers send: one that crashes takes no push with it. And they
take memory that a long-lived process does not give back: that process is ended now and then, and all of it is free.
"""

import atexit
import contextlib
import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from inspect_api.photos.child import read, write
from inspect_api.photos.messages import Answer, Job
from inspect_api.photos.pipeline import PhotoRefused, ProcessedPhoto, Refusal

PHOTOS_EACH = 20
"""After so many a child is ended. Starting one takes a quarter of a second."""
MOST_SECONDS = 120.0
_THIS_MACHINE = {-signal.SIGKILL, -signal.SIGTERM}
_COMMAND = [sys.executable, "-m", "inspect_api.photos.child"]

_log = logging.getLogger(__name__)
_decoder = msgspec.msgpack.Decoder(Answer)
_idle: list["_Child"] = []
_lock = threading.Lock()


def process_apart(source: Path, *, max_pixels: int) -> ProcessedPhoto:
    """As ``process_photo``. Blocks; every thread that calls it at the same time has a child of its own.

    :raises PhotoRefused: with the reason; also when the decoder crashes over it
    :raises OSError: this machine's trouble: try again later
    """
    with _lock:
        child = _idle.pop() if _idle else None
    child = child or _Child()
    answer = child.ask(Job(str(source), max_pixels))
    if child.served < PHOTOS_EACH:
        with _lock:
            _idle.append(child)
    else:
        child.end()
    if answer.refusal is not None:
        raise PhotoRefused(answer.refusal)
    if answer.photo is None:
        raise OSError(answer.trouble)
    return answer.photo


class _Child:
    def __init__(self) -> None:
        # A session of its own: Ctrl-C is for the service, which lets it finish.
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("it was asked for pipes")
        self._to, self._from = self._process.stdin, self._process.stdout
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
    with _lock:
        children, _idle[:] = list(_idle), []
    for child in children:
        child.end()
