"""Memory: how far work takes the service above what it holds when it is warm and idle. Linux only.

The service is the server with every process that it has started: the peak of each, added up, whether or not they had
them at the same moment; so the sum is at least what the machine ever had to give.
"""

import base64
import hashlib
import io
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pillow_heif
import psutil
from PIL import Image

from benchmarks.field import PER_PUSH, Bench, Tablet, running
from benchmarks.report import Row
from tests.photo_fixtures import exif, jpeg, scene
from tests.postgres_server import running_postgres

_LARGE_PUSH = 500
_PHOTOS = 100
_TABLETS = 4
_CONNECTIONS = 8
_LOOK_SECONDS = 0.02
LIMIT_MB = 100

Work = Callable[[Bench], None]


def measure(inspections: int) -> list[Row]:
    photo, heic = photo_of_ten_megabytes("JPEG"), photo_of_ten_megabytes("HEIF")
    jpegs = f"{_PHOTOS} JPEGs of {len(photo) / 1e6:.1f} MB to be turned, {_TABLETS} tablets"
    heics = f"{_PHOTOS} HEICs of {len(heic) / 1e6:.1f} MB, {_TABLETS} tablets"
    large = f"{inspections:,} inspections pushed, {_LARGE_PUSH} at a time"
    pushes = f"{inspections:,} inspections pushed, {_CONNECTIONS} connections"
    rows = [
        _rise(large, lambda bench: _push(bench, inspections, 1, _LARGE_PUSH)),
        _rise(pushes, lambda bench: _push(bench, inspections, _CONNECTIONS)),
        _rise(jpegs, lambda bench: _upload_all(bench, photo)),
        _rise(heics, lambda bench: _upload_all(bench, heic)),
        _rise(f"{pushes}, while {jpegs}", lambda bench: _both(bench, inspections, photo)),
    ]
    with running_postgres() as server:
        what = f"the same on PostgreSQL (its own processes not counted): {pushes}, while {jpegs}"
        rows.append(_rise(what, lambda bench: _both(bench, inspections, photo), server.fresh()))
    return rows


def _rise(what: str, work: Work, database_url: str | None = None) -> Row:
    with running(database_url) as bench:
        _warm(bench)
        service = _Service(bench.server.pid)
        idle = service.held()
        with service.watched():
            work(bench)
        above = {name: (service.peaks[name] - idle.get(name, 0)) / 1000 for name in service.peaks}
    total = sum(above.values())
    verdict = "" if total <= LIMIT_MB else f"; over {LIMIT_MB} MB"
    shares = ", ".join(f"{name} {value:.0f}" for name, value in above.items())
    return Row(
        f"peak memory over idle: {what}", total, "MB", f"{shares}; idle at {sum(idle.values()) / 1000:.0f} MB{verdict}"
    )


class _Service:
    """The server and its children. ``peaks``: the most that either had to itself, in kB."""

    def __init__(self, pid: int) -> None:
        self._server = psutil.Process(pid)
        self._command = self._server.cmdline()
        self.peaks: dict[str, int] = {}

    def held(self) -> dict[str, int]:
        """Now, in kB; peaks are forgotten."""
        now: dict[str, int] = {}
        for name, process in self._processes():
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
            now[name] = now.get(name, 0) + _status(process, "VmRSS")
        return now

    @contextmanager
    def watched(self) -> Iterator[None]:
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            watching = pool.submit(self._watch, over)
            try:
                yield
            finally:
                over.set()
            watching.result()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(_LOOK_SECONDS):
            now: dict[str, int] = {}
            for name, process in self._processes():
                now[name] = now.get(name, 0) + _status(process, "VmHWM")
            self.peaks = {name: max(self.peaks.get(name, 0), now.get(name, 0)) for name in {**self.peaks, **now}}

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        yield "server", self._server
        for child in self._server.children(recursive=True):
            with suppress(psutil.Error):  # it has just ended
                if child.cmdline() != self._command:  # else it has the server's own memory until it is what it will be
                    yield "opening photos", child


def _status(process: psutil.Process, name: str) -> int:
    """A figure from ``/proc``, in kB; 0 of one that has just ended."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _warm(bench: Bench) -> None:
    """Every way once, with little."""
    tablet = bench.tablet()
    tablet.ask("POST", "/api/v1/sync/push", bench.push_body(tablet.pen))
    upload(tablet, jpeg())


def _push(bench: Bench, inspections: int, connections: int, per_push: int = PER_PUSH) -> None:
    """Bodies are made as they are sent: what the client holds is not measured."""

    def send(tablet: Tablet) -> None:
        for _ in range(inspections // connections // per_push):
            tablet.ask("POST", "/api/v1/sync/push", bench.push_body(tablet.pen, per_push))

    _each([bench.tablet() for _ in range(connections)], send)


def _upload_all(bench: Bench, photo: bytes) -> None:
    tablets = [bench.tablet() for _ in range(_TABLETS)]

    def send(tablet: Tablet) -> None:
        for number in range(tablets.index(tablet), _PHOTOS, _TABLETS):
            upload(tablet, photo + _box(number))

    _each(tablets, send)


def _both(bench: Bench, inspections: int, photo: bytes) -> None:
    with ThreadPoolExecutor(1) as pool:
        uploading = pool.submit(_upload_all, bench, photo)
        _push(bench, inspections, _CONNECTIONS)
        uploading.result()


def _each(tablets: list[Tablet], send: Callable[[Tablet], None]) -> None:
    with ThreadPoolExecutor(len(tablets)) as pool:
        list(pool.map(send, tablets))


def _box(number: int) -> bytes:
    """Put behind a picture: another file, the same picture. A box of its own, which HEIC asks for."""
    return b"\0\0\0\x10free" + number.to_bytes(8, "big")


def upload(tablet: Tablet, content: bytes) -> None:
    """One photo in one request."""
    digest = base64.b64encode(hashlib.sha256(content).hexdigest().encode()).decode()
    tablet.ask(
        "POST",
        "/api/v1/uploads",
        content,
        **{
            "tus-resumable": "1.0.0",
            "upload-length": str(len(content)),
            "upload-metadata": f"sha256 {digest}",
            "content-type": "application/offset+octet-stream",
        },
    )


def photo_of_ten_megabytes(kind: str) -> bytes:
    """12 megapixels with much grain, on its side, as a phone writes them. ``kind``: JPEG or HEIF, as Pillow says."""
    pillow_heif.register_heif_opener()
    noise = random.Random(12)
    grain = Image.frombytes("L", (2016, 1512), noise.randbytes(2016 * 1512)).resize((4032, 3024))
    picture = Image.blend(scene(4032, 3024), Image.merge("RGB", (grain, grain, grain)), 0.66)
    buffer = io.BytesIO()
    how = (
        {"quality": 98, "subsampling": 0} if kind == "JPEG" else {"quality": 93, "enc_params": {"preset": "ultrafast"}}
    )
    picture.transpose(Image.Transpose.ROTATE_90).save(buffer, kind, exif=exif(6), **how)
    return buffer.getvalue()
