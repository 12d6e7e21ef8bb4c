"""Memory: how far work takes the server process above what it holds when it is warm and idle. Linux only."""

import base64
import hashlib
import io
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from benchmarks.field import Bench, Tablet, running
from benchmarks.report import Row
from tests.photo_fixtures import exif, jpeg, scene

_PER_PUSH = 500
_PHOTOS = 100
_TABLETS = 4
LIMIT_MB = 100


def measure(inspections: int) -> list[Row]:
    return [
        _pushing(inspections),
        _uploading(
            f"{_PHOTOS} JPEGs of 12 MP to be turned, sent by {_TABLETS} tablets", photo_of_ten_megabytes("JPEG")
        ),
        _uploading(f"{_PHOTOS} HEICs of 12 MP, sent by {_TABLETS} tablets", photo_of_ten_megabytes("HEIF")),
    ]


def _pushing(inspections: int) -> Row:
    with running() as bench:
        tablet = bench.tablet()
        idle = _warm(bench, tablet)
        for _ in range(inspections // _PER_PUSH):
            tablet.ask("POST", "/api/v1/sync/push", bench.push_body(tablet.pen, _PER_PUSH))
        return _row(f"{inspections:,} inspections pushed, {_PER_PUSH} at a time", bench, idle)


def _uploading(what: str, photo: bytes) -> Row:
    with running() as bench:
        tablets = [bench.tablet() for _ in range(_TABLETS)]
        idle = _warm(bench, tablets[0])

        def send(share: int) -> None:
            for number in range(share, _PHOTOS, _TABLETS):
                upload(tablets[share], photo + _box(number))

        with ThreadPoolExecutor(_TABLETS) as pool:
            list(pool.map(send, range(_TABLETS)))
        return _row(what, bench, idle, f"{len(photo) / 1e6:.1f} MB each; ")


def _box(number: int) -> bytes:
    """Put behind a picture: another file, the same picture. A box of its own, which HEIC asks for."""
    return b"\0\0\0\x10free" + number.to_bytes(8, "big")


def _warm(bench: Bench, tablet: Tablet) -> float:
    """Every way once, with little; then forget the peak. Gives the megabytes that the idle process holds."""
    tablet.ask("POST", "/api/v1/sync/push", bench.push_body(tablet.pen))
    upload(tablet, jpeg())
    Path(f"/proc/{bench.server.pid}/clear_refs").write_text("5")
    return bench.status("VmRSS") / 1000


def _row(what: str, bench: Bench, idle: float, note: str = "") -> Row:
    above = bench.status("VmHWM") / 1000 - idle
    verdict = "" if above <= LIMIT_MB else f"; over {LIMIT_MB} MB"
    children = bench.children_peak() / 1000
    beside = f"; the process that opens photos: {children:.0f} MB in all" if children else ""
    return Row(f"peak memory over idle: {what}", above, "MB", f"{note}idle at {idle:.0f} MB{verdict}{beside}")


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
    noise = random.Random(12)
    grain = Image.frombytes("L", (2016, 1512), noise.randbytes(2016 * 1512)).resize((4032, 3024))
    picture = Image.blend(scene(4032, 3024), Image.merge("RGB", (grain, grain, grain)), 0.62)
    buffer = io.BytesIO()
    how = (
        {"quality": 97, "subsampling": 0} if kind == "JPEG" else {"quality": 93, "enc_params": {"preset": "ultrafast"}}
    )
    picture.transpose(Image.Transpose.ROTATE_90).save(buffer, kind, exif=exif(6), **how)
    return buffer.getvalue()
