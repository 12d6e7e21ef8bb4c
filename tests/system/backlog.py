"""A database in which jobs of every kind are due at once, as after a downtime: mail, publication, escalation, deletion,
and a photo that arrived whole when nobody was there to finish it."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import Week, final_at, week_of
from checklists.tables import CorrectiveAction, Dispute, Photo, Role, User, table_of
from inspect_api.auth.principal import Principal
from inspect_api.directory import Directory
from inspect_api.disputes.deciding import open_dispute
from inspect_api.photos.intake import store_photo
from inspect_api.reports.due import weeks_due
from inspect_api.scorecards.publication import publish_due
from inspect_api.services import Services
from inspect_api.uploads import store as uploads
from inspect_api.uploads.finishing import upload_files
from inspect_api.uploads.store import UploadRow, UploadState
from tests.inspect_api.api.test_push_pull import CLEAN
from tests.inspect_api.scorecards.desk import Desk
from tests.photo_fixtures import jpeg
from tests.worked_numbers import GROOMING, TEMPLATES, ZONE
from tests.world import PASSWORD_HASH, SteppedClock, World, build_world

MANAGERS = 3
RADIO, HAIR = "worked_grooming.radio", "worked_grooming.hair"


@dataclass
class Backlog:
    """``weeks``: whose reports are due. ``old_photo``, ``whole_upload``: SHA-256 of what is to go, and to come."""

    world: World
    weeks: list[Week]
    dispute_id: str
    old_photo: str
    whole_upload: str
    waiting_inspection: str


def make_backlog(services: Services, scratch: Path) -> Backlog:
    """Three weeks of an organisation, of which nobody has sent, escalated, deleted or finished anything."""
    now = datetime.now(UTC)
    week = week_of(now - timedelta(weeks=3), ZONE)
    clock = SteppedClock(week.starts_at(ZONE).astimezone(UTC) + timedelta(hours=9))  # the week before is not theirs
    then = dataclasses.replace(services, clock=clock)
    world = build_world(then, TEMPLATES)
    _more_people(world, clock.now)
    weeks = weeks_due(now, ZONE, services.settings.report_hour, clock.now)
    desk, photo = Desk(world), scratch / "photo.jpg"
    clock.forward(hours=24)
    failed = _inspect(desk, clock.now, {**CLEAN, RADIO: {"value": "fail"}})
    photo.write_bytes(jpeg(64, 48, seed=1))
    old = sha256(photo.read_bytes()).hexdigest()
    uploader = world.users["chen"]
    store_photo(then, world.organisation_id, old, photo, uploaded_by=uploader, also=lambda _: None)
    clock.forward(hours=2)
    _inspect(desk, clock.now, CLEAN, **{f"evidence/{old}": {"item": HAIR}})
    clock.now = final_at(week, ZONE).astimezone(UTC) + timedelta(minutes=1)
    publish_due(then)
    dispute_id = open_dispute(then, _employee(world), failed, RADIO, "对讲机送修", None)
    _come_due(services, now, old)
    whole = jpeg(320, 240, seed=2)
    waiting = _inspect(
        desk, now - timedelta(days=1), CLEAN, **{f"evidence/{sha256(whole).hexdigest()}": {"item": HAIR}}
    )
    _arrive_whole(services, world, whole, now)
    return Backlog(
        dataclasses.replace(world, services=services), weeks, dispute_id, old, sha256(whole).hexdigest(), waiting
    )


def _more_people(world: World, now: datetime) -> None:
    """Managers, and an address of the employee."""
    with (
        world.services.database.write() as connection,
        Directory(connection, world.organisation_id, now) as directory,
    ):
        for number in range(MANAGERS):
            login = f"manager{number}"
            world.users[login] = directory.add_user(login, login, PASSWORD_HASH, email=f"{login}@example.test")
            directory.grant(world.users[login], Role.MANAGER, world.sites["lobby"])
        user = table_of(User)
        mine = user.c.id == world.users["employee"]
        connection.execute(sa.update(user).where(mine).values(email="employee@example.test"))


def _inspect(desk: Desk, at: datetime, responses: dict[str, object], **more: object) -> str:
    world = desk.world
    change = desk.pen("chen").inspection(
        world.templates[GROOMING.key], responses, at, employee_id=world.employees["lobby-1"], **more
    )
    desk.push("chen", change)
    return str(change["inspection_id"])


def _employee(world: World) -> Principal:
    user_id, employee_id = world.users["employee"], world.employees["lobby-1"]
    return Principal(user_id, world.organisation_id, "王芳", "zh", employee_id, None, {})


def _come_due(services: Services, now: datetime, old_photo: str) -> None:
    """Whatever holidays there were: what was promised is late, and the photo past its days."""
    dispute, action, photo = table_of(Dispute), table_of(CorrectiveAction), table_of(Photo)
    with services.database.write() as connection:
        for table in (dispute, action):
            assert connection.execute(sa.update(table).values(due_at=now - timedelta(days=1))).rowcount == 1
        old = now - timedelta(days=services.settings.photo_days + 1)
        connection.execute(sa.update(photo).where(photo.c.sha256 == old_photo).values(stored_at=old))


def _arrive_whole(services: Services, world: World, content: bytes, now: datetime) -> None:
    """As a server leaves it that was killed after the last byte."""
    row = UploadRow(
        id=new_id(),
        organisation_id=world.organisation_id,
        user_id=world.users["chen"],
        sha256=sha256(content).hexdigest(),
        length=len(content),
        state=UploadState.OPEN,
        refusal=None,
        expires_at=now + timedelta(days=7),
    )
    with services.database.write() as connection:
        uploads.insert_upload(connection, row, None, now)
    with upload_files(services).hold(row.id) as file:
        file.append(content)
