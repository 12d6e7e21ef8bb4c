"""The directory of an organisation: sites, posts, workspaces, employees, users, template revisions.

Everything that tablets need to know of it goes into the change feed in the transaction that wrote it.
"""

from datetime import date, datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import (
    Employee,
    Language,
    Organisation,
    Post,
    RevisionState,
    Role,
    RoleGrant,
    Site,
    TemplateRevision,
    User,
    Workspace,
    WorkspaceResponsibility,
)
from checklists.tables.columns import table_of
from checklists.template import Template
from inspect_api.administration import revisions
from sync import feed
from sync.statements import upsert

_employee = table_of(Employee)
_grant = table_of(RoleGrant)
_responsibility = table_of(WorkspaceResponsibility)
_user = table_of(User)


def add_organisation(connection: sa.Connection, name: str, now: datetime, *, language: str = Language.CHINESE) -> str:
    organisation_id = new_id()
    _insert(
        connection, Organisation, id=organisation_id, name=name, language=language, scoring_rules="{}", created_at=now
    )
    return organisation_id


class Directory:
    """Writes to the directory of one organisation; leaving the ``with`` block puts what changed into the feed.

    Leave it last in the transaction: publishing locks the scopes until the commit.
    """

    def __init__(self, connection: sa.Connection, organisation_id: str, now: datetime) -> None:
        self._connection = connection
        self._organisation_id = organisation_id
        self._now = now
        self._entries: list[feed.Entry] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            feed.publish(self._connection, self._entries)

    def put_site(
        self, code: str, name: str, zone: str, *, season: str | None = None, site_id: str | None = None
    ) -> str:
        """Add a site, or change the one with ``site_id``. ``zone``: IANA name; raises ZoneInfoNotFoundError."""
        ZoneInfo(zone)
        row = {"code": code, "name": name, "zone": zone, "season": season}
        return self._put(Site, feed.SITE, row, site_id, scope_id=None)

    def put_post(self, site_id: str, code: str, name: str, post_type: str, *, post_id: str | None = None) -> str:
        row = {"site_id": site_id, "code": code, "name": name, "post_type": post_type}
        return self._put(Post, feed.POST, row, post_id, scope_id=site_id)

    def put_workspace(self, site_id: str, code: str, name: str, *, workspace_id: str | None = None) -> str:
        row = {"site_id": site_id, "code": code, "name": name}
        return self._put(Workspace, feed.WORKSPACE, row, workspace_id, scope_id=site_id)

    def put_employee(
        self,
        site_id: str,
        number: str,
        name: str,
        employed_from: date,
        *,
        post_id: str | None = None,
        dress_variant: str | None = None,
        email: str | None = None,
        language: str = Language.CHINESE,
        employed_until: date | None = None,
        employee_id: str | None = None,
    ) -> str:
        """Add an employee, or change the one with ``employee_id``. A transfer takes the row from the former site."""
        if employee_id is not None:
            former = self._connection.execute(
                sa.select(_employee.c.site_id).where(_employee.c.id == employee_id)
            ).scalar_one()
            if former != site_id:
                self._entries.append(feed.Entry(former, feed.EMPLOYEE, employee_id, None))
        shown = {
            "site_id": site_id,
            "number": number,
            "name": name,
            "post_id": post_id,
            "dress_variant": dress_variant,
            "employed_from": employed_from,
            "employed_until": employed_until,
        }
        row = shown | {"email": email, "language": language}
        return self._put(Employee, feed.EMPLOYEE, row, employee_id, scope_id=site_id, shown=shown)

    def assign_workspace(
        self, workspace_id: str, employee_id: str, starts_at: datetime, ends_at: datetime | None = None
    ) -> str:
        """Make the employee responsible for the workspace from ``starts_at`` until before ``ends_at``."""
        key = new_id()
        _insert(
            self._connection,
            WorkspaceResponsibility,
            id=key,
            organisation_id=self._organisation_id,
            workspace_id=workspace_id,
            employee_id=employee_id,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return key

    def add_user(
        self,
        login: str,
        name: str,
        password_hash: str,
        *,
        email: str | None = None,
        language: str = Language.CHINESE,
        employee_id: str | None = None,
    ) -> str:
        """``password_hash``: of ``auth.passwords.hash_password``, made before the transaction since it is slow."""
        user_id = new_id()
        _insert(
            self._connection,
            User,
            id=user_id,
            organisation_id=self._organisation_id,
            login=login,
            name=name,
            password_hash=password_hash,
            email=email,
            language=language,
            employee_id=employee_id,
            active=True,
            created_at=self._now,
        )
        return user_id

    def grant(self, user_id: str, role: Role, site_id: str | None = None) -> None:
        """Give a role: at a site, or as administrator for the organisation. Again is a no-op."""
        if (site_id is None) != (role is Role.ADMINISTRATOR):
            raise ValueError("an administrator has no site, every other role has one")
        same = sa.select(_grant.c.id).where(
            _grant.c.user_id == user_id,
            _grant.c.role == role,
            _grant.c.site_id.is_not_distinct_from(site_id),
            _grant.c.revoked_at.is_(None),
        )
        if self._connection.execute(same).first() is None:
            _insert(
                self._connection,
                RoleGrant,
                id=new_id(),
                organisation_id=self._organisation_id,
                user_id=user_id,
                role=role.value,
                site_id=site_id,
                granted_at=self._now,
            )
        if site_id is not None:
            name = self._connection.execute(sa.select(_user.c.name).where(_user.c.id == user_id)).scalar_one()
            self._show(site_id, feed.USER, user_id, {"name": name})

    def revoke(self, user_id: str, role: Role, site_id: str | None = None) -> bool:
        """Take a role back from now on; gives whether there was one. The grant stays as history: what was made while it
        held is still accepted. The user's name stays at the site, it stands under their inspections."""
        ended = self._connection.execute(
            sa.update(_grant)
            .where(
                _grant.c.organisation_id == self._organisation_id,
                _grant.c.user_id == user_id,
                _grant.c.role == role,
                _grant.c.site_id.is_not_distinct_from(site_id),
                _grant.c.revoked_at.is_(None),
            )
            .values(revoked_at=self._now)
        )
        return ended.rowcount > 0

    def publish_template(self, template: Template, *, approved_by: str | None = None) -> str:
        """Put a template in force now as the next revision of its key.

        When the revision in force has the same content, it is there already. One that was retired is not: the same
        content again is a new revision. Two who publish at once take turns.
        """
        revisions.take_turns(self._connection, self._organisation_id)
        body, digest = revisions.encode(template)
        present = revisions.in_force(self._connection, self._organisation_id, template.key, self._now)
        if present is not None and present.sha256 == digest:
            return str(present.id)
        number = revisions.next_number(self._connection, self._organisation_id, template.key)
        row = {
            "template_key": template.key,
            "number": number,
            "state": RevisionState.APPROVED.value,
            "body": body,
            "sha256": digest,
            "in_force_from": self._now,
            "approved_by": approved_by,
            "approved_at": self._now,
            "retired_at": None,
            "created_at": self._now,
        }
        shown = {
            "template_key": template.key,
            "number": number,
            "in_force_from": self._now,
            "retired_at": None,
            "template": msgspec.Raw(body.encode()),
        }
        return self._put(
            TemplateRevision, feed.TEMPLATE_REVISION, row, None, scope_id=self._organisation_id, shown=shown
        )

    def _put(
        self,
        model: type[Any],
        kind: str,
        row: dict[str, Any],
        key: str | None,
        *,
        scope_id: str | None,
        shown: dict[str, Any] | None = None,
    ) -> str:
        key = key or new_id()
        full = {"id": key, "organisation_id": self._organisation_id, **row}
        upsert(self._connection, table_of(model), [full], update=tuple(row))
        self._show(scope_id or key, kind, key, shown or row)
        return key

    def _show(self, scope_id: str, kind: str, key: str, body: dict[str, Any]) -> None:
        self._entries.append(feed.Entry(scope_id, kind, key, msgspec.json.encode(body).decode()))


def _insert(connection: sa.Connection, model: type[Any], **row: Any) -> None:
    connection.execute(table_of(model).insert(), row)
