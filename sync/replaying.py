"""After an upgrade: inspections whose changes hold what the server before it did not understand are made anew.

An upgrade that understands more (a path, a kind of value) has a greater ``projection.VERSION``. Every transaction here
takes the next few inspections and notes how far it came: a crash costs nothing, and a second process finds the row
taken. What comes out as it was is not written, so no tablet pulls it again and no scorecard is looked at again.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.tables import Inspection
from checklists.tables.columns import table_of
from sync import feed, store
from sync.merge import merge, value_of
from sync.paths import TEMPLATE_REVISION
from sync.projection import VERSION, Projection, StoredChange, declared_photos, project
from sync.tables import FeedRow, ProjectionReplay

AT_ONCE = 100
"""Inspections of one transaction: nobody's push waits behind more than that."""

_inspection, _feed_row, _replay = table_of(Inspection), table_of(FeedRow), table_of(ProjectionReplay)
_BEHIND = sa.or_(_replay.c.version < VERSION, (_replay.c.version == VERSION) & _replay.c.reached.is_not(None))


def is_due(connection: sa.Connection) -> bool:
    """Whether there are inspections that a server with less understanding may have made."""
    return connection.execute(sa.select(_replay.c.id).where(_BEHIND)).first() is not None


def replay_some(connection: sa.Connection, now: datetime, most: int = AT_ONCE) -> bool:
    """Make the next ``most`` inspections anew, as a transaction of its own; False when none is left, or another process
    is at it."""
    row = connection.execute(sa.select(_replay).where(_BEHIND).with_for_update(skip_locked=True)).first()
    if row is None:
        return False
    reached = row.reached if row.version == VERSION and row.reached else ""
    following = sa.select(_inspection.c.id).where(_inspection.c.id > reached).order_by(_inspection.c.id).limit(most)
    ids = list(connection.execute(following).scalars())
    _note(connection, ids[-1] if ids else None)
    if ids:
        feed.publish(connection, _remake(connection, ids, now))
    return bool(ids)


def _note(connection: sa.Connection, reached: str | None) -> None:
    connection.execute(_replay.update().values(version=VERSION, reached=reached))


def _remake(connection: sa.Connection, ids: list[str], now: datetime) -> list[feed.Entry]:
    store.lock(connection, inspections=ids)
    rows = {row.id: row for row in connection.execute(sa.select(_inspection).where(_inspection.c.id.in_(ids)))}
    changes = store.stored_changes(connection, rows.keys())
    changed: dict[str, list[str]] = defaultdict(list)
    views = _views(connection, {row.site_id for row in rows.values()}, ids)
    for key in sorted(rows.keys() & changes.keys()):  # one that retention has just taken away stays away
        made = _project(connection, rows[key], changes[key])
        if not _is_same(rows[key], views.get(key), made):
            changed[rows[key].organisation_id].append(key)
    entries: list[feed.Entry] = []
    for organisation_id, keys in sorted(changed.items()):
        sites = {key: rows[key].site_id for key in keys}
        entries += store.reproject(connection, organisation_id, sites, {key: changes[key] for key in keys}, now)
    return entries


def _views(connection: sa.Connection, site_ids: Collection[str], ids: list[str]) -> dict[str, str | None]:
    statement = sa.select(_feed_row.c.object_id, _feed_row.c.body).where(
        _feed_row.c.scope_id.in_(sorted(site_ids)),  # the primary key begins with it
        _feed_row.c.kind == feed.INSPECTION,
        _feed_row.c.object_id.in_(ids),
    )
    return {row.object_id: row.body for row in connection.execute(statement)}


def _project(connection: sa.Connection, row: Any, stored: list[StoredChange]) -> Projection:
    live = merge(entry.change for entry in stored)
    revisions = store.revisions(connection, {value_of(live, TEMPLATE_REVISION)} - {None})
    revision = store.pinned_revision(live, revisions, row.organisation_id)
    zone = store.sites(connection, [row.site_id])[row.site_id]
    arrived = store.arrived_photos(connection, row.organisation_id, declared_photos(live).keys())
    return project(stored, live, revision, zone, arrived)


def _is_same(row: Any, view: str | None, made: Projection) -> bool:
    """``view``: as the feed has it; it says nothing of the exact score, the week and what caps it."""
    week, flags = str(made.week) if made.week else None, " ".join(made.red_flags)
    kept = (row.week, row.score, row.uncapped, row.red_flags, row.low_coverage)
    if view is None or kept != (week, made.score, made.uncapped, flags, made.low_coverage):
        return False
    # A view that was made as its change came in has the members in the tablet's order.
    return _sorted(msgspec.json.decode(view)) == _sorted(made.view)


def _sorted(view: Any) -> bytes:
    return msgspec.json.encode(view, order="sorted")
