"""Too many requests are turned away with a time to come back, and a tablet loses nothing by it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from inspect_api.limits import MOST_KEPT, Buckets
from tests.inspect_api.api.test_push_pull import clean_inspection
from tests.worked_numbers import TEMPLATES
from tests.world import Pen, SteppedClock, build_world, log_in, make_services


def test_as_many_as_a_minute_allows_at_once_and_then_as_time_goes_by() -> None:
    now = 0.0
    buckets = Buckets(60, lambda: now)
    assert [buckets.take("a") for _ in range(60)] == [0] * 60
    assert buckets.take("a") == pytest.approx(1)
    assert buckets.take("b") == 0
    now = 0.5
    assert buckets.take("a") == pytest.approx(0.5)
    now = 2.5
    assert [buckets.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_who_comes_back_every_day_is_not_kept_for_ever() -> None:
    now = 0.0
    buckets = Buckets(60, lambda: now)
    for number in range(MOST_KEPT):
        buckets.take(str(number))
    now = 60.0
    buckets.take("one more")
    assert len(buckets._left) == 1


async def test_a_push_that_is_turned_away_is_taken_when_it_comes_back_and_others_are_not_concerned(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("inspect_api.limits.time", SimpleNamespace(monotonic=lambda: now))
    services = make_services(tmp_path, clock, requests_per_minute=10)
    world = build_world(services, TEMPLATES)
    pen = Pen(world.sites["lobby"])
    async with world.client() as client:
        chen, liu = await log_in(client, "chen", pen.replica_id), await log_in(client, "liu")
        answers = [await client.get("/api/v1/auth/me", headers=chen) for _ in range(10)]
        body = {"changes": [clean_inspection(world, pen)]}
        refused = await client.post("/api/v1/sync/push", json=body, headers=chen)
        assert [answer.status_code for answer in (*answers, refused)] == [200] * 10 + [429]
        assert (await client.get("/api/v1/auth/me", headers=liu)).status_code == 200
        assert (await client.get("/health")).status_code == 200
        now += int(refused.headers["retry-after"])
        answer = await client.post("/api/v1/sync/push", json=body, headers=chen)
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["retry-after"] == "6"
    assert [result["status"] for result in answer.json()["results"]] == ["stored"]
    services.database.dispose()
