"""What push and projection read from the database, in few statements, and the rows that a projection writes."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from checklists.tables import Employee, Evidence, Finding, Inspection, Photo, Site, TemplateRevision, Workspace
from checklists.tables.columns import table_of
from sync import feed
from sync.merge import Live, merge, value_of
from sync.messages import Change as ChangeMessage
from sync.paths import TEMPLATE_REVISION
from sync.projection import Projection, StoredChange, declared_photos, project
from sync.revisions import LoadedRevision, load_revision
from sync.statements import among, insert, upsert
from sync.tables import Change

_change = table_of(Change)
_inspection = table_of(Inspection)
_finding = table_of(Finding)
_evidence = table_of(Evidence)
_photo = table_of(Photo)
_site = table_of(Site)
_employee = table_of(Employee)
_workspace = table_of(Workspace)
_revision = table_of(TemplateRevision)

_CHANGES_BY_ID = sa.select(
    _change.c.id, _change.c.organisation_id, _change.c.inspection_id, _change.c.site_id, _change.c.digest
).where(among(_change.c.id, "ids"))
_CHANGES_OF_INSPECTIONS = sa.select(_change.c.body, _change.c.author_id, _change.c.skew_ms).where(
    among(_change.c.inspection_id, "ids")
)
_INSPECTIONS = sa.select(
    _inspection.c.id, _inspection.c.organisation_id, _inspection.c.site_id, _inspection.c.template_revision_id
).where(among(_inspection.c.id, "ids"))
_SITES = sa.select(_site.c.id, _site.c.zone).where(among(_site.c.id, "ids"))
_EMPLOYEES = sa.select(_employee.c.id, _employee.c.organisation_id, _employee.c.site_id).where(
    among(_employee.c.id, "ids")
)
_WORKSPACES = sa.select(_workspace.c.id, _workspace.c.organisation_id, _workspace.c.site_id).where(
    among(_workspace.c.id, "ids")
)
_REVISIONS = sa.select(
    _revision.c.id,
    _revision.c.organisation_id,
    _revision.c.state,
    _revision.c.sha256,
    _revision.c.retired_at,
).where(among(_revision.c.id, "ids"))
_BODIES = sa.select(_revision.c.id, _revision.c.body).where(among(_revision.c.id, "ids"))
_PHOTOS = sa.select(_photo.c.sha256).where(
    _photo.c.organisation_id == sa.bindparam("organisation_id"), among(_photo.c.sha256, "ids")
)
_DECLARING = sa.select(_evidence.c.inspection_id).where(
    _evidence.c.organisation_id == sa.bindparam("organisation_id"), _evidence.c.sha256 == sa.bindparam("sha256")
)

_decoder = msgspec.json.Decoder(ChangeMessage)
_MOST_LOADED = 256
_loaded: dict[tuple[str, str], LoadedRevision] = {}
"""By id and SHA-256 of the body."""


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def by_id(connection: sa.Connection, statement: sa.Select[Any], ids: Iterable[str]) -> dict[str, Any]:
    """The rows of one of the statements above, by their id."""
    wanted = sorted(set(ids))
    return {row.id: row for row in connection.execute(statement, {"ids": wanted})} if wanted else {}


def sites(connection: sa.Connection, ids: Iterable[str]) -> dict[str, ZoneInfo]:
    """Site id → its zone."""
    return {key: zone(row.zone) for key, row in by_id(connection, _SITES, ids).items()}


def employees(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Any]:
    return by_id(connection, _EMPLOYEES, ids)


def workspaces(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Any]:
    return by_id(connection, _WORKSPACES, ids)


class Revision(Struct, frozen=True):
    """A template revision as the database has it, ready for use."""

    organisation_id: str
    state: str
    retired_at: datetime | None
    loaded: LoadedRevision


def revisions(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Revision]:
    """The bodies, each of some 100 kB, are read once in the life of the process."""
    rows = by_id(connection, _REVISIONS, ids)
    ready = {row.id: loaded for row in rows.values() if (loaded := _loaded.get((row.id, row.sha256))) is not None}
    unread = [key for key in rows if key not in ready]
    for key, body in connection.execute(_BODIES, {"ids": unread}) if unread else ():
        if len(_loaded) >= _MOST_LOADED:
            _loaded.clear()
        ready[key] = _loaded[key, rows[key].sha256] = load_revision(key, body)
    return {key: Revision(row.organisation_id, row.state, row.retired_at, ready[key]) for key, row in rows.items()}


def inspections(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Any]:
    return by_id(connection, _INSPECTIONS, ids)


def known_changes(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Any]:
    """Without their bodies: what tells a replay from a reused id."""
    return by_id(connection, _CHANGES_BY_ID, ids)


def lock(connection: sa.Connection, *, photos: Collection[str] = (), inspections: Collection[str] = ()) -> None:
    """One writer at a time for each of these photos (SHA-256) and inspections (ids), also where there is no row yet.

    Without it two pushes could each project an inspection without the other's change, or a push and an upload each
    miss the other. Photos before inspections, each in order, so that nobody waits in a circle. SQLite has one writer.
    """
    if connection.dialect.name != "postgresql":
        return
    for names in filter(None, (photos, inspections)):
        keys = sa.func.unnest(sa.cast(sorted(names), sa.ARRAY(sa.Text))).column_valued("key")
        ordered = sa.select(keys).order_by(keys).subquery()
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(ordered.c.key, 0))))


def stored_changes(connection: sa.Connection, inspection_ids: Collection[str]) -> dict[str, list[StoredChange]]:
    """Inspection id → the changes that are stored of it."""
    found: dict[str, list[StoredChange]] = {}
    if inspection_ids:
        for body, author_id, skew_ms in connection.execute(_CHANGES_OF_INSPECTIONS, {"ids": sorted(inspection_ids)}):
            change = _decoder.decode(body)
            found.setdefault(change.inspection_id, []).append(StoredChange(change, author_id, skew_ms))
    return found


def arrived_photos(connection: sa.Connection, organisation_id: str, hashes: Collection[str]) -> frozenset[str]:
    """Which of the SHA-256 are stored."""
    if not hashes:
        return frozenset()
    rows = connection.execute(_PHOTOS, {"organisation_id": organisation_id, "ids": sorted(hashes)})
    return frozenset(rows.scalars())


def declaring_inspections(connection: sa.Connection, organisation_id: str, digest: str) -> list[str]:
    """The inspections that declare this photo."""
    rows = connection.execute(_DECLARING, {"organisation_id": organisation_id, "sha256": digest})
    return sorted(rows.scalars())


def pinned_revision(live: Live, known: dict[str, Revision], organisation_id: str) -> LoadedRevision | None:
    """``known``: of ``revisions``. Another organisation's revision is none."""
    revision = known.get(value_of(live, TEMPLATE_REVISION) or "")
    return revision.loaded if revision is not None and revision.organisation_id == organisation_id else None


class Known(Struct, frozen=True):
    """What a caller has read already: ``zones`` of ``sites``, rows of ``revisions``.

    ``fresh``: the inspections that have no rows yet.
    """

    zones: dict[str, ZoneInfo]
    revisions: dict[str, Revision]
    fresh: frozenset[str] = frozenset()


def reproject(
    connection: sa.Connection,
    organisation_id: str,
    site_of: dict[str, str],
    changes: dict[str, list[StoredChange]],
    now: datetime,
    known: Known | None = None,
) -> list[feed.Entry]:
    """Make the rows of these inspections anew from all of their changes; what comes back belongs into the feed.

    ``site_of``: inspection id → site id. ``changes``: inspection id → every change of it. Hold their locks.
    ``known``: what the changes need, if it is read already.
    """
    merged = {key: merge(entry.change for entry in entries) for key, entries in changes.items()}
    if known is None:
        pinned = {value_of(live, TEMPLATE_REVISION) for live in merged.values()} - {None}
        known = Known(sites(connection, site_of.values()), revisions(connection, pinned))
    zones, rows = known.zones, known.revisions
    declared = {key: declared_photos(live) for key, live in merged.items()}
    arrived = arrived_photos(connection, organisation_id, {digest for photos in declared.values() for digest in photos})
    projections = {}
    for key, live in merged.items():
        revision = pinned_revision(live, rows, organisation_id)
        projections[key] = project(changes[key], live, revision, zones[site_of[key]], arrived)
    _write(connection, organisation_id, site_of, projections, known.fresh, now)
    return [
        feed.Entry(site_of[key], feed.INSPECTION, key, msgspec.json.encode(projection.view).decode())
        for key, projection in projections.items()
    ]


def _write(
    connection: sa.Connection,
    organisation_id: str,
    site_of: dict[str, str],
    projections: dict[str, Projection],
    fresh: frozenset[str],
    now: datetime,
) -> None:
    rows = {key: _inspection_row(organisation_id, site_of[key], key, made, now) for key, made in projections.items()}
    # Nearly all are fresh; to look for what they would replace costs as much again as to write them.
    insert(connection, _inspection, [row for key, row in rows.items() if key in fresh])
    again = [key for key in rows if key not in fresh]
    if again:
        upsert(connection, _inspection, [rows[key] for key in again])
        connection.execute(_finding.delete().where(_finding.c.inspection_id.in_(again)))
        connection.execute(_evidence.delete().where(_evidence.c.inspection_id.in_(again)))
    insert(
        connection,
        _finding,
        [
            {
                "inspection_id": key,
                "item_key": finding.item_key,
                "organisation_id": organisation_id,
                "value": finding.value,
                "note": finding.note,
                "critical": finding.critical,
            }
            for key, made in projections.items()
            for finding in made.findings
        ],
    )
    insert(
        connection,
        _evidence,
        [
            {
                "inspection_id": key,
                "sha256": evidence.sha256,
                "organisation_id": organisation_id,
                "item_key": evidence.item_key,
                "taken_at": evidence.taken_at,
            }
            for key, made in projections.items()
            for evidence in made.evidence
        ],
    )


def _inspection_row(organisation_id: str, site_id: str, key: str, made: Projection, now: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "organisation_id": organisation_id,
        "site_id": site_id,
        "state": made.state.value,
        "revision": made.revision,
        "supervisor_id": made.supervisor_id,
        "template_revision_id": made.template_revision_id,
        "dimension": made.dimension,
        "employee_id": made.employee_id,
        "workspace_id": made.workspace_id,
        "captured_at": made.captured_at,
        "week": str(made.week) if made.week else None,
        "score": made.score,
        "uncapped": made.uncapped,
        "red_flags": " ".join(made.red_flags),
        "unanswered": " ".join(made.unanswered),
        "missing_photos": len(made.missing_photos),
        "conflicts": len(made.view.conflicts),
        "low_coverage": made.low_coverage,
        "clock_skewed": made.clock_skewed,
        "updated_at": now,
    }
