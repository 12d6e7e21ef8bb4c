"""What the service is made of; ``app.create_app`` and the command line build it once, tests build it with their own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inspect_api.blobs import BlobStore
from inspect_api.database import Database
from inspect_api.mail.mailer import Mailer
from inspect_api.settings import Settings
from inspect_api.together import Together
from sync.messages import PushAnswer
from sync.push import push, push_together
from sync.pusher import Push

_CHANGES_TOGETHER = 200
"""A tenth of a second's work or so: nobody waits behind much more. Each change also takes a place or a few in the table
of locks of PostgreSQL, which has about 6,400 unless it is told otherwise."""

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    settings: Settings
    database: Database
    clock: Clock
    blobs: BlobStore
    mailer: Mailer
    pushes: Together[Push, PushAnswer] = field(init=False)

    def __post_init__(self) -> None:
        together: Together[Push, PushAnswer] = Together(
            self.database,
            lambda connection, pushes: push_together(connection, pushes, self.clock()),
            lambda connection, one: push(connection, one, self.clock()),
            size=lambda one: len(one.entries),
            enough=_CHANGES_TOGETHER,
            # SQLite has one writer. On PostgreSQL a second group need not wait while the first one waits for a lock.
            leaders=1 if self.database.is_sqlite else 2,
        )
        object.__setattr__(self, "pushes", together)
