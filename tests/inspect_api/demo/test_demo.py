"""The demonstration is the first thing a reader sees: everything arrives, and a second start doubles nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checklists.periods import Week, provisional_at
from checklists.tables import Employee, Inspection, Photo, ReportRun, Site
from checklists.tables.columns import table_of
from inspect_api.demo import people
from inspect_api.demo.organisation import demo_week, ensure_organisation
from inspect_api.demo.plan import visits
from inspect_api.demo.play import Played, play
from inspect_api.reports.plan import plan_weekly
from inspect_api.services import Services
from inspect_api.serving import build_services
from inspect_api.settings import Settings
from sync.tables import Change, Quarantine
from tests.migrated import migrated
from tests.server_process import ServerProcess
from tests.worked_numbers import ZONE

MOST = 4


def count(services: Services, model: Any) -> int:
    with services.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table_of(model))).scalar_one())


def test_a_week_is_played_once_and_a_second_start_adds_nothing(tmp_path: Path) -> None:
    services = build_services(Settings(mode="development", data_dir=tmp_path, jobs=False))
    migrated(services.database)
    week = ensure_organisation(services)
    server = ServerProcess(tmp_path)
    server.start()
    try:
        first = playing(server, tmp_path, week)
        kinds = (Employee, Site, Inspection, Change, Photo, Quarantine)
        after_first = [count(services, kind) for kind in kinds]
        assert ensure_organisation(services) == week
        playing(server, tmp_path, week)
        assert [count(services, kind) for kind in kinds] == after_first
    finally:
        server.kill()
    inspection = table_of(Inspection)
    with services.database.read() as connection:
        states = connection.execute(sa.select(inspection.c.state, inspection.c.week, inspection.c.conflicts)).all()
    assert first.lost > 0
    assert after_first[:3] == [30, 2, 3 * MOST]
    assert after_first[-1] == 0
    assert {(row.state, row.week) for row in states} == {("complete", str(week))}
    assert sum(row.conflicts for row in states) == 1  # one answer was revised on two tablets
    assert plan_weekly(services.database, services.settings, datetime.now(UTC)) == 3  # the one week, each recipient
    assert count(services, ReportRun) == 3
    services.database.dispose()


def playing(server: ServerProcess, folder: Path, week: Week) -> Played:
    def ignore(_step: str, _done: int, _total: int) -> None:
        pass

    return play(server.url, folder / "tablets", week, lambda: datetime.now(UTC), ignore, most=MOST)


def test_the_week_is_the_newest_whose_scores_are_out() -> None:
    due = provisional_at(Week(2026, 47), ZONE)
    assert demo_week(due) == Week(2026, 47)
    assert demo_week(due - timedelta(minutes=1)) == Week(2026, 46)


def test_the_plan_is_the_same_at_every_start_and_supervisors_overlap() -> None:
    plans = {login: visits(Week(2026, 47), login) for login in people.SUPERVISORS}
    assert plans == {login: visits(Week(2026, 47), login) for login in people.SUPERVISORS}
    subjects = [{visit.subject for visit in plan} for plan in plans.values()]
    assert len(subjects[0] & subjects[1] & subjects[2]) > 25
    assert people.NEVER_SEEN not in subjects[0] | subjects[1] | subjects[2]
