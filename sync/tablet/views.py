"""An inspection as this tablet knows it: what the server showed, and what is still on its way there.

State, score and what is missing come from the very projection that the server uses.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from checklists.responses import Response, missing_requirements
from sync import feed, paths
from sync.merge import Live, merge, value_of
from sync.messages import Change, InspectionView
from sync.projection import Projection, StoredChange, declared_photos, project
from sync.revisions import LoadedRevision
from sync.tablet.directory import Directory
from sync.tablet.local import LocalData
from sync.tablet.outbox import REFUSED, SHOWN, Entry

RESPONSE = "response"
_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # views do not say when a write was made, and no score needs it


class Version(Struct, frozen=True):
    """One of the values that stand on a path until somebody decides. ``author``: user id."""

    value: Any
    author: str
    stamp: str


class Owed(Struct, frozen=True):
    """What an item still needs before submission. ``what``: response, photo or note."""

    item_key: str
    what: str


class LocalView(Struct, frozen=True):
    """``view``: merged; its ``score`` is this tablet's own. ``server``: as last pulled, None before that.

    ``owed``: what is missing before submission. ``unsent``: changes that the server has not acknowledged; ``refused``:
    those that it refused, with code and message: nothing of theirs counts in ``view``.
    """

    inspection_id: str
    site_id: str
    view: InspectionView
    server: InspectionView | None
    live: Live
    versions: dict[str, tuple[Version, ...]]
    owed: tuple[Owed, ...]
    unsent: int
    refused: tuple[Entry, ...]

    @property
    def submitted(self) -> bool:
        return value_of(self.live, paths.SUBMITTED) is True

    def value(self, path: str) -> Any:
        """The value that counts, or None."""
        return value_of(self.live, path)

    def response(self, item_key: str) -> Any:
        return self.value(paths.RESPONSES + item_key)

    def seen(self, path: str) -> list[str]:
        """The stamps that a write of this path supersedes."""
        return sorted({write.stamp for write in self.live.get(path, ())})


def local_view(local: LocalData, user_id: str, inspection_id: str) -> LocalView | None:
    """None when this tablet knows no such inspection. ``user_id``: whose tablet it is."""
    directory = local.directory
    pulled = directory.view(inspection_id)
    entries = local.outbox.of(inspection_id)
    if pulled is None and not entries:
        return None
    server = pulled[1] if pulled else None
    site_id = pulled[0] if pulled else entries[0].change.site_id
    stored = _stored(inspection_id, site_id, server, entries, user_id)
    live = merge(entry.change for entry in stored)
    revision = directory.revision(value_of(live, paths.TEMPLATE_REVISION))
    arrived = _arrived(live, server, local.photos.stored())
    made = project(stored, live, revision, _zone(directory, site_id), arrived)
    view = made.view
    if server is not None and server.clock_skewed:
        view = msgspec.structs.replace(view, clock_skewed=True)
    authors = {entry.change.id: entry.author_id for entry in stored}
    return LocalView(
        inspection_id=inspection_id,
        site_id=site_id,
        view=view,
        server=server,
        live=live,
        versions={
            path: tuple(Version(write.value, authors[write.change_id], write.stamp) for write in writes)
            for path, writes in live.items()
        },
        owed=_owed(live, revision, made),
        unsent=sum(entry.state in ("open", "in_flight") for entry in entries),
        refused=tuple(entry for entry in entries if entry.state == REFUSED),
    )


def _stored(
    inspection_id: str, site_id: str, server: InspectionView | None, entries: list[Entry], user_id: str
) -> list[StoredChange]:
    """The server's live writes and the own changes that they do not show yet."""
    writes = server.writes if server else []
    shown = {write.stamp for write in writes}
    changes = as_changes(inspection_id, site_id, server) if server else []
    pulled = [StoredChange(change, write.author) for change, write in zip(changes, writes, strict=True)]
    # An own change whose stamp is among the server's live writes has been merged there; here it would bring back what
    # others have superseded since.
    own = [
        StoredChange(entry.change, user_id)
        for entry in entries
        if entry.state not in (REFUSED, SHOWN) and entry.change.stamp not in shown
    ]
    return pulled + own


def as_changes(inspection_id: str, site_id: str, view: InspectionView) -> list[Change]:
    """The live writes of a view in the shape that merging takes; their places stand for ids, which views do not carry.

    What they have superseded is not in a view either, so they need to supersede nothing.
    """
    return [
        Change(
            id=str(place),
            inspection_id=inspection_id,
            site_id=site_id,
            stamp=write.stamp,
            captured_at=_UNKNOWN_TIME,
            fields=write.fields,
            reason=write.reason,
        )
        for place, write in enumerate(view.writes)
    ]


def _arrived(live: Live, server: InspectionView | None, stored_here: frozenset[str]) -> frozenset[str]:
    """The photos that are on the server, as far as this tablet can know."""
    if server is None:
        return stored_here
    named = {path for write in server.writes for path in write.fields if path.startswith(paths.EVIDENCE)}
    known = {path.removeprefix(paths.EVIDENCE) for path in named} - set(server.missing_photos)
    return stored_here | (known & declared_photos(live).keys())


def _zone(directory: Directory, site_id: str) -> ZoneInfo:
    site = directory.body(feed.SITE, site_id)
    return ZoneInfo(site["zone"] if site else "UTC")


def _owed(live: Live, revision: LoadedRevision | None, made: Projection) -> tuple[Owed, ...]:
    if revision is None:
        return ()
    photos: dict[str, int] = {}
    for declared in declared_photos(live).values():
        if isinstance(declared, dict) and isinstance(declared.get("item"), str):
            photos[declared["item"]] = photos.get(declared["item"], 0) + 1
    owed = [Owed(key, RESPONSE) for key in made.unanswered]
    for path, writes in live.items():
        item = revision.items.get(path.removeprefix(paths.RESPONSES)) if path.startswith(paths.RESPONSES) else None
        if item is None or writes[0].value is None or path in made.view.not_understood:
            continue
        response = msgspec.convert(writes[0].value, Response)
        owed += [Owed(item.key, str(what)) for what in missing_requirements(item, response, photos.get(item.key, 0))]
    return tuple(owed)
