"""What goes over the wire between a tablet and the server. ``docs/sync-protocol.md`` explains each message.

Message classes are not tables. Unknown members of a message are refused; unknown *paths* in ``fields`` are kept, so
that a newer tablet can already write what an older server does not understand yet.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from checklists.ids import UUID_PATTERN
from sync.clock import STAMP_PATTERN
from sync.paths import Instant

Id = Annotated[str, Meta(pattern=UUID_PATTERN)]
Stamp = Annotated[str, Meta(pattern=STAMP_PATTERN)]
Path = Annotated[str, Meta(min_length=1, max_length=200)]
Milliseconds = Annotated[int, Meta(ge=-(10**14), le=10**14)]


class Change(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One or more fields of one inspection, written together on one replica.

    ``captured_at``: the device's wall time, with its zone, of the latest edit in it. ``clock_offset_ms``: server time
    minus device time as last measured. ``fields``: path → value, ``null`` clears. ``supersedes``: path → the stamps of
    the writes that this replica had seen on that path. ``reason``: required once the inspection is submitted.
    """

    id: Id
    inspection_id: Id
    site_id: Id
    stamp: Stamp
    captured_at: Instant
    fields: Annotated[dict[Path, Any], Meta(min_length=1, max_length=1000)]
    clock_offset_ms: Milliseconds | None = None
    supersedes: dict[Path, Annotated[list[Stamp], Meta(max_length=200)]] = {}
    reason: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None


class PushRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """``device_time``: the device's wall clock while sending. ``unsent``: changes and photos it holds besides these.

    Changes are decoded one by one, so that one malformed change refuses itself alone.
    """

    changes: list[msgspec.Raw]
    device_time: Instant | None = None
    unsent: Annotated[int, Meta(ge=0, le=10**9)] = 0
    oldest_unsent_at: Instant | None = None
    app_version: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00]*$")] = ""


class ChangeResult(Struct, frozen=True, omit_defaults=True):
    """``stored``: new and durable. ``duplicate``: stored before with equal content. ``refused``: kept in quarantine.

    ``retry`` on a refusal: the change was fine, the server could not store it now; send it again later.
    """

    id: str | None
    status: Literal["stored", "duplicate", "refused"]
    code: str | None = None
    path: str | None = None
    message: str | None = None
    retry: bool = False


class Counts(Struct, frozen=True):
    """What the server holds of this replica, so that the tablet can reconcile."""

    stored: int
    refused: int


class PushAnswer(Struct, frozen=True):
    """One result for each change, in order, given after the commit."""

    results: list[ChangeResult]
    counts: Counts
    server_time: datetime


class FeedItem(Struct, frozen=True):
    """The newest state of an object; ``body`` null is a tombstone: remove it."""

    scope: str
    kind: str
    id: str
    body: msgspec.Raw | None


class PullAnswer(Struct, frozen=True):
    """``removed_scopes``: take away everything held of these scopes. ``more``: ask again at once with ``cursor``."""

    rows: list[FeedItem]
    removed_scopes: list[str]
    cursor: str
    more: bool
    server_time: datetime


class LiveWrite(Struct, frozen=True, omit_defaults=True):
    """The fields that one change wrote and no known change superseded."""

    stamp: str
    author: str
    fields: dict[str, Any]
    reason: str | None = None


class InspectionView(Struct, frozen=True, omit_defaults=True):
    """An inspection as its changes make it. A path in several ``writes`` with different values is a conflict.

    ``score``: points as displayed, once complete. ``missing_photos``: SHA-256 of declared photos that have not arrived.
    ``unanswered``: required items without a response. ``not_understood``: paths whose values do not fit the template.
    """

    state: str
    writes: list[LiveWrite]
    score: str | None = None
    conflicts: list[str] = []
    missing_photos: list[str] = []
    unanswered: list[str] = []
    not_understood: list[str] = []
    clock_skewed: bool = False
