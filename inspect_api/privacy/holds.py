"""What may not be deleted yet, whatever its age: evidence under dispute, or of something that is still to be mended."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from checklists.tables import (
    ActionState,
    CorrectiveAction,
    Dispute,
    DisputeState,
    Evidence,
    Inspection,
    table_of,
)

_action, _dispute, _evidence, _inspection = (
    table_of(model) for model in (CorrectiveAction, Dispute, Evidence, Inspection)
)


def disputed(now: datetime, dispute_days: int) -> sa.ColumnElement[bool]:
    """A dispute that is open, or whose answer may still be appealed."""
    appealable = (_dispute.c.round == 1) & (_dispute.c.answered_at > now - timedelta(days=dispute_days))
    return (_dispute.c.state == DisputeState.OPEN) | appealable


def unmended() -> sa.ColumnElement[bool]:
    return _action.c.state.in_((ActionState.OPEN, ActionState.FIXED))


def holds_photo(organisation_id: str, sha256: str, now: datetime, dispute_days: int) -> sa.ColumnElement[bool]:
    """Whether the photo is evidence of an inspection that is disputed or leads to open work, or was sent with it."""
    declaring = sa.select(_evidence.c.inspection_id).where(
        _evidence.c.organisation_id == organisation_id, _evidence.c.sha256 == sha256
    )
    return sa.or_(
        sa.exists().where(
            _dispute.c.organisation_id == organisation_id,
            disputed(now, dispute_days),
            (_dispute.c.photo == sha256) | _dispute.c.inspection_id.in_(declaring),
        ),
        sa.exists().where(
            _action.c.organisation_id == organisation_id,
            unmended(),
            (_action.c.fix_photo == sha256) | _action.c.inspection_id.in_(declaring),
        ),
    )


def holds_week(
    site_id: str, week: str, now: datetime, dispute_days: int, arrived_since: datetime
) -> sa.ColumnElement[bool]:
    """Whether something of the site's week is disputed, waits to be mended, or arrived after ``arrived_since``.

    The calendar of a device may be years behind: what arrived lately is not old, whatever its week says.
    """
    in_week = (_inspection.c.site_id == site_id, _inspection.c.week == week)
    of_week = sa.select(_inspection.c.id).where(*in_week)
    return sa.or_(
        sa.exists().where(*in_week, _inspection.c.updated_at >= arrived_since),
        sa.exists().where(
            disputed(now, dispute_days),
            _dispute.c.inspection_id.in_(of_week) | ((_dispute.c.site_id == site_id) & (_dispute.c.week == week)),
        ),
        sa.exists().where(
            unmended(),
            _action.c.inspection_id.in_(of_week) | ((_action.c.site_id == site_id) & (_action.c.week == week)),
        ),
    )
