"""The kinds of mail, and who may get each at the moment it is sent."""

import sqlalchemy as sa

from checklists.tables import Role, RoleGrant, User, table_of
from inspect_api.i18n import N_
from inspect_api.reports.runs import Run

WEEKLY = "weekly"
EMPLOYEE = "employee"
NOTICE = "notice"
PREVIEW = "preview"

NAMES = {
    WEEKLY: N_("Weekly report"),
    EMPLOYEE: N_("Own weekly result"),
    NOTICE: N_("Notices of disputes"),
    PREVIEW: N_("Preview"),
}
CHOSEN = (WEEKLY, EMPLOYEE, NOTICE)
"""What somebody may unsubscribe from: a preview is sent only to who has asked for it."""

_user, _grant = table_of(User), table_of(RoleGrant)


def may_get(run: Run) -> sa.ColumnElement[bool]:
    """Whether the user of a query is still one of whom the mail is for."""
    if run.report == EMPLOYEE:
        return _user.c.employee_id.is_not(None)
    if run.report == NOTICE:
        return sa.true()
    held = sa.exists().where(_grant.c.user_id == _user.c.id, _grant.c.revoked_at.is_(None))
    if run.report == PREVIEW:
        return held.where(_grant.c.role == Role.ADMINISTRATOR)
    return held.where(_grant.c.role == Role.MANAGER, _grant.c.site_id == run.site_id)
