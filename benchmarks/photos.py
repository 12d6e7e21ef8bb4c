"""Photos: how many a second one core takes through the pipeline, and how many arrive over HTTP."""

import base64
import hashlib
import tempfile
import time
from pathlib import Path

from benchmarks.field import running
from benchmarks.report import Row
from inspect_api.photos.pipeline import process_photo
from tests.photo_fixtures import jpeg

_PIPELINE = 12
_UPLOADS = 24
_PIXELS = 60_000_000


def measure() -> list[Row]:
    large = [jpeg(width=4032, height=3024, orientation=6, seed=number) for number in range(3)]
    with tempfile.TemporaryDirectory(prefix="inspect-bench-") as name:
        files = []
        for number, content in enumerate(large):
            files.append(Path(name) / f"{number}.jpg")
            files[-1].write_bytes(content)
        cpu = time.process_time()
        for number in range(_PIPELINE):
            process_photo(files[number % len(files)], max_pixels=_PIXELS)
        each = (time.process_time() - cpu) / _PIPELINE
    small = [jpeg(width=1600, height=1200, orientation=6, seed=100 + number) for number in range(_UPLOADS)]
    with running() as bench:
        tablet = bench.tablet()
        begun = time.perf_counter()
        for content in small:
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
        seconds = time.perf_counter() - begun
    size = sum(map(len, large)) / len(large) / 1e6
    return [
        Row("photos of 12 MP a second and core, turned, three versions", 1 / each, "/s", f"{size:.1f} MB each"),
        Row("photos of 2 MP uploaded and stored, one connection", _UPLOADS / seconds, "/s"),
    ]
