"""What the directory holds before an import: everything of one organisation that a roster can touch."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TypeVar

import sqlalchemy as sa

from checklists.tables import Employee, Organisation, Post, Site, Workspace, WorkspaceResponsibility, table_of

_organisation = table_of(Organisation)
_site = table_of(Site)
_post = table_of(Post)
_workspace = table_of(Workspace)
_employee = table_of(Employee)
_responsibility = table_of(WorkspaceResponsibility)


@dataclass(frozen=True)
class SiteState:
    id: str
    code: str
    name: str
    zone: str
    season: str | None = None


@dataclass(frozen=True)
class PostState:
    id: str
    site_id: str
    code: str
    name: str
    post_type: str


@dataclass(frozen=True)
class WorkspaceState:
    id: str
    site_id: str
    code: str
    name: str


@dataclass(frozen=True)
class EmployeeState:
    id: str
    site_id: str
    post_id: str | None
    number: str
    name: str
    dress_variant: str | None
    email: str | None
    language: str
    employed_from: date
    employed_until: date | None


@dataclass(frozen=True)
class Responsibility:
    """One that has not ended."""

    id: str
    workspace_id: str
    employee_id: str
    starts_at: datetime


S = TypeVar("S", SiteState, PostState, WorkspaceState, EmployeeState, Responsibility)


@dataclass
class DirectoryState:
    """Sites by code, posts and workspaces by (site id, code), employees by staff number, responsibilities by employee
    id and workspace id."""

    language: str
    sites: dict[str, SiteState]
    posts: dict[tuple[str, str], PostState]
    workspaces: dict[tuple[str, str], WorkspaceState]
    employees: dict[str, EmployeeState]
    responsibilities: dict[str, dict[str, Responsibility]]


def load_state(connection: sa.Connection, organisation_id: str) -> DirectoryState:
    """Locks the organisation against another import; a push, which only refers to it, is not kept waiting."""
    language = connection.execute(
        sa.select(_organisation.c.language).where(_organisation.c.id == organisation_id).with_for_update(key_share=True)
    ).scalar_one()
    sites = _read(connection, _site, organisation_id, SiteState)
    posts = _read(connection, _post, organisation_id, PostState)
    workspaces = _read(connection, _workspace, organisation_id, WorkspaceState)
    employees = _read(connection, _employee, organisation_id, EmployeeState)
    not_ended = _responsibility.c.ends_at.is_(None)
    responsibilities: dict[str, dict[str, Responsibility]] = {}
    for one in _read(connection, _responsibility, organisation_id, Responsibility, not_ended):
        responsibilities.setdefault(one.employee_id, {})[one.workspace_id] = one
    return DirectoryState(
        language,
        {site.code: site for site in sites},
        {(post.site_id, post.code): post for post in posts},
        {(workspace.site_id, workspace.code): workspace for workspace in workspaces},
        {employee.number: employee for employee in employees},
        responsibilities,
    )


def _read(
    connection: sa.Connection,
    table: sa.Table,
    organisation_id: str,
    shape: type[S],
    *conditions: sa.ColumnElement[bool],
) -> list[S]:
    """The columns that the shape names."""
    columns = [table.c[field.name] for field in fields(shape)]
    rows = connection.execute(sa.select(*columns).where(table.c.organisation_id == organisation_id, *conditions))
    return [shape(*row) for row in rows]
