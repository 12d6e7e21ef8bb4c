"""All routes of the pages, and their one style sheet."""

from litestar import Router
from litestar.static_files import create_static_files_router

from inspect_api.pages import (
    actions,
    administration,
    all_sites,
    case_lists,
    decisions,
    disputes,
    employee_sheets,
    employees,
    replicas,
    session,
    site_insights,
    site_sheets,
    sites,
    unsubscribe,
)
from inspect_api.pages.admin import employees as register
from inspect_api.pages.admin import log, mailing, people, places, privacy, scoring, templates
from inspect_api.pages.errors import PAGE_EXCEPTIONS
from inspect_api.pages.rendering import STATIC

ADMIN = (log, people, register, places, templates, scoring, mailing, privacy)
_pages = Router(
    path="/",
    route_handlers=[
        *session.HANDLERS,
        *all_sites.HANDLERS,
        *sites.HANDLERS,
        *site_insights.HANDLERS,
        *site_sheets.HANDLERS,
        *decisions.HANDLERS,
        *replicas.HANDLERS,
        *employees.HANDLERS,
        *employee_sheets.HANDLERS,
        *administration.HANDLERS,
        *case_lists.HANDLERS,
        *disputes.HANDLERS,
        *actions.HANDLERS,
        *unsubscribe.HANDLERS,
        *(handler for room in ADMIN for handler in room.HANDLERS),
    ],
    exception_handlers=PAGE_EXCEPTIONS,
    include_in_schema=False,
)
_files = create_static_files_router(
    path="/static/pages", directories=[STATIC], opt={"public": True}, include_in_schema=False
)

HANDLERS = [_pages, _files]
