"""Deletion by rule (DESIGN §7): photos after 90 days, inspections and scores after 24 months, logs after 3 years.

Evidence under dispute is never deleted, nor what open work rests on; see ``holds``.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from checklists.periods import week_of
from checklists.tables import (
    Audit,
    CorrectiveAction,
    DeletionState,
    Dispute,
    Evidence,
    Inspection,
    Organisation,
    Photo,
    Scorecard,
    Site,
    table_of,
)
from inspect_api.administration import audit
from inspect_api.photos.intake import delete_photo_blobs
from inspect_api.privacy import deletions, holds
from inspect_api.privacy.deletions import LOG, PHOTO, WEEK, Claimed
from inspect_api.privacy.removing import delete_logs, delete_week, inspections_of
from inspect_api.services import Services
from inspect_api.settings import Settings
from sync.store import lock

DAYS_OF_A_MONTH = 365.25 / 12
PLANNED_AT_ONCE = 500

_action, _dispute, _evidence, _inspection, _photo = (
    table_of(model) for model in (CorrectiveAction, Dispute, Evidence, Inspection, Photo)
)
_organisation, _scorecard, _site = (table_of(model) for model in (Organisation, Scorecard, Site))
_log = logging.getLogger(__name__)


def oldest_score(settings: Settings, now: datetime) -> datetime:
    return now - timedelta(days=settings.score_months * DAYS_OF_A_MONTH)


def plan_retention(services: Services) -> None:
    """Find what is past its time. Safe in many processes at once."""
    now = services.clock()
    with services.database.read() as connection:
        found = [
            *_photos(connection, services.settings, now),
            *_weeks(connection, services.settings, now),
            *_logs(connection, services.settings, now),
        ]
    if found:
        with services.database.write() as connection:
            deletions.plan(connection, found, now)


def delete_due(services: Services, owner: str, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Do what is planned, one after the other; gives how many are done. What fails is tried again later."""
    done = 0
    while keep_going():
        now = services.clock()
        claimed = deletions.claim(services.database, now, owner, services.settings.lease_seconds)
        if claimed is None:
            break
        try:
            done += _delete(services, claimed, now)
        except Exception as error:  # one that fails must not keep the others waiting
            _log.exception("%s %s could not be deleted", claimed.kind, claimed.object_id)
            deletions.put_off(services.database, claimed, now, f"{type(error).__name__}: {error}")
    return done


def _delete(services: Services, claimed: Claimed, now: datetime) -> int:
    if claimed.kind == PHOTO:
        return _delete_photo(services, claimed, now)
    with services.database.write() as connection:
        if not deletions.still_ours(connection, claimed):
            return 0
        deletions.finish(connection, claimed)
        if claimed.kind == WEEK:
            return _delete_week(connection, services.settings, claimed, now)
        return delete_logs(connection, claimed.organisation_id, datetime.fromisoformat(claimed.object_id), now)


def _delete_week(connection: sa.Connection, settings: Settings, claimed: Claimed, now: datetime) -> int:
    """What arrives meanwhile waits at the locks or is not among the ids: either way it is not deleted unseen."""
    site_id, _, week = claimed.object_id.partition(" ")
    ids = inspections_of(connection, site_id, week)
    lock(connection, inspections=ids)
    held = holds.holds_week(site_id, week, now, settings.dispute_days, oldest_score(settings, now))
    if connection.execute(sa.select(held)).scalar():
        return 0
    return delete_week(connection, claimed.organisation_id, (site_id, week), ids, now)


def _delete_photo(services: Services, claimed: Claimed, now: datetime) -> int:
    """First nobody sees it any more; then, unless a dispute was opened at that very moment, its bytes go."""
    organisation_id, sha256 = claimed.organisation_id, claimed.object_id
    mine = (_photo.c.organisation_id == organisation_id, _photo.c.sha256 == sha256)
    held = sa.select(holds.holds_photo(organisation_id, sha256, now, services.settings.dispute_days))
    if claimed.state == DeletionState.PLANNED:
        with services.database.write() as connection:
            lock(connection, photos=[sha256])
            if not deletions.still_ours(connection, claimed):
                return 0
            if connection.execute(held).scalar():
                deletions.finish(connection, claimed)
                return 0
            marked = _photo.update().where(*mine, _photo.c.deleted_at.is_(None)).values(deleted_at=now)
            if not connection.execute(marked).rowcount:  # planned by two, and the other one has done it
                deletions.finish(connection, claimed)
                return 0
            deletions.mark(connection, claimed)
    with services.database.write() as connection:
        if not deletions.still_ours(connection, claimed):
            return 0
        if connection.execute(held).scalar():
            connection.execute(_photo.update().where(*mine).values(deleted_at=None))
            deletions.finish(connection, claimed)
            return 0
    delete_photo_blobs(services.blobs, organisation_id, sha256)
    with services.database.write() as connection:
        if deletions.still_ours(connection, claimed):
            deletions.finish(connection, claimed)
            audit.record(connection, organisation_id, None, "photo.delete", ("photo", sha256), now)
    return 1


def _photos(connection: sa.Connection, settings: Settings, now: datetime) -> Iterator[tuple[str, str, str]]:
    """A photo that nothing declares may be waiting for its tablet: it stays as long as a score would."""
    same = _photo.c.organisation_id
    declared = sa.or_(
        sa.exists().where(_evidence.c.organisation_id == same, _evidence.c.sha256 == _photo.c.sha256),
        sa.exists().where(_dispute.c.organisation_id == same, _dispute.c.photo == _photo.c.sha256),
        sa.exists().where(_action.c.organisation_id == same, _action.c.fix_photo == _photo.c.sha256),
    )
    old = _photo.c.stored_at < now - timedelta(days=settings.photo_days)
    rows = connection.execute(
        sa.select(_photo.c.organisation_id, _photo.c.sha256)
        .where(_photo.c.deleted_at.is_(None), old, declared | (_photo.c.stored_at < oldest_score(settings, now)))
        .order_by(_photo.c.stored_at)
    )
    found = 0
    for row in rows:
        held = holds.holds_photo(row.organisation_id, row.sha256, now, settings.dispute_days)
        if not connection.execute(sa.select(held)).scalar():
            yield row.organisation_id, PHOTO, row.sha256
            found += 1
        if found == PLANNED_AT_ONCE:
            return


def _weeks(connection: sa.Connection, settings: Settings, now: datetime) -> Iterator[tuple[str, str, str]]:
    """The weeks that ended before the oldest score that is kept, on the site's own clock."""
    sites = connection.execute(sa.select(_site.c.id, _site.c.organisation_id, _site.c.zone)).all()
    for site in sites:
        kept = str(week_of(oldest_score(settings, now), ZoneInfo(site.zone)))
        weeks = sa.union(
            *(
                sa.select(table.c.week).where(table.c.site_id == site.id, table.c.week < kept)
                for table in (_inspection, _scorecard)
            )
        )
        for week in connection.execute(weeks).scalars().all():
            held = holds.holds_week(site.id, week, now, settings.dispute_days, oldest_score(settings, now))
            if not connection.execute(sa.select(held)).scalar():
                yield site.organisation_id, WEEK, f"{site.id} {week}"


def _logs(connection: sa.Connection, settings: Settings, now: datetime) -> Iterator[tuple[str, str, str]]:
    """Once a day, up to midnight (UTC) of that day so many years ago."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    before = midnight - timedelta(days=settings.log_years * 365.25 // 1)
    for row in connection.execute(sa.select(_organisation.c.id)).all():
        if _has_logs(connection, row.id, before):
            yield row.id, LOG, before.isoformat()


def _has_logs(connection: sa.Connection, organisation_id: str, before: datetime) -> bool:
    table = table_of(Audit)
    old = (table.c.organisation_id == organisation_id, table.c.at < before)
    return connection.execute(sa.select(table.c.id).where(*old).limit(1)).first() is not None
