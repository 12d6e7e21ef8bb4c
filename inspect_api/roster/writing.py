"""Writes a plan with statements for many rows at once; the feed gets the same rows that the directory makes."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import Employee, Post, Site, Workspace, WorkspaceResponsibility, table_of
from inspect_api.directory import Directory
from inspect_api.roster.plan import Plan
from sync import feed
from sync.statements import upsert

AT_ONCE = 500
_employee = table_of(Employee)
_responsibility = table_of(WorkspaceResponsibility)
_HIDDEN = ("id", "email", "language")
"""What tablets have no use for, of any of the rows."""


class RosterDirectory(Directory):
    """The directory, for many rows at once."""

    def write(self, plan: Plan, wrote: Callable[[int], None]) -> None:
        """``wrote`` is told how many employees have been written, again and again."""
        self._put_all(Site, feed.SITE, [asdict(one) for one in plan.sites.values()])
        self._put_all(Post, feed.POST, [asdict(one) for one in plan.posts.values()])
        self._put_all(Workspace, feed.WORKSPACE, [asdict(one) for one in plan.workspaces.values()])
        self._entries += [feed.Entry(site_id, feed.EMPLOYEE, key, None) for site_id, key in plan.moved]
        employees = [asdict(one) for one in plan.employees.values()]
        for start in range(0, len(employees), AT_ONCE):
            part = employees[start : start + AT_ONCE]
            self._put_all(Employee, feed.EMPLOYEE, part)
            wrote(start + len(part))
        self._end_responsibilities(plan)
        self._start_responsibilities(plan)

    def _put_all(self, model: type[Any], kind: str, rows: Sequence[dict[str, Any]]) -> None:
        upsert(self._connection, table_of(model), [row | {"organisation_id": self._organisation_id} for row in rows])
        for row in rows:
            shown = {name: value for name, value in row.items() if name not in _HIDDEN}
            self._show(row.get("site_id", row["id"]), kind, row["id"], shown)

    def _end_responsibilities(self, plan: Plan) -> None:
        table = _responsibility
        # One that ends at the instant at which it began has never held; its row would stand in the way of a new one.
        never = [{"key": one.id} for one in plan.ends if one.starts_at >= self._now]
        ended = [{"key": one.id} for one in plan.ends if one.starts_at < self._now]
        key: sa.BindParameter[str] = sa.bindparam("key")
        if never:
            self._connection.execute(sa.delete(table).where(table.c.id == key), never)
        if ended:
            self._connection.execute(sa.update(table).where(table.c.id == key).values(ends_at=self._now), ended)

    def _start_responsibilities(self, plan: Plan) -> None:
        if not plan.starts:
            return
        rows = [
            {
                "id": new_id(),
                "organisation_id": self._organisation_id,
                "workspace_id": workspace_id,
                "employee_id": employee_id,
                "starts_at": self._now,
                "ends_at": None,
            }
            for workspace_id, employee_id in plan.starts
        ]
        self._connection.execute(_responsibility.insert(), rows)
