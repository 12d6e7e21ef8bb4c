"""What people declared about a result: a manager's decision about an inspection, an employee's receipt of a scorecard.

Both are insert-only. The decision in force stands on the inspection as well; here is who decided, when and why.
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from checklists.tables.columns import id_field, instant, reference


class DecisionKind(StrEnum):
    """What waited for a decision (SCORING §1, §2)."""

    LOW_COVERAGE = "low_coverage"
    DUPLICATE = "duplicate"


class InspectionDecision(SQLModel, table=True):
    """``counts``: whether the inspection counts from then on."""

    __tablename__ = "inspection_decision"

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    inspection_id: str = reference("inspection.id")
    kind: str
    counts: bool
    reason: str
    actor_id: str = reference("app_user.id", index=False)
    at: datetime = instant()


class ScorecardReceipt(SQLModel, table=True):
    """The employee has read this published version of their week."""

    __tablename__ = "scorecard_receipt"

    employee_id: str = reference("employee.id", index=False, primary_key=True)
    week: str = Field(primary_key=True, max_length=8)
    version: int = Field(primary_key=True)
    organisation_id: str = reference("organisation.id", index=False)
    user_id: str = reference("app_user.id", index=False)
    at: datetime = instant()
