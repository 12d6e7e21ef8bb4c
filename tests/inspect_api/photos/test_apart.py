"""Photos are opened in a process of their own, and whatever becomes of it, the service goes on."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inspect_api.photos import apart
from inspect_api.photos.apart import process_apart
from inspect_api.photos.messages import PhotoRefused, Refusal
from inspect_api.photos.pipeline import process_photo
from tests import photo_fixtures as photos

PIXELS = 60_000_000


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    apart.end_children()
    yield
    apart.end_children()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo"
    path.write_bytes(photos.jpeg(orientation=6))
    return path


def dying(monkeypatch: pytest.MonkeyPatch, signal: str) -> None:
    code = f"import os, signal, sys; sys.stdin.buffer.read(4); os.kill(os.getpid(), signal.{signal})"
    monkeypatch.setattr(apart, "_COMMAND", [sys.executable, "-c", code])


def test_it_gives_what_the_pipeline_gives_one_photo_after_the_other(photo: Path) -> None:
    expected = process_photo(photo, max_pixels=PIXELS)
    assert [process_apart(photo, max_pixels=PIXELS) for _ in range(2)] == [expected] * 2


def test_a_refusal_comes_with_its_reason_and_the_next_photo_is_taken(photo: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"no picture")
    with pytest.raises(PhotoRefused) as refused:
        process_apart(bad, max_pixels=PIXELS)
    assert refused.value.reason is Refusal.NOT_AN_IMAGE
    assert process_apart(photo, max_pixels=PIXELS).media_type == "image/jpeg"


def test_a_photo_over_which_the_decoder_crashes_is_refused_and_takes_nothing_with_it(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        dying(patched, "SIGSEGV")
        with pytest.raises(PhotoRefused) as refused:
            process_apart(photo, max_pixels=PIXELS)
    assert refused.value.reason is Refusal.DAMAGED
    assert process_apart(photo, max_pixels=PIXELS).media_type == "image/jpeg"


def test_when_it_is_killed_the_photo_is_not_to_blame(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dying(monkeypatch, "SIGKILL")
    with pytest.raises(OSError, match="ended with -9"):
        process_apart(photo, max_pixels=PIXELS)


def test_a_file_that_this_machine_cannot_read_is_no_bad_photo(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="FileNotFoundError"):
        process_apart(tmp_path / "missing", max_pixels=PIXELS)


def test_it_is_ended_now_and_then_and_gives_its_memory_back(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PHOTOS_EACH", 2)
    for expected in (1, 0, 1):
        process_apart(photo, max_pixels=PIXELS)
        assert len(apart._idle) == expected


class _Telling(threading.Condition):
    """Tells when somebody has to wait for their turn."""

    def __init__(self, told: threading.Event) -> None:
        super().__init__()
        self._told = told

    def wait(self, timeout: float | None = None) -> bool:
        self._told.set()
        return super().wait(timeout)


def test_no_more_photos_are_in_work_than_allowed_whoever_brought_them(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless, order, waits_or_done = tmp_path / "endless", [], threading.Event()
    os.mkfifo(endless)
    monkeypatch.setattr(apart, "_turn", _Telling(waits_or_done))

    def first() -> None:
        with pytest.raises((PhotoRefused, OSError)):
            process_apart(endless, max_pixels=PIXELS)
        order.append("first")

    def second() -> None:
        process_apart(photo, max_pixels=PIXELS)
        order.append("second")
        waits_or_done.set()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        with endless.open("wb"):  # opens when the child has it open
            two = pool.submit(second)
            waits_or_done.wait()
            order.append("looked")
        one.result()
        two.result()
    assert order == ["looked", "first", "second"]


@pytest.mark.parametrize("make", [lambda: photos.phone_jpeg(), lambda: photos.heic(4032, 3024)], ids=["jpeg", "heic"])
def test_a_decoded_photo_is_in_memory_once_and_then_no_more(photo: Path, make: Callable[[], bytes]) -> None:
    """12 megapixels take 49 MB. The turned copy of a JPEG, or Pillow's copy of a HEIC, would be as much again; and
    what the C library kept of one photo would be there beside the next."""
    if sys.platform != "linux":  # elsewhere there is no peak to be read
        return
    process_apart(photo, max_pixels=PIXELS)
    (child,) = apart._idle
    before = _kilobytes(child.pid, "VmRSS")
    photo.write_bytes(make())
    for _ in range(3):
        process_apart(photo, max_pixels=PIXELS)
    assert _kilobytes(child.pid, "VmHWM") - before < 75_000
    assert _kilobytes(child.pid, "VmRSS") - before < 12_000


def _kilobytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
