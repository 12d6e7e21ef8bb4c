"""What the requests carry: enough that the answer is about who asks, and not about what is missing."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from checklists.ids import new_id
from tests.inspect_api.access.places import Place

FIXED = {
    "file": "employees.csv",
    "name": "nothing.eml",
    "file_path": "pages.css",
    "path": "openapi.json",
    "secret": "no-secret",
    "token": "no-token",
    "code": "no-code",
}
"""Parameters that name nothing of a site."""

QUERIES = {
    "/api/v1/export": "?site_id={site_id}&week={week}",
    "/api/v1/scorecards": "?site_id={site_id}&week={week}",
    "/api/v1/scorecards/corrections": "?site_id={site_id}",
    "/admin/mail/preview": "?site={site_id}&week={week}",
    "/admin/mail/preview/html": "?site={site_id}&week={week}",
    "/disputes/new": "?inspection={inspection_id}&item=worked_grooming.radio",
    "/actions/new": "?inspection={inspection_id}&item=worked_grooming.radio",
}
TUS = {"tus-resumable": "1.0.0", "upload-length": "10", "upload-metadata": "sha256 " + b64encode(b"1" * 64).decode()}
"""What uploads ask for; nothing else looks at it."""
WITH_A_DUPLICATE = {"/api/v1/inspections/{inspection_id}/decisions", "/inspections/{inspection_id}/decisions"}
ADDRESSES = {
    "/tablet/{name}": "/tablet/index.html",
    "/replicas/tables/{file}": "/replicas/tables/tablets.csv",
    "/sites/tables/{file}": "/sites/tables/sites.csv",
    "/disputes/tables/{file}": "/disputes/tables/disputes.csv",
    "/actions/tables/{file}": "/actions/tables/actions.csv",
    "/employees/{employee_id}/weeks/{week}/tables/{file}": "/employees/{employee_id}/weeks/{week}/tables/weeks.csv",
}
"""Where a fixed parameter has another value than elsewhere."""
_BADGE = "worked_grooming.badge"
_RADIO = "worked_grooming.radio"
_PLAN = {"task": "x", "due_on": "2026-12-20"}
_DECISION = {"kind": "duplicate", "counts": True, "reason": "x"}


def _of(place: Place) -> str:
    return place.parameters["inspection_id"]


_JSON: dict[str, Callable[[Place], Any]] = {
    "POST /api/v1/actions": lambda p: {
        "inspection_id": _of(p),
        "item": _RADIO,
        "plan": _PLAN,
    },
    "PUT /api/v1/actions/{action_id}": lambda p: _PLAN,
    "POST /api/v1/actions/{action_id}/fix": lambda p: {"note": "x"},
    "POST /api/v1/actions/{action_id}/reinspection": lambda p: {"inspection_id": p.more["clean"]},
    "POST /api/v1/actions/{action_id}/close": lambda p: {"note": "x"},
    "POST /api/v1/actions/{action_id}/withdraw": lambda p: {"note": "x"},
    "POST /api/v1/disputes": lambda p: {"inspection_id": p.more["two"], "item": _BADGE, "reason": "x"},
    "POST /api/v1/disputes/{dispute_id}/answer": lambda p: {"outcome": "keep", "reason": "x"},
    "POST /api/v1/disputes/{dispute_id}/appeal": lambda p: {"reason": "x"},
    "POST /api/v1/employees/{employee_id}/scorecards/{week}/receipts": lambda p: {"version": 1},
    "POST /api/v1/employees/{employee_id}/absences": lambda p: {"first_day": "2026-02-02", "last_day": "2026-02-03"},
    "POST /api/v1/inspections/{inspection_id}/decisions": lambda p: {
        "kind": "duplicate",
        "counts": True,
        "reason": "x",
    },
    "PUT /api/v1/sites/{site_id}/calendar/{day}": lambda p: {"working": False, "name": "x"},
    "POST /api/v1/sync/push": lambda p: {"changes": [], "app_version": "1", "unsent": 0},
    "POST /api/v1/users": lambda p: {"login": f"new-{new_id()}", "name": "x"},
    "POST /api/v1/users/{user_id}/grants": lambda p: {"role": "manager", "site_id": p.parameters["site_id"]},
    "POST /api/v1/templates/{revision_id}/approve": lambda p: {},
    "POST /api/v1/enrolment-codes": lambda p: {"user_id": p.parameters["user_id"]},
    "POST /api/v1/enrolment": lambda p: {
        "code": "x",
        "replica": {"id": new_id(), "device_name": "x", "app_version": "x"},
    },
    "POST /api/v1/auth/login": lambda p: {"login": "nobody", "password": "x"},
    "POST /api/v1/auth/refresh": lambda p: {"refresh_token": "x"},
    "POST /api/v1/auth/logout": lambda p: {"refresh_token": "x"},
}
_FORMS: dict[str, Callable[[Place], dict[str, str]]] = {
    "POST /disputes/new": lambda p: {"inspection": p.more["two"], "item": _BADGE, "reason": "x"},
    "POST /disputes/{dispute_id}": lambda p: {"step": "answer", "outcome": "keep", "reason": "x"},
    "POST /actions/new": lambda p: {
        "inspection": _of(p),
        "item": _RADIO,
        "task": "x",
        "due_on": "2026-12-20",
        "priority": "normal",
    },
    "POST /actions/{action_id}": lambda p: {"step": "close", "note": "x"},
    "POST /inspections/{inspection_id}/decisions": lambda p: {"kind": "duplicate", "counts": "yes", "reason": "x"},
    "POST /employees/{employee_id}/weeks/{week}/receipts": lambda p: {"version": "1"},
    "POST /login": lambda p: {"login": "nobody", "password": "x"},
    "POST /replicas/enrol": lambda p: {"user_id": p.parameters["user_id"], "user": p.parameters["user_id"]},
    "POST /admin/mail": lambda p: {"step": "clear", "address": "x@example.test"},
    "POST /admin/mail/preview": lambda p: {"week": "2026-W47", "site": p.parameters["site_id"]},
    "POST /admin/users": lambda p: {"login": f"new-{new_id()}", "name": "x"},
    "POST /admin/users/{user_id}": lambda p: {"step": "disable"},
    "POST /admin/employees": lambda p: {
        "number": new_id(),
        "name": "x",
        "site_id": p.parameters["site_id"],
        "employed_from": "2026-01-05",
    },
    "POST /admin/employees/{employee_id}": lambda p: {
        "step": "away",
        "first_day": "2026-02-02",
        "last_day": "2026-02-03",
    },
    "POST /admin/sites": lambda p: {"code": "x", "name": "x", "zone": "Asia/Shanghai"},
    "POST /admin/sites/{site_id}": lambda p: {"step": "workspace", "code": "x", "name": "x"},
    "POST /admin/templates/{revision_id}": lambda p: {"step": "retire"},
    "POST /admin/privacy/{employee_id}": lambda p: {"number": p.parameters["number"]},
    "POST /quarantine/{refusal_id}": lambda p: {"step": "keep", "note": "x"},
}
PLACED_BY_BODY = {
    "POST /api/v1/actions",
    "POST /api/v1/disputes",
    "POST /actions/new",
    "POST /disputes/new",
    "POST /admin/mail/preview",
    "POST /api/v1/enrolment-codes",
    "POST /replicas/enrol",
}
"""Routes whose body names something of a site."""


def body_of(method: str, path: str, place: Place) -> dict[str, Any]:
    """The arguments of the request beside its address."""
    route = f"{method} {path}"
    if method == "PATCH":
        return {"content": b"x", "headers": {"content-type": "application/offset+octet-stream", "upload-offset": "0"}}
    if route in _JSON:
        return {"json": _JSON[route](place)}
    if route in _FORMS:
        return {"data": _FORMS[route](place)}
    return {}
