"""Who may read which scorecard. What belongs to another organisation does not exist."""

import sqlalchemy as sa

from checklists.tables import InspectionState, WorkspaceResponsibility, table_of
from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem
from inspect_api.scorecards.explain import Explained, explain_inspections
from inspect_api.scorecards.service import employee_site, find_site
from inspect_api.scorecards.shapes import SiteRef

_responsibility = table_of(WorkspaceResponsibility)
_SUBMITTED = (InspectionState.COMPLETE, InspectionState.INCOMPLETE, InspectionState.VOID)


def readable_site(connection: sa.Connection, user: Principal, site_id: str) -> SiteRef:
    """The site, for its managers and the administrators. Raises Problem NOT_FOUND or FORBIDDEN."""
    site = find_site(connection, site_id)
    if site.organisation_id != user.organisation_id:
        raise Problem(Code.NOT_FOUND, "没有这个场所", "There is no such site")
    user.require_manages(site.id)
    return site


def readable_employee(connection: sa.Connection, user: Principal, employee_id: str) -> SiteRef:
    """The employee's site, for its managers, the administrators and the employee. Raises NOT_FOUND or FORBIDDEN."""
    site = employee_site(connection, employee_id)
    if site.organisation_id != user.organisation_id:
        raise Problem(Code.NOT_FOUND, "没有这名员工", "There is no such employee")
    if user.employee_id != employee_id and not user.manages(site.id):
        raise Problem(Code.FORBIDDEN, "只能查看本人或所管场所的评分", "Only your own, or of a site that you manage")
    return site


def readable_inspection(connection: sa.Connection, user: Principal, inspection_id: str) -> Explained:
    """For supervisors and managers of the site, administrators, and, once submitted, whom it is about."""
    found = explain_inspections(connection, [inspection_id]).get(inspection_id)
    if found is None or found.organisation_id != user.organisation_id:
        raise Problem(Code.NOT_FOUND, "没有这次检查", "There is no such inspection")
    if user.manages(found.site_id) or user.inspects(found.site_id):
        return found
    if found.state in _SUBMITTED and _is_about(connection, user, found):
        return found
    raise Problem(Code.FORBIDDEN, "无权查看这次检查", "This inspection is not yours to see")


def _is_about(connection: sa.Connection, user: Principal, inspection: Explained) -> bool:
    if user.employee_id is None:
        return False
    if inspection.employee_id is not None:
        return inspection.employee_id == user.employee_id
    answered_for = sa.select(_responsibility.c.id).where(
        _responsibility.c.workspace_id == inspection.workspace_id,
        _responsibility.c.employee_id == user.employee_id,
        _responsibility.c.starts_at <= inspection.captured_at,
        sa.or_(_responsibility.c.ends_at.is_(None), _responsibility.c.ends_at > inspection.captured_at),
    )
    return connection.execute(answered_for.limit(1)).first() is not None
