"""The same things three times: at the reader's own site, at another site, and in another organisation."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from checklists import tables
from checklists.ids import new_id
from checklists.periods import final_at
from checklists.tables import table_of
from inspect_api.auth.principal import Principal
from inspect_api.photos.from_form import store_form_photo
from inspect_api.scorecards.publication import publish_due
from sync.tables import Quarantine, Replica, Upload
from tests.inspect_api.scorecards.desk import Desk
from tests.photo_fixtures import jpeg
from tests.worked_numbers import GROOMING_CHECKS, TEMPLATES, WEEK, ZONE, Check, grooming_check, site_time
from tests.world import World, build_world

OWN, SITE, ORGANISATION = "own", "site", "organisation"
DAY = "2026-12-25"


@dataclass
class Place:
    """The values of the parameters that routes have, and ``more`` that bodies need."""

    parameters: dict[str, str]
    more: dict[str, str]


def build_places(world: World) -> dict[str, Place]:
    """The worked week at the lobby, published; another site; another organisation with the same log-ins, prefixed."""
    other = build_world(world.services, TEMPLATES, "other-")
    places = {}
    for name, home, site, supervisor in (
        (OWN, world, "lobby", "liu"),
        (SITE, world, "tower", "zhao"),
        (ORGANISATION, other, "lobby", "liu"),
    ):
        desk = Desk(home, site)
        checks = [_by(supervisor, check) for check in GROOMING_CHECKS]
        for check in checks:
            desk.send(check, f"{site}-1")
        again = grooming_check("again", supervisor, site_time(16, 10, 5), hair="fail")
        desk.send(again, f"{site}-1")
        places[name] = _place(desk, site, supervisor, len(places))
    world.services.clock.now = final_at(WEEK, ZONE)  # type: ignore[attr-defined]
    publish_due(world.services)
    return places


def _by(supervisor: str, check: Check) -> Check:
    return Check(check.name, check.template, supervisor, check.captured_at, check.responses)


def _place(desk: Desk, site: str, supervisor: str, place: int) -> Place:
    world, services = desk.world, desk.world.services
    user_id = world.users[supervisor]
    photo = store_form_photo(services, _principal(world, supervisor), jpeg(64, 48, seed=place))
    parameters = {
        "site_id": world.sites[site],
        "week": str(WEEK),
        "employee_id": world.employees[f"{site}-1"],
        "inspection_id": desk.sent["E"],
        **{name: new_id() for name in ("dispute_id", "action_id", "upload_id", "run_id", "replica_id", "absence_id")},
        "sha256": photo,
        "refusal_id": sha256(desk.sent["E"].encode()).hexdigest(),
        "user_id": user_id,
        "revision_id": world.templates["worked_grooming"],
        "workspace_id": world.workspaces[site],
        "post_id": world.posts[site],
        "day": DAY,
        "number": f"{site}-1",
    }
    uploader = world.users["chen" if site == "lobby" else supervisor]
    people = {"supervisor": user_id, "manager": world.users["manager"], "uploader": uploader}
    grant = table_of(tables.RoleGrant)
    with services.database.write() as connection:
        for model, row in _rows(parameters, people, desk.pen(supervisor).replica_id, services.clock()):
            connection.execute(table_of(model).insert(), {"organisation_id": world.organisation_id, **row})
        parameters["grant_id"] = connection.execute(
            sa.select(grant.c.id).where(grant.c.user_id == user_id, grant.c.revoked_at.is_(None))
        ).scalar_one()
    return Place(parameters, {"again": desk.sent["again"], "clean": desk.sent["C"], "two": desk.sent["D"]})


def _rows(
    ids: dict[str, str], people: dict[str, str], tablet: str, now: datetime
) -> list[tuple[type[Any], dict[str, Any]]]:
    """What no push makes, straight into the tables."""
    later = now + timedelta(days=30)
    about = {name: ids[name] for name in ("site_id", "inspection_id", "employee_id")}
    item = {"item_key": "worked_grooming.radio"}
    dispute = {"week": ids["week"], "value": '{"value":"fail"}', "reason": "x", "state": "open", "round": 1}
    action = {"origin": "manual", "origin_key": ids["action_id"], "task": "x", "priority": "normal", "state": "open"}
    upload = {"sha256": "0" * 64, "length": 10, "received": 0, "state": "open"}
    refusal = {"replica_id": tablet, "code": "x", "path": "", "message": "x", "body": "{}", "refused_at": now}
    run = {"report": "weekly", "period": "2026-W40", "message_id": "<x@y>", "state": "sent", "revision": 1}
    replica = {"device_name": "x", "app_version": "", "unsent": 0, "changes_stored": 0, "changes_refused": 0}
    return [
        (tables.Dispute, {"id": ids["dispute_id"], **about, **item, **dispute, "opened_at": now, "due_at": later}),
        (
            tables.CorrectiveAction,
            {"id": ids["action_id"], **about, **item, **action, "reopened": 0, "due_at": later, "created_at": now},
        ),
        (tables.Evidence, {"inspection_id": ids["inspection_id"], "sha256": ids["sha256"]}),
        (
            Upload,
            {"id": ids["upload_id"], "user_id": people["uploader"], **upload, "created_at": now, "expires_at": later},
        ),
        (Quarantine, {"id": ids["refusal_id"], "user_id": people["supervisor"], **refusal}),
        (
            tables.ReportRun,
            {"id": ids["run_id"], "site_id": ids["site_id"], "recipient_id": people["manager"], **run}
            | {"attempts": 1, "planned_at": now, "next_attempt_at": now, "sent_at": now},
        ),
        (
            tables.Absence,
            {"id": ids["absence_id"], "employee_id": ids["employee_id"], "reason": ""}
            | {"first_day": date(2026, 1, 5), "last_day": date(2026, 1, 9)},
        ),
        (Replica, {"id": ids["replica_id"], "user_id": people["supervisor"], **replica, "enrolled_at": now}),
    ]


def _principal(world: World, login: str) -> Any:

    return Principal(world.users[login], world.organisation_id, login, "zh", None, None, {})
