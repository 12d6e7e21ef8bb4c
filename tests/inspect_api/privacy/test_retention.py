"""Deleted by rule: photos, weeks and logs when their time is over; never what is disputed; nothing twice."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from checklists.ids import new_id
from checklists.periods import Week
from checklists.tables import (
    Audit,
    CorrectiveAction,
    Deletion,
    Dispute,
    Evidence,
    Inspection,
    Photo,
    PublishedWeek,
    Scorecard,
    table_of,
)
from inspect_api.photos.intake import SIZES, store_photo
from inspect_api.privacy import deletions
from inspect_api.privacy.retention import delete_due, plan_retention
from inspect_api.scorecards.publication import publish_due
from inspect_api.services import Services
from tests.databases import both_databases, photos_where_they_grow
from tests.inspect_api.disputes.court import Court
from tests.photo_fixtures import jpeg
from tests.worked_numbers import ALL_CHECKS, WEEK

database_kind = both_databases
blob_kind = photos_where_they_grow
_photo = table_of(Photo)
CHECK = ALL_CHECKS[0]


def add_photo(court: Court, tmp_path: Path, check: str | None, seed: int = 1) -> str:
    """A stored photo; declared, as its supervisor would, by the check if one is named."""
    source, world, desk = tmp_path / new_id(), court.world, court.desk
    source.write_bytes(jpeg(64, 48, seed=seed))
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    uploader = world.users["chen"]
    store_photo(world.services, world.organisation_id, sha256, source, uploaded_by=uploader, also=lambda _: None)
    if check is not None:
        who = "liu" if check == "E" else "chen"
        fields = {f"evidence/{sha256}": {"item": "worked_grooming.hair"}}
        desk.push(who, desk.pen(who).change(desk.sent[check], fields, court.clock.now, reason="补照片"))
    return sha256


def blobs(court: Court, sha256: str) -> int:
    return len(court.world.services.blobs.keys(f"{court.world.organisation_id}/{sha256}"))


def look(services: Services) -> int:
    plan_retention(services)
    return delete_due(services, "test")


def rows(services: Services, model: Any, *where: Any) -> int:
    with services.database.read() as connection:
        return int(
            connection.execute(sa.select(sa.func.count()).select_from(table_of(model)).where(*where)).scalar_one()
        )


async def test_a_photo_is_deleted_after_its_days_and_not_before(court: Court, tmp_path: Path) -> None:
    services = court.world.services
    sha256 = add_photo(court, tmp_path, "A")
    court.clock.forward(days=89)
    assert look(services) == 0
    assert blobs(court, sha256) == len(SIZES)
    court.clock.forward(days=2)
    assert look(services) == 1
    assert blobs(court, sha256) == 0
    seen = await court.call("manager", "GET", f"/photos/{sha256}/full")
    assert seen.status_code == 404
    assert look(services) == 0
    assert rows(services, Audit, table_of(Audit).c.action == "photo.delete") == 1
    assert rows(services, Deletion) == 0


async def test_evidence_under_dispute_stays_until_the_dispute_and_its_appeal_are_over(
    court: Court, tmp_path: Path
) -> None:
    services = court.world.services
    disputed, other = add_photo(court, tmp_path, "E"), add_photo(court, tmp_path, "A", 2)
    court.publish()
    opened = await court.opened()
    court.clock.forward(days=100)
    assert look(services) == 1
    assert (blobs(court, disputed), blobs(court, other)) == (len(SIZES), 0)
    assert (await court.answer(opened, "admin")).status_code < 300
    assert look(services) == 0
    court.clock.forward(days=8)
    with services.database.write() as connection:  # what the answer left to mend is done
        connection.execute(table_of(CorrectiveAction).update().values(state="closed"))
    assert look(services) == 1
    assert blobs(court, disputed) == 0


async def test_what_open_work_rests_on_stays(court: Court, tmp_path: Path) -> None:
    sha256 = add_photo(court, tmp_path, "E")
    assert rows(court.world.services, CorrectiveAction) > 0  # the failed critical item
    court.clock.forward(days=200)
    assert look(court.world.services) == 0
    assert blobs(court, sha256) == len(SIZES)


async def test_a_photo_that_nothing_declares_waits_for_its_tablet(court: Court, tmp_path: Path) -> None:
    sha256 = add_photo(court, tmp_path, None)
    court.clock.forward(days=300)
    assert look(court.world.services) == 0
    court.clock.forward(days=600)
    look(court.world.services)
    assert blobs(court, sha256) == 0


async def test_a_dispute_of_the_very_moment_keeps_the_bytes(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is committed after the photo was marked, and before its bytes are gone."""
    services, sha256 = court.world.services, add_photo(court, tmp_path, "A")
    court.clock.forward(days=91)
    plan_retention(services)
    mark = deletions.mark

    def dispute_meanwhile(connection: sa.Connection, claimed: deletions.Claimed) -> None:
        mark(connection, claimed)
        row = {"id": new_id(), "organisation_id": court.world.organisation_id, "site_id": court.world.sites["lobby"]}
        row |= {"employee_id": court.world.employees["lobby-1"], "week": str(WEEK), "item_key": "x", "value": "{}"}
        row |= {"inspection_id": court.desk.sent["A"], "reason": "x", "state": "open", "round": 1}
        now = court.clock.now
        connection.execute(table_of(Dispute).insert(), row | {"opened_at": now, "due_at": now})

    monkeypatch.setattr(deletions, "mark", dispute_meanwhile)
    assert delete_due(services, "test") == 0
    assert blobs(court, sha256) == len(SIZES)
    assert rows(services, Photo, _photo.c.sha256 == sha256, _photo.c.deleted_at.is_(None)) == 1


async def test_what_a_dead_process_had_begun_is_finished_when_its_lease_ends(court: Court, tmp_path: Path) -> None:
    services, sha256 = court.world.services, add_photo(court, tmp_path, "A")
    court.clock.forward(days=91)
    plan_retention(services)
    claimed = deletions.claim(services.database, court.clock.now, "dead", 60)
    assert claimed is not None
    assert delete_due(services, "other") == 0
    court.clock.forward(seconds=61)
    assert delete_due(services, "other") == 1
    assert blobs(court, sha256) == 0


async def test_a_store_that_is_out_of_reach_costs_a_delay_and_not_the_photo_record(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, sha256 = court.world.services, add_photo(court, tmp_path, "A")
    court.clock.forward(days=91)

    def away(*_: Any) -> None:
        raise OSError("no route")

    with monkeypatch.context() as patch:
        patch.setattr("inspect_api.privacy.retention.delete_photo_blobs", away)
        assert look(services) == 0
    assert rows(services, Deletion, table_of(Deletion).c.last_error.contains("no route")) == 1
    court.clock.forward(minutes=11)
    assert look(services) == 1
    assert blobs(court, sha256) == 0


async def test_four_at_once_delete_each_photo_once(court: Court, tmp_path: Path) -> None:
    services = court.world.services
    for seed in range(4):
        add_photo(court, tmp_path, "A", seed)
    court.clock.forward(days=91)
    done = await asyncio.gather(*(asyncio.to_thread(look, services) for _ in range(4)))
    assert sum(done) == 4
    assert rows(services, Audit, table_of(Audit).c.action == "photo.delete") == 4


async def test_a_week_goes_after_its_months_with_tombstones_and_is_not_published_again(court: Court) -> None:
    services = court.world.services
    with services.database.write() as connection:
        connection.execute(table_of(CorrectiveAction).update().values(state="closed"))
    court.clock.forward(days=700)
    look(services)
    assert rows(services, Inspection) > 0
    court.clock.forward(days=60)
    look(services)
    for model in (Inspection, Scorecard, Evidence, CorrectiveAction):
        assert rows(services, model) == 0, model
    assert rows(services, PublishedWeek) > 0
    publish_due(services)
    assert rows(services, Scorecard, table_of(Scorecard).c.week == str(WEEK)) == 0
    kinds = sa.text("SELECT count(*) FROM feed_row WHERE kind = 'inspection' AND body IS NOT NULL")
    with services.database.read() as connection:
        assert connection.execute(kinds).scalar_one() == 0


async def test_a_week_under_dispute_stays(court: Court) -> None:
    await court.opened()
    court.clock.forward(days=900)
    look(court.world.services)
    week = table_of(Inspection).c.week
    assert rows(court.world.services, Inspection, week == str(WEEK)) > 0
    assert Week.parse(str(WEEK)) == WEEK


async def test_logs_go_after_their_years(court: Court) -> None:
    services = court.world.services
    row = {"id": new_id(), "organisation_id": court.world.organisation_id, "action": "old", "object_kind": "x"}
    row |= {"object_id": "x", "detail": "{}", "at": court.clock.now}
    with services.database.write() as connection:
        connection.execute(table_of(Audit).insert(), row)
    court.clock.now += timedelta(days=365 * 3 - 2)
    look(services)
    assert rows(services, Audit, table_of(Audit).c.action == "old") == 1
    court.clock.forward(days=5)
    look(services)
    assert rows(services, Audit, table_of(Audit).c.action == "old") == 0
    assert rows(services, Audit, table_of(Audit).c.action == "logs.delete") == 1


def test_what_a_device_with_an_old_calendar_sends_today_is_not_deleted_as_old(court: Court) -> None:
    """Its week is long over by the rules, and the tablet was told that it is stored."""
    world, desk = court.world, court.desk
    before = rows(world.services, Inspection)
    years_ago = court.clock.now - timedelta(days=5 * 365)
    change = desk.pen("chen").inspection(
        world.templates[CHECK.template.key],
        {key: msgspec.to_builtins(response) for key, response in CHECK.responses.items()},
        years_ago,
        employee_id=world.employees["lobby-1"],
    )
    desk.push("chen", change)
    assert look(world.services) == 0
    assert rows(world.services, Inspection) == before + 1
    court.clock.forward(days=366 * 3)
    assert look(world.services) > 0
    assert rows(world.services, Inspection) == before  # of those some work is still open


def test_what_arrives_between_the_plan_and_the_deletion_stays(court: Court) -> None:
    """A tablet comes back after two years with its corrections, at that very moment."""
    services = court.world.services
    court.clock.forward(days=366 * 3)
    plan_retention(services)
    court.desk.revise("A", "chen", {"inspection/void": True}, "迟到的作废", court.clock.now)
    delete_due(services, "test")
    inspections = table_of(Inspection)
    assert rows(services, Inspection, inspections.c.id == court.desk.sent["A"]) == 1
