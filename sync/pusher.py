"""Who pushes, what came in, and whether the one was allowed to make the other."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct

from checklists.periods import corrected
from sync.messages import Change, PushRequest
from sync.refusals import MAX_BODY, Refusal, RefusalCode, refusal_of

_decoder = msgspec.json.Decoder(Change)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class FormerGrant(Struct, frozen=True):
    """The user inspected the site in ``granted_at`` ≤ t < ``revoked_at``, and does not any more."""

    site_id: str
    granted_at: datetime
    revoked_at: datetime


class Pusher(Struct, frozen=True):
    """Who pushes. ``sites``: where the user may inspect. ``formerly``: where they might once."""

    organisation_id: str
    user_id: str
    replica_id: str
    sites: frozenset[str]
    formerly: tuple[FormerGrant, ...] = ()


class Received(Struct, frozen=True):
    """A change as it came in: decoded, with its canonical body and the body's SHA-256."""

    change: Change
    body: str
    digest: str


class Push(Struct, frozen=True):
    """One push as it came in. ``entries``: each change as it was sent, with what it was decoded to, or why it was not.

    ``skew_ms``: server time minus device time, as this push shows it; None where the device did not tell its time.
    """

    pusher: Pusher
    request: PushRequest
    entries: list[tuple[msgspec.Raw, Received | Refusal]]
    skew_ms: int | None

    def received(self) -> list[Received]:
        return [entry for _, entry in self.entries if isinstance(entry, Received)]

    def alone(self, place: int) -> "Push":
        """The same push with one of its changes only."""
        return Push(self.pusher, self.request, [self.entries[place]], self.skew_ms)

    def was_allowed(self, change: Change) -> bool:
        """Whether it was made while the user inspected the site: offline work does not become worthless by a
        revocation that its maker could not know of. What was made later is for an administrator to judge."""
        if not self.pusher.formerly:
            return False
        made_at = self.made_at(change)
        return any(
            former.site_id == change.site_id and former.granted_at <= made_at < former.revoked_at
            for former in self.pusher.formerly
        )

    def made_at(self, change: Change) -> datetime:
        """Corrected by what the tablet measured; where it never did, by the difference that this push shows."""
        offset = change.clock_offset_ms if change.clock_offset_ms is not None else self.skew_ms
        try:
            return corrected(change.captured_at, offset or 0)
        except OverflowError:  # a device at the end of its calendar
            return _FIRST if (offset or 0) < 0 else _LAST


def receive(pusher: Pusher, request: PushRequest, now: datetime) -> Push:
    """Decode each change alone. Needs no database, so it is done before the transaction."""
    skew = (now - request.device_time) // timedelta(milliseconds=1) if request.device_time else None
    return Push(pusher, request, list(zip(request.changes, decode_changes(request.changes), strict=True)), skew)


def decode_changes(raws: Collection[msgspec.Raw]) -> list[Received | Refusal]:
    return [_decode(raw) for raw in raws]


def _decode(raw: msgspec.Raw) -> Received | Refusal:
    if len(raw) > MAX_BODY:
        return Refusal(RefusalCode.CHANGE_TOO_LARGE, "", f"变更超过 {MAX_BODY} 字节 / over {MAX_BODY} bytes")
    try:
        change = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        return refusal_of(error)
    except msgspec.DecodeError as error:
        return Refusal(RefusalCode.MALFORMED, "", f"无法读取 / cannot be read: {error}")
    body = msgspec.json.encode(change, order="deterministic")
    return Received(change, body.decode(), sha256(body).hexdigest())
