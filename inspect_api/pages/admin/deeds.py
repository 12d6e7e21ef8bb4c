"""The audit log in words: what somebody did, to what kind of thing, and what changed by it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from inspect_api.i18n import N_

DEEDS: Final = {
    "absence.add": N_("Absence entered"),
    "absence.remove": N_("Absence removed"),
    "calendar.put": N_("Day of the calendar set"),
    "calendar.remove": N_("Day of the calendar removed"),
    "employee.erase": N_("Person erased"),
    "employee.export": N_("Data of a person exported"),
    "employee.put": N_("Employee added or changed"),
    "enrolment_code.make": N_("Code for a tablet made"),
    "enrolment_code.use": N_("Tablet brought into use"),
    "inspection.decide": N_("Inspection decided about"),
    "logs.delete": N_("Old logs deleted by rule"),
    "mail.subscribe": N_("Mail wanted again"),
    "mail.unsubscribe": N_("Unsubscribed from mail"),
    "mail_address.clear": N_("Refused address cleared"),
    "photo.delete": N_("Photo deleted by rule"),
    "photo.refused": N_("Photo refused"),
    "photo.view": N_("Photo viewed"),
    "post.put": N_("Post added or changed"),
    "quarantine.kept": N_("Refused change left out"),
    "quarantine.stored": N_("Refused change taken in"),
    "queue.import": N_("Queue of a tablet imported"),
    "replica.revoke": N_("Tablet revoked"),
    "report.preview": N_("Report sent to oneself"),
    "report_run.resend": N_("Report sent again"),
    "report_schedule.set": N_("Report schedule set"),
    "responsibility.begin": N_("Workspace given to somebody"),
    "responsibility.end": N_("Workspace taken from somebody"),
    "role.grant": N_("Role given"),
    "role.revoke": N_("Role taken back"),
    "roster.import": N_("Roster file imported"),
    "scorecards.export": N_("Scorecards exported"),
    "scoring.set": N_("Scoring rules set"),
    "site.put": N_("Site added or changed"),
    "template.approve": N_("Template revision approved"),
    "template.discard": N_("Template draft discarded"),
    "template.draft": N_("Template revision drafted"),
    "template.retire": N_("Template revision retired"),
    "user.change": N_("User changed"),
    "user.create": N_("User added"),
    "user.disable": N_("User disabled"),
    "user.enable": N_("User enabled"),
    "user.link": N_("Password link made"),
    "user.log_out": N_("Every session ended"),
    "user.password": N_("Password set"),
    "week.delete": N_("Old week deleted by rule"),
    "workspace.put": N_("Workspace added or changed"),
}
"""Every action that the code records; an action of a later version is shown by its key."""

PAGES: Final = {
    "user": "/admin/users/",
    "employee": "/admin/employees/",
    "site": "/admin/sites/",
    "template_revision": "/admin/templates/",
}
"""Where a thing has a page for administrators."""

_LONGEST = 60


def details(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of each detail; of a setting only what differs, as before → after."""
    before, after = detail.get("before"), detail.get("after")
    for name, value in detail.items():
        if isinstance(before, dict) and isinstance(after, dict) and name in ("before", "after"):
            continue
        yield name, _text(value)
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = dict(_flat(before)), dict(_flat(after))
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield name, f"{_text(old.get(name))} → {_text(new.get(name))}"


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
