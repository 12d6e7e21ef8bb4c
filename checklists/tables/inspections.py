"""What was inspected: template revisions, and what follows from the changes of an inspection.

Rows of ``inspection``, ``finding`` and ``evidence`` are projections: they can be made again from the changes alone.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from checklists.tables.columns import ID_LENGTH, id_field, instant, json_text, reference


class RevisionState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


class TemplateRevision(SQLModel, table=True):
    """``body``: JSON of ``checklists.template.Template``, fixed once approved; in force from ``in_force_from``.

    ``created_by`` drafted it and ``approved_by`` is somebody else; both are None for what came with the product.
    ``note``: what the draft changes and why.
    """

    __tablename__ = "template_revision"
    __table_args__ = (UniqueConstraint("organisation_id", "template_key", "number"),)

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    template_key: str
    number: int
    state: str = RevisionState.DRAFT
    body: str = json_text()
    sha256: str = Field(max_length=64)
    in_force_from: datetime | None = instant(nullable=True)
    note: str | None = None
    created_by: str | None = reference("app_user.id", nullable=True, index=False)
    approved_by: str | None = reference("app_user.id", nullable=True, index=False)
    approved_at: datetime | None = instant(nullable=True)
    retired_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


class InspectionState(StrEnum):
    """``waiting``: its beginning has not arrived. ``incomplete``: submitted, but answers or photos are missing."""

    WAITING = "waiting"
    DRAFT = "draft"
    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    VOID = "void"


class Inspection(SQLModel, table=True):
    """The projection of one inspection's changes.

    ``captured_at``: when it was begun, corrected for the tablet's clock error; ``week`` is its ISO week in the site's
    zone (``2026-W47``). ``score`` and ``uncapped``: points as an exact fraction, ``"800/9"``. ``red_flags``,
    ``unanswered``: item keys, space-separated. ``revision``: SHA-256 over the change ids it was made from.
    """

    __table_args__ = (
        Index("ix_inspection_employee_week", "employee_id", "week"),
        Index("ix_inspection_workspace_week", "workspace_id", "week"),
        Index("ix_inspection_site_week", "site_id", "week", "updated_at"),
    )

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    site_id: str = reference("site.id", index=False)
    state: str
    revision: str = Field(max_length=64)
    supervisor_id: str | None = reference("app_user.id", nullable=True, index=False)
    template_revision_id: str | None = reference("template_revision.id", nullable=True, index=False)
    dimension: str | None = None
    employee_id: str | None = reference("employee.id", nullable=True, index=False)
    workspace_id: str | None = reference("workspace.id", nullable=True, index=False)
    captured_at: datetime | None = instant(nullable=True)
    week: str | None = Field(default=None, max_length=8)
    score: str | None = None
    uncapped: str | None = None
    red_flags: str = ""
    unanswered: str = ""
    missing_photos: int = 0
    conflicts: int = 0
    low_coverage: bool = False
    low_coverage_accepted: bool | None = None
    duplicate_decision: str | None = None
    clock_skewed: bool = False
    updated_at: datetime = instant()


class Finding(SQLModel, table=True):
    """A failed item of a submitted inspection."""

    inspection_id: str = Field(primary_key=True, max_length=ID_LENGTH, foreign_key="inspection.id")
    item_key: str = Field(primary_key=True)
    organisation_id: str = reference("organisation.id", index=False)
    value: str
    note: str | None = None
    critical: bool = False


class Evidence(SQLModel, table=True):
    """A photo that an inspection declares. It has arrived when ``photo`` has a row with the same SHA-256."""

    inspection_id: str = Field(primary_key=True, max_length=ID_LENGTH, foreign_key="inspection.id")
    sha256: str = Field(primary_key=True, max_length=64, index=True)
    organisation_id: str = reference("organisation.id", index=False)
    item_key: str | None = None
    taken_at: str | None = None


class Photo(SQLModel, table=True):
    """A stored photo, addressed by the SHA-256 of the bytes that the tablet sent; write-once.

    Sizes are bytes, width and height pixels after rotation. ``taken_at``: the capture time that the camera wrote,
    ISO 8601, with an offset only when the camera wrote one. ``full_sha256``, ``large_sha256``, ``small_sha256``: of
    the bytes that are stored, by which an audit tells that they are whole; see ``inspect_api.photos.intake.blob_key``.
    """

    organisation_id: str = Field(primary_key=True, max_length=ID_LENGTH, foreign_key="organisation.id")
    sha256: str = Field(primary_key=True, max_length=64)
    media_type: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    width: int
    height: int
    taken_at: str | None = None
    full_sha256: str = Field(max_length=64)
    large_sha256: str = Field(max_length=64)
    small_sha256: str = Field(max_length=64)
    uploaded_by: str | None = reference("app_user.id", nullable=True, index=False)
    stored_at: datetime = instant(index=True)
    deleted_at: datetime | None = instant(nullable=True)
