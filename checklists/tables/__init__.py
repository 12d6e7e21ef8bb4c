"""The tables of what an inspection is. Message classes are not tables: ``table=True`` classes skip validation."""

from checklists.tables.columns import table_of
from checklists.tables.inspections import (
    Evidence,
    Finding,
    Inspection,
    InspectionState,
    Photo,
    RevisionState,
    TemplateRevision,
)
from checklists.tables.organisation import (
    Absence,
    Audit,
    Employee,
    Language,
    Organisation,
    Post,
    Role,
    RoleGrant,
    Site,
    User,
    Workspace,
    WorkspaceResponsibility,
)
from checklists.tables.scorecards import PublishedWeek, ReportRun, RunState, Scorecard

__all__ = [
    "Absence",
    "Audit",
    "Employee",
    "Evidence",
    "Finding",
    "Inspection",
    "InspectionState",
    "Language",
    "Organisation",
    "Photo",
    "Post",
    "PublishedWeek",
    "ReportRun",
    "RevisionState",
    "Role",
    "RoleGrant",
    "RunState",
    "Scorecard",
    "Site",
    "TemplateRevision",
    "User",
    "Workspace",
    "WorkspaceResponsibility",
    "table_of",
]
