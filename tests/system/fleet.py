"""Supervisors at work: each has a tablet, inspects and syncs, and remembers what their tablet has promised to keep."""

import random
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol

import httpx
import sqlalchemy as sa

from checklists.tables import Inspection, Photo
from checklists.tables.columns import table_of
from inspect_api.photos.verify import verify_stored_photos
from sync.tables import Change, Replica, Upload
from sync.tablet.connection import Connection
from sync.tablet.tablet import SyncReport, Tablet
from tests.photo_fixtures import jpeg
from tests.worked_numbers import CHECK_C, GROOMING
from tests.world import PASSWORD, World

ZONE = timezone(timedelta(hours=8))
ANSWERS = ("pass", "fail")


def device_time() -> datetime:
    return datetime.now(ZONE)


@dataclass
class Written:
    """What one inspection must hold in the end."""

    responses: dict[str, str] = field(default_factory=dict)
    photos: set[str] = field(default_factory=set)


class WatchedConnection(Connection):
    """``busy``: a request is on its way or being answered."""

    busy = False

    def request(self, *arguments: Any, **named: Any) -> httpx.Response:
        self.busy = True
        try:
            return super().request(*arguments, **named)
        finally:
            self.busy = False


class Supervisor:
    """``url``: of the server, or of the line to it."""

    def __init__(self, folder: Path, world: World, login: str, url: str, seed: int) -> None:
        self.login = login
        self._world = world
        self._random = random.Random(seed)
        self.connection = WatchedConnection(url, httpx.Client(timeout=httpx.Timeout(10, connect=5)))
        self.tablet = Tablet(folder, device_time)
        self.written: dict[str, Written] = {}
        self.problems: list[str] = []
        self.totals = SyncReport()

    def inspect(self, photo: bytes | None = None) -> str:
        """One whole inspection with random answers."""
        employee = self._world.employees[self._random.choice(("lobby-1", "lobby-2"))]
        inspection = self.tablet.begin(self._world.templates[GROOMING.key], employee_id=employee)
        written = self.written[inspection] = Written()
        for key, response in CHECK_C.responses.items():
            value = self._random.choice(ANSWERS) if response.value == "pass" else str(response.value)
            self.tablet.respond(inspection, key, value)
            written.responses[key] = value
        if photo is not None:
            written.photos.add(self.tablet.attach_photo(inspection, "worked_grooming.hair", photo))
        assert self.tablet.submit(inspection) == ()
        return inspection

    def sync(self) -> SyncReport:
        report = self.tablet.sync(self.connection, push_batch=4, pull_limit=20)
        if report.problem is not None:
            self.problems.append(report.problem)
        for name in ("stored", "duplicate", "refused", "photos", "photos_refused"):
            setattr(self.totals, name, getattr(self.totals, name) + getattr(report, name))
        return report

    def log_in(self) -> None:
        self.tablet.log_in(self.connection, self.login, PASSWORD, f"tablet of {self.login}")

    def work(self, over: threading.Event, at_least: int) -> None:
        """Inspect and sync until ``over``, whatever the line does."""
        number = 0
        while not over.is_set() or number < at_least:
            photo = jpeg(1200, 900, seed=self._random.randrange(10**9)) if number % 3 == 0 else None
            self.inspect(photo)
            number += 1
            while self.sync().problem is not None and not over.is_set():
                time.sleep(0.1)

    def finish(self, seconds: float = 60) -> None:
        """Sync until nothing is left, as a tablet does by its back-off, only faster."""
        deadline = time.monotonic() + seconds
        while not (report := self.sync()).complete:
            assert time.monotonic() < deadline, f"{self.login} does not get done: {report}"
            time.sleep(0.05)
        assert report.refused_changes == 0, self.tablet.refused()
        assert self.tablet.refused_photos() == []

    def close(self) -> None:
        self.tablet.close()
        self.connection.close()


class Hire(Protocol):
    """Gives supervisors who lay their tablets down when the test ends."""

    def __call__(self, folder: Path, world: World, login: str, url: str, seed: int) -> Supervisor: ...


def check_against_server(world: World, supervisors: Iterable[Supervisor], fresh: Tablet) -> None:
    """Everything that was promised is there, once, and nothing else is. ``fresh``: a new replica that has pulled."""
    supervisors = list(supervisors)
    written = {key: value for supervisor in supervisors for key, value in supervisor.written.items()}
    assert fresh.inspections() == sorted(written)
    for key, expected in written.items():
        view = fresh.view(key)
        assert view.server is not None
        assert view.server.conflicts == []
        held = {name: view.response(name)["value"] for name in expected.responses}
        assert held == expected.responses
        assert view.server.missing_photos == []
        assert view.server.state == "complete"
        assert view.server.score == view.view.score
    _check_database(world, written, supervisors)


def _check_database(world: World, written: dict[str, Written], supervisors: list[Supervisor]) -> None:
    change, inspection, replica = table_of(Change), table_of(Inspection), table_of(Replica)
    photo, upload = table_of(Photo), table_of(Upload)
    services = world.services
    with services.database.read() as connection:

        def column(statement: Any) -> list[Any]:
            return list(connection.execute(statement).scalars())

        stamps = column(sa.select(change.c.stamp))
        inspections = column(sa.select(inspection.c.id))
        counts = connection.execute(sa.select(replica.c.id, replica.c.changes_stored))
        stored = {key: count for key, count in counts}  # noqa: C416 (a row is a pair by its shape only)
        unsent = column(sa.select(replica.c.unsent))
        photos = column(sa.select(photo.c.sha256))
        open_uploads = column(
            sa.select(upload.c.sha256).where(upload.c.state != "stored", upload.c.sha256.not_in(photos))
        )
    assert len(set(stamps)) == len(stamps)  # a change that was stored twice would bring its stamp twice
    assert sorted(inspections) == sorted(written)
    for supervisor in supervisors:
        assert stored[supervisor.tablet.replica_id] == supervisor.totals.stored + supervisor.totals.duplicate
    assert sum(stored.values()) == len(stamps)
    assert set(unsent) == {0}
    assert sorted(photos) == sorted({digest for expected in written.values() for digest in expected.photos})
    assert open_uploads == []
    report = verify_stored_photos(services.database, services.blobs)
    assert report.is_whole
    assert report.photos == len(photos)
