"""Taking rows away for good, in the order that references allow; tablets get tombstones."""

from datetime import datetime

import sqlalchemy as sa

from checklists.tables import (
    Audit,
    CorrectiveAction,
    CorrectiveActionEvent,
    Dispute,
    DisputeEvent,
    Evidence,
    Finding,
    Inspection,
    InspectionDecision,
    PasswordLink,
    Photo,
    ReportRun,
    Scorecard,
    ScorecardReceipt,
    table_of,
)
from inspect_api.administration import audit
from sync import feed
from sync.tables import Change, Quarantine, RefreshToken

_action, _action_event = table_of(CorrectiveAction), table_of(CorrectiveActionEvent)
_dispute, _dispute_event = table_of(Dispute), table_of(DisputeEvent)
_change, _decision, _evidence, _finding = (table_of(one) for one in (Change, InspectionDecision, Evidence, Finding))
_inspection, _scorecard, _receipt = table_of(Inspection), table_of(Scorecard), table_of(ScorecardReceipt)
_audit, _link, _photo = table_of(Audit), table_of(PasswordLink), table_of(Photo)
_quarantine, _run, _token = table_of(Quarantine), table_of(ReportRun), table_of(RefreshToken)


def inspections_of(connection: sa.Connection, site_id: str, week: str) -> list[str]:
    """The ids of a site's inspections of a week, in order."""
    of_week = (_inspection.c.site_id == site_id, _inspection.c.week == week)
    return sorted(connection.execute(sa.select(_inspection.c.id).where(*of_week)).scalars())


def delete_week(
    connection: sa.Connection, organisation_id: str, week_of_site: tuple[str, str], ids: list[str], now: datetime
) -> int:
    """These inspections, and the scorecards, disputes and corrective actions of the site's week. That it was published
    stays known, so that nothing publishes it again. Gives 0 when there was nothing any more."""
    site_id, week = week_of_site
    of_dispute = (_dispute.c.inspection_id.in_(ids)) | ((_dispute.c.site_id == site_id) & (_dispute.c.week == week))
    of_action = (_action.c.inspection_id.in_(ids)) | ((_action.c.site_id == site_id) & (_action.c.week == week))
    gone = [
        feed.Entry(site_id, kind, key, None)
        for kind, keys in (
            (feed.INSPECTION, ids),
            (feed.DISPUTE, connection.execute(sa.select(_dispute.c.id).where(of_dispute)).scalars().all()),
            (feed.CORRECTIVE_ACTION, connection.execute(sa.select(_action.c.id).where(of_action)).scalars().all()),
        )
        for key in keys
    ]
    connection.execute(
        _dispute_event.delete().where(_dispute_event.c.dispute_id.in_(sa.select(_dispute.c.id).where(of_dispute)))
    )
    connection.execute(_dispute.delete().where(of_dispute))
    connection.execute(
        _action_event.delete().where(_action_event.c.action_id.in_(sa.select(_action.c.id).where(of_action)))
    )
    connection.execute(_action.delete().where(of_action))
    connection.execute(_action.update().where(_action.c.reinspection_id.in_(ids)).values(reinspection_id=None))
    for table in (_decision, _finding, _evidence, _change):
        connection.execute(table.delete().where(table.c.inspection_id.in_(ids)))
    people = sa.select(_scorecard.c.employee_id).where(_scorecard.c.site_id == site_id, _scorecard.c.week == week)
    connection.execute(_receipt.delete().where(_receipt.c.week == week, _receipt.c.employee_id.in_(people)))
    cards = _scorecard.delete().where(_scorecard.c.site_id == site_id, _scorecard.c.week == week)
    removed = connection.execute(cards).rowcount
    removed += connection.execute(_inspection.delete().where(_inspection.c.id.in_(ids))).rowcount
    if not removed:
        return 0
    audit.record(connection, organisation_id, None, "week.delete", ("site", site_id), now, {"week": week})
    feed.publish(connection, gone)
    return 1


def delete_logs(connection: sa.Connection, organisation_id: str, before: datetime, now: datetime) -> int:
    """Audit log, report runs, decided refusals, ended tokens and links, and what is known of photos that are gone.

    Gives 0 when there was nothing any more.
    """
    removed = 0
    declared = sa.exists().where(
        _evidence.c.organisation_id == _photo.c.organisation_id, _evidence.c.sha256 == _photo.c.sha256
    )
    for table, over in (
        (_audit, _audit.c.at < before),
        (_run, _run.c.planned_at < before),
        (_quarantine, (_quarantine.c.refused_at < before) & _quarantine.c.decision.is_not(None)),
        (_token, _token.c.expires_at < before),
        (_link, _link.c.expires_at < before),
        (_photo, (_photo.c.deleted_at < before) & ~declared),
    ):
        mine = table.c.organisation_id == organisation_id
        removed += connection.execute(table.delete().where(mine, over)).rowcount
    if not removed:
        return 0
    about = ("organisation", organisation_id)
    audit.record(connection, organisation_id, None, "logs.delete", about, now, {"before": before.isoformat()})
    return 1
