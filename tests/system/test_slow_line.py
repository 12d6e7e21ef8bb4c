"""A photo on a line of 50 kB a second that breaks in the middle of it."""

import io
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from inspect_api.photos.verify import verify_stored_photos
from tests.fault_proxy import FaultProxy
from tests.photo_fixtures import exif, scene
from tests.server_process import running_server
from tests.system.fleet import Hire, check_against_server

BYTES_PER_SECOND = 50_000
CUTS = (110_000, 130_000, 60_000)
"""Less than a piece each: nothing that has arrived may be thrown away because its piece was not whole."""


def small_twelve_megapixels() -> bytes:
    """As many pixels as a phone's, in a tenth of the bytes: so that the line needs eight seconds, and not eighty."""
    noise = random.Random(12)
    grain = Image.frombytes("L", (252, 189), noise.randbytes(252 * 189)).resize((4032, 3024))
    picture = Image.blend(scene(4032, 3024), Image.merge("RGB", (grain, grain, grain)), 0.25)
    buffer = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=30, exif=exif(6))
    return buffer.getvalue()


def test_a_photo_of_twelve_megapixels_goes_on_after_every_cut_and_what_is_typed_meanwhile_overtakes_it(
    tmp_path: Path, hire: Hire
) -> None:
    photo = small_twelve_megapixels()
    assert sum(CUTS) < len(photo) < 600_000
    with (
        running_server(tmp_path / "server") as (server, world),
        FaultProxy(server.port, seed=1, rate=0, bytes_per_second=BYTES_PER_SECOND) as line,
    ):
        chen = hire(tmp_path / "chen", world, "chen", line.url, 1)
        liu = hire(tmp_path / "liu", world, "liu", server.url, 2)
        for supervisor in (chen, liu):
            supervisor.log_in()
            assert supervisor.sync().complete
        inspection = chen.inspect(photo)
        line.cut_after, line.carried = list(CUTS), 0
        uploading = threading.Thread(target=chen.finish)
        uploading.start()
        folder = world.services.settings.data_dir / "uploads"
        wait_until(lambda: sum(path.stat().st_size for path in folder.glob("*")) > 50_000)
        chen.tablet.note(inspection, "typed meanwhile", reason="补充说明")
        wait_until(lambda: liu.sync().complete and liu.tablet.view(inspection).value("inspection/note") is not None)
        view = liu.tablet.view(inspection).server
        assert view is not None
        assert (view.state, len(view.missing_photos)) == ("incomplete", 1)
        uploading.join()
        assert line.cut_after == []
        assert line.carried < 1.2 * len(photo), "it began anew"
        liu.finish()
        assert verify_stored_photos(world.services.database, world.services.blobs).photos == 1
        check_against_server(world, [chen, liu], liu.tablet)


def wait_until(good: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not good():
        assert time.monotonic() < deadline
        time.sleep(0.1)
