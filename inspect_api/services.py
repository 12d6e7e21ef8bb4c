"""What the service is made of; ``app.create_app`` and the command line build it once, tests build it with their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from inspect_api.blobs import BlobStore
from inspect_api.database import Database
from inspect_api.mail.mailer import Mailer
from inspect_api.settings import Settings

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
