"""A server that takes so many requests a minute and no more: the tablet comes back when it was told to, and everything
arrives once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from inspect_api.services import Services
from tests.databases import both_databases
from tests.photo_fixtures import jpeg
from tests.sync.tablet.conftest import Device, stored
from tests.world import SteppedClock, make_services

Devices = Callable[..., Device]
database_kind = both_databases
PER_MINUTE, INSPECTIONS = 10, 8


class Seconds:
    """What the server counts its minutes by."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    monkeypatch.setattr("inspect_api.limits.time", SimpleNamespace(monotonic=made))
    return made


@pytest.fixture
def services(tmp_path: Path, clock: SteppedClock, database_url: str | None, seconds: Seconds) -> Iterator[Services]:
    made = make_services(tmp_path, clock, database_url, requests_per_minute=PER_MINUTE)
    yield made
    made.database.dispose()


def test_a_tablet_that_is_turned_away_comes_back_in_time_and_loses_nothing(devices: Devices, seconds: Seconds) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspections = [chen.fill() for _ in range(INSPECTIONS)]
    chen.tablet.attach_photo(inspections[0], None, jpeg(), reason="补拍")
    asked: list[float] = []

    def note(method: str, path: str, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == 429:
            asked.append(float(answer.headers["retry-after"]))
        return answer

    chen.line.alter = note
    came_back, told = 0, []
    while not (report := chen.sync(push_batch=1)).complete:
        assert len(asked) == came_back + 1, report  # one request was turned away, and nothing else after it was tried
        assert report.retry_in is not None
        assert report.retry_in >= asked[-1]
        assert liu.sync().complete  # another's tablet has a count of its own
        seconds.now += report.retry_in
        told.append(report.stored)
        came_back += 1
    assert came_back >= 2, "it was never turned away"
    assert sum(told) + report.stored == len(stored(chen)) == INSPECTIONS + 1
    assert (report.refused_changes, report.pending) == (0, 0)
    assert list((chen.folder / "photos").iterdir()) == []
    for inspection in inspections:
        view = chen.tablet.view(inspection).server
        assert view is not None
        assert (view.state, view.missing_photos) == ("complete", [])
