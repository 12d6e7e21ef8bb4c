"""A server that is killed in the middle of a push and of a photo, again and again: everything is there, once."""

import os
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser

from checklists.tables import Photo, table_of
from inspect_api.photos.verify import verify_stored_photos
from sync.tables import Change
from tests.browser.killing import kill_in_the_middle
from tests.browser.tablets import Tablets
from tests.server_process import running_server
from tests.worked_numbers import GROOMING

HAIR = f"{GROOMING.key}.hair"
KILLS = 10 if os.environ.get("THIRTY_DAYS") == "whole" else 6  # `make thirty-days` takes its time


def test_kills_in_pushes_and_photos(chromium: Browser, tmp_path: Path) -> None:
    with (
        running_server(tmp_path / "server") as (server, world),
        Tablets(chromium, server.url, world) as tablets,
    ):
        tablet = tablets.new("chen")
        tablet.log_in()
        written = []
        with tablet.offline():
            for number in range(KILLS // 2):
                inspection = tablet.begin(employee=f"lobby-{number % 2 + 1}")
                photos = [tablet.photo(inspection, HAIR, seed=10 * number + n, width=1400, height=1050) for n in (1, 2)]
                tablet.fill(inspection, hair="fail")
                tablet.submit(inspection)
                written.append((inspection, photos))
        killed = kill_in_the_middle(tablet.page, server, KILLS // 2)
        tablet.finish(runs=3 * KILLS)
        assert killed == {"push": KILLS // 2, "photo": KILLS // 2}
        tablet.page.unroute_all()
        tablet.finish()
        assert tablet.sync()["problems"] == []
        for inspection, photos in written:
            view = tablet.view(inspection)
            assert (view["state"], view["score"], view["conflicts"]) == ("complete", "90.0", 0)
            assert sorted(photo["sha256"] for photo in tablet.item(inspection, HAIR)["photos"]) == sorted(photos)
            assert {photo["state"] for photo in tablet.item(inspection, HAIR)["photos"]} == {"received"}
        with world.services.database.read() as connection:
            change, photo = table_of(Change), table_of(Photo)
            per_inspection = sa.select(change.c.inspection_id, sa.func.count()).group_by(change.c.inspection_id)
            counts = {key: count for key, count in connection.execute(per_inspection)}  # noqa: C416 (rows are no pairs)
            stored = list(connection.execute(sa.select(photo.c.sha256)).scalars())
        assert counts == {inspection: 1 for inspection, _ in written}
        assert sorted(stored) == sorted(digest for _, photos in written for digest in photos)
        assert verify_stored_photos(world.services.database, world.services.blobs).is_whole
