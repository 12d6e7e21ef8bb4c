"""A deliberate second mail: a new run with the next revision, next to the one that went wrong."""

import json
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from checklists.ids import new_id
from checklists.tables import Audit, ReportRun, RunState, table_of
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.reports.plan import message_id

ENDED = (RunState.SENT, RunState.UNCONFIRMED, RunState.FAILED)

_RUN = table_of(ReportRun)


def resend(connection: sa.Connection, principal: Principal, run_id: str, now: datetime, host: str) -> str:
    """Plan the report of an ended run once more for the same recipient; returns the new run's id.

    Problem ``not_found``; ``conflict`` while the run may still go out by itself, or when it has been resent already.
    """
    principal.require_administrator()
    row = connection.execute(
        sa.select(_RUN).where(_RUN.c.id == run_id, _RUN.c.organisation_id == principal.organisation_id)
    ).first()
    if row is None:
        raise Problem(Code.NOT_FOUND, "没有这条发送记录", "There is no such report run")
    if row.state not in ENDED:
        raise Problem(
            Code.CONFLICT, "该邮件仍在发送中，会自动重试", "This mail is still being sent, it retries by itself"
        )
    revision = row.revision + 1
    again = {
        "id": new_id(),
        "organisation_id": row.organisation_id,
        "report": row.report,
        "site_id": row.site_id,
        "period": row.period,
        "about": row.about,
        "revision": revision,
        "recipient_id": row.recipient_id,
        "state": RunState.PLANNED,
        "message_id": message_id(row.report, row.site_id, row.period, revision, row.recipient_id, host, row.about),
        "attempts": 0,
        "next_attempt_at": now,
        "planned_at": now,
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    # Two clicks, or two administrators: the unique key lets one of them through.
    planned = connection.execute(insert(_RUN).values(again).on_conflict_do_nothing().returning(_RUN.c.id)).first()
    if planned is None:
        raise Problem(Code.CONFLICT, "该邮件已经重发过", "This mail has been resent already")
    connection.execute(
        sa.insert(table_of(Audit)).values(
            id=new_id(),
            organisation_id=principal.organisation_id,
            actor_id=principal.user_id,
            action="report_run.resend",
            object_kind="report_run",
            object_id=run_id,
            detail=json.dumps({"new_run": planned.id, "revision": revision}),
            at=now,
        )
    )
    return str(planned.id)
