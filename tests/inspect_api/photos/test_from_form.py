"""A photo that comes with a form of the pages: while it is worked on it lies among the uploads; nothing of it stays."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from inspect_api.auth.principal import Principal
from inspect_api.leftovers import LEFT_SECONDS
from inspect_api.photos import from_form
from inspect_api.photos.from_form import store_form_photo
from inspect_api.problems import Problem
from inspect_api.uploads.finishing import expire_uploads
from inspect_api.uploads.store import ASIDE
from tests import photo_fixtures as photos
from tests.world import World


@pytest.fixture
def sender(world: World) -> Principal:
    return Principal(world.users["wang"], world.organisation_id, "wang", "zh", None, None, {})


@pytest.fixture
def aside(world: World) -> Path:
    return world.services.settings.data_dir / "uploads" / ASIDE


def test_it_is_beside_the_uploads_while_it_is_worked_on_and_then_nowhere(
    world: World, sender: Principal, aside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    store, worked_on = from_form.store_photo, []

    def watched(services: Any, organisation_id: str, sha256: str, source: Path, **more: Any) -> None:
        expire_uploads(services)  # the housekeeping comes by
        worked_on.append((list(aside.iterdir()), list(temporary.iterdir())))
        store(services, organisation_id, sha256, source, **more)

    monkeypatch.setattr(from_form, "store_photo", watched)
    assert store_form_photo(world.services, sender, photos.jpeg()) is not None
    with pytest.raises(Problem):
        store_form_photo(world.services, sender, b"no photo")
    assert [(len(there), elsewhere) for there, elsewhere in worked_on] == [(1, []), (1, [])]
    assert list(aside.iterdir()) == []


def test_what_a_killed_server_left_of_one_goes_after_a_day(world: World, aside: Path) -> None:
    aside.mkdir(parents=True)
    for name, age in (("at work", 60), ("left", LEFT_SECONDS + 60), ("left.full", LEFT_SECONDS + 60)):
        (aside / name).write_bytes(b"a photo with its place")
        os.utime(aside / name, (time.time() - age,) * 2)
    expire_uploads(world.services)
    assert [path.name for path in aside.iterdir()] == ["at work"]
