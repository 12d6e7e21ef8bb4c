"""A photo arrived: the inspections that wait for it may be complete now."""

from datetime import datetime

import sqlalchemy as sa

from sync import feed, store


def photo_arrived(connection: sa.Connection, organisation_id: str, sha256: str, now: datetime) -> int:
    """Make every inspection that declares the photo anew, in the transaction that stored its row; gives how many.

    Call it after the row is written and as the last thing before the commit: it publishes to the feed.
    """
    store.lock(connection, photos=[sha256])
    ids = store.declaring_inspections(connection, organisation_id, sha256)
    if not ids:
        return 0
    store.lock(connection, inspections=ids)
    sites = {key: row.site_id for key, row in store.inspections(connection, ids).items()}
    changes = store.stored_changes(connection, ids)
    feed.publish(connection, store.reproject(connection, organisation_id, sites, changes, now))
    return len(ids)
