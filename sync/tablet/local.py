"""Everything that a tablet holds on its disk, put together."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from sync.tablet.directory import Directory
from sync.tablet.outbox import Outbox
from sync.tablet.photos import PhotoQueue
from sync.tablet.store import Store

WallClock = Callable[[], datetime]
"""The device's wall clock: aware, in the device's zone, and possibly years off."""


class Unsent(Struct, frozen=True):
    """What a tablet still holds: changes and photos, and when the oldest of them was made, by the device's clock."""

    changes: int
    photos: int
    oldest: datetime | None


class LocalData:
    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.directory = Directory(self.store)
        self.outbox = Outbox(self.store)
        self.photos = PhotoQueue(self.store)

    def unsent(self, in_flight: frozenset[str] = frozenset()) -> Unsent:
        """What the server has not confirmed, without the changes ``in_flight``."""
        with self.store.transaction():
            changes = [entry for entry in self.outbox.unsent() if entry.change.id not in in_flight]
            photos = self.photos.waiting()
        since = [entry.since for entry in changes] + [photo.since for photo in photos]
        return Unsent(len(changes), len(photos), min(since, default=None))
