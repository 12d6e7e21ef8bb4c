"""The scoring rules in force, their history, and a form to set them."""

from asyncio import to_thread
from typing import Any

import msgspec
from litestar import Response, get, post

from checklists.scoring.rules import ScoringRules
from inspect_api.administration import scoring
from inspect_api.injection import UserRequest, UseServices
from inspect_api.pages.admin.posting import Posted, back, posted, zone_of_pages
from inspect_api.pages.rendering import page


@get("/admin/scoring", sync_to_thread=True)
def rules(request: UserRequest, services: UseServices) -> Response[str]:
    with services.database.read() as connection:
        history = scoring.history(connection, request.user)
        present = scoring.present_rules(connection, request.user)
        zone = zone_of_pages(connection, request.user.organisation_id)
    shown = [(row, msgspec.json.decode(row.rules, type=ScoringRules)) for row in history]
    return page(request, "admin/scoring.html", rules=present, history=shown, zone=zone)


@post("/admin/scoring")
async def set_rules(request: UserRequest, services: UseServices) -> Any:
    request.user.require_administrator()
    form = await posted(request)
    wanted = scoring.read_rules(_values(form))

    def write() -> None:
        with services.database.write() as connection:
            scoring.set_rules(connection, request.user, wanted, form["reason"], services.clock())

    await to_thread(write)
    return back("/admin/scoring")


def _values(form: Posted) -> dict[str, Any]:
    """Names of the form are those of the rules; a part of a group has its name before it: ``grades.a``."""
    names = [name for name in ScoringRules.__struct_fields__ if name not in ("version", "weights", "grades")]
    plain = {name: form.number(name) for name in names if name != "trend_weights"}
    return {
        **plain,
        "weights": {name: form.number(f"weights.{name}") for name in ("grooming", "post_standing", "workspace_5s")},
        "grades": {name: form.number(f"grades.{name}") for name in "abcd"},
        "trend_weights": [form.number(f"trend_weights.{place}") for place in range(4)],
    }


HANDLERS = [rules, set_rules]
