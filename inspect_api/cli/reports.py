"""``send-report``."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
import typer
from rich.table import Table

from checklists.periods import Week
from checklists.tables import ReportRun, RunState, Site, User, table_of
from inspect_api.cli.console import AsJson, err, open_services, out, say, write_json
from inspect_api.cli.organisation import OfOrganisation, find_organisation, find_site
from inspect_api.cli.weeks import OfSite, parse_week
from inspect_api.jobs import run_once

_run, _site, _user = table_of(ReportRun), table_of(Site), table_of(User)
ShownWeek = Annotated[str | None, typer.Option("--week", help="Show only this week's, such as 2026-W47. 周次。")]
_TROUBLE = (RunState.FAILED, RunState.UNCONFIRMED)


class Run(msgspec.Struct, frozen=True):
    """``error``: of the last attempt, also while it is going to be tried again."""

    week: str
    site: str
    recipient: str
    state: str
    sent_at: datetime | None
    error: str | None


def send_report(
    week: ShownWeek = None, site: OfSite = None, organisation: OfOrganisation = None, as_json: AsJson = False
) -> None:
    """Plan and send the weekly reports that are due, now. 立即发送到期的周报。

    What was sent is never sent again. Shows the runs of --week and --site; without them those of this call and all that
    have not gone out. Exit code 1 when something due has not gone out.
    """
    chosen = parse_week(week) if week else None
    with open_services() as services:
        with services.database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
            site_id = find_site(connection, organisation_id, site) if site else None
        began = services.clock()
        with err.status("发送中 sending …"):
            jobs = asyncio.run(run_once(services))
        with services.database.read() as connection:
            runs = _runs(connection, organisation_id, site_id, chosen, began)
    errors = [f"{name}: {status.error}" for name, status in jobs.items() if status.error]
    for error in errors:
        err.print(f"✗ {error}", soft_wrap=True)
    if as_json:
        write_json(runs)
    elif runs:
        out.print(_table(runs))
    else:
        say("没有到期的周报", "No weekly report is due")
    if errors or any(run.state in _TROUBLE or run.error for run in runs):
        raise typer.Exit(1)


def _runs(
    connection: sa.Connection, organisation_id: str, site_id: str | None, week: Week | None, began: datetime
) -> list[Run]:
    statement: sa.Select[Any] = (
        sa.select(
            _run.c.period.label("week"),
            _site.c.code.label("site"),
            _user.c.name.label("recipient"),
            _run.c.state,
            _run.c.sent_at,
            _run.c.last_error.label("error"),
        )
        .join(_site, _site.c.id == _run.c.site_id)
        .join(_user, _user.c.id == _run.c.recipient_id)
        .where(_run.c.organisation_id == organisation_id)
        .order_by(_run.c.period, _site.c.code, _user.c.name, _run.c.revision)
    )
    if week is None and site_id is None:
        statement = statement.where((_run.c.state != RunState.SENT) | (_run.c.sent_at >= began))
    if week is not None:
        statement = statement.where(_run.c.period == str(week))
    if site_id is not None:
        statement = statement.where(_run.c.site_id == site_id)
    return [Run(**row) for row in connection.execute(statement).mappings()]


def _table(runs: list[Run]) -> Table:
    table = Table()
    for heading in ("周\nweek", "场所\nsite", "收件人\nrecipient", "状态\nstate", "说明\nremark"):
        table.add_column(heading, overflow="fold")
    for run in runs:
        table.add_row(run.week, run.site, run.recipient, run.state, run.error or "")
    return table


COMMANDS = [send_report]
