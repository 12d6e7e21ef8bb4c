"""The paths of an inspection's fields. A path outside these is kept for a newer server to understand."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from checklists.template import DressVariant, PostType, Season

TEMPLATE_REVISION = "inspection/template_revision_id"
EMPLOYEE = "inspection/employee_id"
WORKSPACE = "inspection/workspace_id"
CAPTURED_AT = "inspection/captured_at"
CIRCUMSTANCES = "inspection/circumstances"
SUBMITTED = "inspection/submitted"
VOID = "inspection/void"
NOTE = "inspection/note"

RESPONSES = "responses/"
EVIDENCE = "evidence/"

Instant = Annotated[datetime, Meta(tz=True)]

BEGINNING = frozenset({TEMPLATE_REVISION, EMPLOYEE, WORKSPACE, CAPTURED_AT, CIRCUMSTANCES})
"""Written once, when the inspection begins; they decide what it is and never change."""


class Circumstances(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the tablet knew of the employee when the inspection began: it decides which items apply, for good.

    Kept in the inspection, so that a later transfer or a change of season cannot move a score of the past.
    """

    post_type: PostType | None = None
    dress_variant: DressVariant | None = None
    season: Season | None = None


class EvidenceDeclaration(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The value of ``evidence/{sha256}``. ``item``: the key of the item it shows; ``taken_at``: as the camera said."""

    item: Annotated[str, Meta(max_length=80)] | None = None
    taken_at: Annotated[str, Meta(max_length=40, pattern=r"^[0-9T:.+\-Z ]*$(?!\n)")] | None = None
