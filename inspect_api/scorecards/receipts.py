"""That an employee has read a published version of their week: their own word, kept with its time."""

from datetime import datetime

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import ScorecardReceipt, table_of
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.scorecards import access
from inspect_api.scorecards.versions import versions
from inspect_api.services import Services
from sync.statements import insert_missing

_receipt = table_of(ScorecardReceipt)


def acknowledge(services: Services, user: Principal, employee_id: str, week: Week, version: int) -> None:
    """By the employee alone; again is a no-op. It is no consent: a dispute stays open to them.

    Problem: FORBIDDEN; NOT_FOUND for a version that was never published; CONFLICT when a newer one was since.
    """
    with services.database.write() as connection:
        access.readable_employee(connection, user, employee_id)
        if user.employee_id != employee_id:
            raise Problem(Code.FORBIDDEN, "只有员工本人可以确认", "Only the employee can say that they have read it")
        published = [one.version for one in versions(connection, employee_id, week)]
        if version not in published:
            raise Problem(Code.NOT_FOUND, "没有公布过这个版本", "No such version was published")
        if version != published[-1]:
            raise Problem(Code.CONFLICT, "已有更新的版本，请先阅读", "There is a newer version: read that one first")
        row = {
            "employee_id": employee_id,
            "week": str(week),
            "version": version,
            "organisation_id": user.organisation_id,
            "user_id": user.user_id,
            "at": services.clock(),
        }
        insert_missing(connection, _receipt, [row])


def receipts(connection: sa.Connection, employee_id: str, week: Week) -> dict[int, datetime]:
    """Version → when the employee said that they have read it."""
    statement = sa.select(_receipt.c.version, _receipt.c.at).where(
        _receipt.c.employee_id == employee_id, _receipt.c.week == str(week)
    )
    return {row.version: row.at for row in connection.execute(statement)}
