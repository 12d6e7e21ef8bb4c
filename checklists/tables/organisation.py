"""Who is inspected, where, and who may look: organisation, site, post, workspace, employee, user, role."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from checklists.tables.columns import id_field, instant, json_text, reference


class Language(StrEnum):
    CHINESE = "zh"
    ENGLISH = "en"


class Role(StrEnum):
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    EMPLOYEE = "employee"


class Organisation(SQLModel, table=True):
    """``scoring_rules``: JSON of ``checklists.scoring.ScoringRules``; empty object means its defaults."""

    id: str = id_field()
    name: str
    language: str = Language.CHINESE
    scoring_rules: str = json_text(default="{}")
    created_at: datetime = instant()


class Site(SQLModel, table=True):
    """``zone``: IANA name; weeks begin at midnight there. ``season``: which seasonal items apply now."""

    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    code: str
    name: str
    zone: str
    season: str | None = None


class Post(SQLModel, table=True):
    """``post_type``: a ``checklists.template.PostType``."""

    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    site_id: str = reference("site.id")
    code: str
    name: str
    post_type: str


class Workspace(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    site_id: str = reference("site.id")
    code: str
    name: str


class Employee(SQLModel, table=True):
    """``number``: the staff number, unique in the organisation. ``dress_variant``: as assigned.

    ``erased_at``: name, number and address are gone for good; what was scored stays without a name.
    """

    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    site_id: str = reference("site.id")
    post_id: str | None = reference("post.id", nullable=True)
    number: str
    name: str
    dress_variant: str | None = None
    email: str | None = None
    language: str = Language.CHINESE
    employed_from: date
    employed_until: date | None = None
    erased_at: datetime | None = instant(nullable=True)


class WorkspaceResponsibility(SQLModel, table=True):
    """Inspections of the workspace captured in ``starts_at`` ≤ t < ``ends_at`` count for the employee."""

    __tablename__ = "workspace_responsibility"
    __table_args__ = (UniqueConstraint("workspace_id", "employee_id", "starts_at"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    workspace_id: str = reference("workspace.id")
    employee_id: str = reference("employee.id")
    starts_at: datetime = instant()
    ends_at: datetime | None = instant(nullable=True)


class Absence(SQLModel, table=True):
    """On leave or not rostered, first and last day included: such an employee has no score, never 0."""

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    employee_id: str = reference("employee.id")
    first_day: date
    last_day: date
    reason: str = ""


class User(SQLModel, table=True):
    """Somebody who logs in. ``employee_id``: the employee whose own results they see.

    ``session_number``: only tokens that bear it are good; none is 0.
    """

    __tablename__ = "app_user"  # "user" is a reserved word in PostgreSQL

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    login: str = Field(unique=True)
    name: str
    password_hash: str
    email: str | None = None
    language: str = Language.CHINESE
    employee_id: str | None = reference("employee.id", nullable=True)
    active: bool = True
    session_number: int | None = None
    created_at: datetime = instant()


class RoleGrant(SQLModel, table=True):
    """A role of a user at one site; an administrator's has no site and holds for the organisation.

    It holds in ``granted_at`` ≤ t < ``revoked_at``. A grant that was taken back stays, because changes that were made
    while it held may still be on a tablet; one that is given again is another row.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        Index(
            "ix_role_grant_in_force",
            "user_id",
            "role",
            "site_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    user_id: str = reference("app_user.id")
    role: str
    site_id: str | None = reference("site.id", nullable=True)
    granted_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class Audit(SQLModel, table=True):
    """Who did what to whose data, written in the transaction of the deed itself."""

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    actor_id: str | None = reference("app_user.id", nullable=True)
    action: str
    object_kind: str
    object_id: str
    detail: str = json_text(default="{}")
    at: datetime = instant(index=True)
