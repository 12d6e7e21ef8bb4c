"""Photos are opened in a process of their own, and whatever becomes of it, the service goes on."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspect_api.photos import apart
from inspect_api.photos.apart import process_apart
from inspect_api.photos.pipeline import PhotoRefused, Refusal, process_photo
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
