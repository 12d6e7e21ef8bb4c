"""What goes wrong between tablet and server, and how the tablet comes out of it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from checklists.tables import Role
from checklists.tables.columns import table_of
from inspect_api.directory import Directory
from sync.tables import Instance
from sync.tablet.inspecting import NotAllowed
from tests.sync.tablet.conftest import HAIR, Device, cut, stored, told
from tests.world import START

Devices = Callable[..., Device]
PUSH = ("POST", "/api/v1/sync/push")
PULL = ("GET", "/api/v1/sync/pull")


def test_a_refused_change_stays_visible_with_its_reason_and_can_be_corrected(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    chen.tablet.write(inspection, {HAIR: {"value": "sideways"}, "responses/worked_grooming.badge": {"value": "pass"}})
    other = chen.fill("lobby-2")
    report = chen.sync()
    assert (report.stored, report.refused, report.refused_changes) == (1, 1, 1)
    assert chen.tablet.view(other).view.state == "complete"
    (entry,) = chen.tablet.refused()
    assert (entry.code, entry.path) == ("invalid_field", "/fields/responses~1worked_grooming.hair/value")
    assert entry.message
    chen.restart()
    assert chen.tablet.view(inspection).refused == (entry,)
    chen.tablet.correct(entry.change.id, {HAIR: {"value": "fail"}})
    assert chen.sync().stored == 1
    view = chen.tablet.view(inspection)
    assert view.refused == ()
    assert view.response("worked_grooming.hair") == {"value": "fail"}
    assert view.response("worked_grooming.badge") == {"value": "pass"}
    assert view.view.state == "draft"


def test_a_refused_change_that_was_written_again_since_goes_away_and_sends_nothing(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    chen.sync()
    chen.tablet.write(inspection, {HAIR: {"value": "sideways"}})
    assert chen.sync().refused_changes == 1
    chen.tablet.write(inspection, {HAIR: {"value": "fail"}})
    (entry,) = chen.tablet.refused()
    assert chen.tablet.correct(entry.change.id) is None
    assert chen.tablet.refused() == []
    chen.restart()
    report = chen.sync()
    assert (report.stored, report.pending, report.problem) == (1, 0, None)
    assert chen.tablet.view(inspection).response("worked_grooming.hair") == {"value": "fail"}


def test_nothing_is_no_change(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.begin()
    with pytest.raises(NotAllowed):
        chen.tablet.write(inspection, {})
    chen.restart()
    assert chen.sync().pending == 0


def test_refused_for_now_stays_in_the_queue_and_goes_next_time(devices: Devices) -> None:
    chen = devices("chen")
    inspections = [chen.fill() for _ in range(3)]
    with chen.world.services.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER sour BEFORE INSERT ON change WHEN NEW.inspection_id = "
            f"'{inspections[1]}' BEGIN SELECT RAISE(ABORT, 'disk is sour'); END"
        )
    report = chen.sync()
    assert (report.stored, report.refused, report.pending_changes, report.refused_changes) == (2, 1, 1, 0)
    assert report.retry_in is not None
    with chen.world.services.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER sour")
    assert chen.sync().stored == 1
    assert len(stored(chen)) == 3


def test_a_batch_that_is_too_large_is_halved_until_it_fits(devices: Devices) -> None:
    chen = devices("chen")
    object.__setattr__(chen.world.services.settings, "push_max_changes", 3)
    for _ in range(10):
        chen.fill()
    report = chen.sync()
    assert (report.stored, report.pending, report.problem) == (10, 0, None)


def test_the_clocks_difference_is_measured_and_corrects_the_capture_time(devices: Devices) -> None:
    chen = devices("chen", ready=False)
    chen.clock.forward(days=-3650)
    chen.log_in()
    chen.sync()
    inspection = chen.fill()
    chen.sync()
    (change,) = stored(chen)
    assert abs((change.clock_offset_ms or 0) - 3650 * 86_400_000) < 60_000
    assert change.captured_at.year == 2016
    view = chen.tablet.view(inspection)
    assert view.view.clock_skewed
    assert abs(told(chen).clock_offset_ms - 3650 * 86_400_000) < 60_000


def test_a_clock_that_jumped_since_the_last_run_is_measured_again_before_anything_is_sent(devices: Devices) -> None:
    chen = devices("chen")
    chen.clock.forward(days=400)
    inspection = chen.fill()
    assert chen.sync().complete
    (change,) = stored(chen)
    assert abs((change.clock_offset_ms or 0) + 400 * 86_400_000) < 60_000
    with chen.world.services.database.read() as connection:
        weeks = connection.exec_driver_sql("SELECT week FROM inspection WHERE id = ?", (inspection,)).scalars()
        assert list(weeks) == ["2026-W47"]


def test_the_server_is_told_what_waits_and_since_when_and_that_nothing_waits_any_more(devices: Devices) -> None:
    chen = devices("chen")
    first = chen.clock.now
    for _ in range(5):
        chen.fill()
    chen.world.services.clock.now = chen.clock.now  # type: ignore[attr-defined]
    pushes = [0]

    def stop_after_the_first(method: str, path: str) -> None:
        pushes[0] += (method, path) == PUSH
        if pushes[0] == 2:
            cut(*PUSH)(method, path)

    chen.line.before = stop_after_the_first
    chen.sync(push_batch=2)
    row = told(chen)
    assert row.unsent == 3
    assert first <= row.oldest_unsent_at <= chen.clock.now
    chen.line.before = lambda method, path: None
    chen.sync(push_batch=2)
    row = told(chen)
    assert (row.unsent, row.oldest_unsent_at) == (0, None)


def test_an_expired_log_in_renews_itself_and_a_dead_one_loses_nothing(devices: Devices) -> None:
    chen = devices("chen")
    chen.world.services.clock.forward(minutes=20)  # type: ignore[attr-defined]
    inspection = chen.fill()
    assert chen.sync().stored == 1
    chen.world.services.clock.forward(days=60)  # type: ignore[attr-defined]
    chen.tablet.revise(inspection, "worked_grooming.hair", "fail", reason="复核")
    report = chen.sync()
    assert report.log_in_needed
    assert report.pending_changes == 1
    chen.log_in()
    assert chen.sync().stored == 1


def test_the_answer_to_a_refresh_gets_lost_and_the_log_in_survives(devices: Devices) -> None:
    chen = devices("chen")
    chen.world.services.clock.forward(minutes=20)  # type: ignore[attr-defined]
    chen.line.after = cut("POST", "/api/v1/auth/refresh", times=2)
    chen.fill()
    assert chen.sync().problem
    assert chen.sync().problem
    assert chen.sync().stored == 1


def test_after_a_restore_the_tablet_starts_over_and_keeps_its_outbox(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.fill()
    chen.sync()
    waiting = chen.begin("lobby-2")
    chen.line.before = cut(*PUSH)
    chen.sync()
    with chen.world.services.database.write() as connection:
        connection.execute(sa.update(table_of(Instance)).values(epoch="another life"))
    report = chen.sync()
    assert report.started_over
    assert report.complete
    assert report.stored == 1
    assert chen.tablet.inspections() == sorted([inspection, waiting])
    assert chen.tablet.view(waiting).unsent == 0
    assert not chen.sync().started_over


def test_what_a_restored_server_has_forgotten_is_sent_once_more(devices: Devices, tmp_path: Path) -> None:
    """Acknowledged after the backup was made, and not yet pulled: the tablet still has it, and is the only one."""
    chen = devices("chen")
    live = chen.world.services.settings.effective_database_url().removeprefix("sqlite:///")
    with closing(sqlite3.connect(live)) as now, closing(sqlite3.connect(tmp_path / "backup.db")) as backup:
        now.backup(backup)
        inspection = chen.fill()
        chen.line.after = lambda *request: setattr(chen.line, "before", cut(*PULL, 9)) if request == PUSH else None
        assert chen.sync().stored == 1
        chen.line.mend()
        backup.backup(now)
    with chen.world.services.database.write() as connection:
        connection.execute(sa.update(table_of(Instance)).values(epoch="another life"))
    report = chen.sync()
    assert (report.started_over, report.complete, report.stored) == (True, True, 1)
    assert {change.inspection_id for change in stored(chen)} == {inspection}
    view = chen.tablet.view(inspection)
    assert view.server is not None
    assert view.server.state == "complete"


def test_rows_of_a_site_that_is_taken_away_go_and_come_back_with_it(devices: Devices) -> None:
    chen, liu = devices("chen"), devices("liu")
    inspection = chen.fill()
    chen.sync()
    liu.sync()
    assert liu.tablet.inspections() == [inspection]
    user, site, database = liu.world.users["liu"], liu.world.sites["lobby"], liu.world.services.database
    with database.write() as connection, Directory(connection, liu.world.organisation_id, START) as directory:
        directory.revoke(user, Role.SUPERVISOR, site)
    liu.sync()
    assert liu.tablet.inspections() == []
    assert liu.tablet.directory.bodies("employee") == {}
    with database.write() as connection, Directory(connection, liu.world.organisation_id, START) as directory:
        directory.grant(user, Role.SUPERVISOR, site)
    liu.sync()
    assert liu.tablet.inspections() == [inspection]


def test_what_is_kept_is_kept_in_full(devices: Devices) -> None:
    """WAL with synchronous=FULL: a tap that was shown as saved survives the battery's end."""
    chen = devices("chen")
    connection = chen.tablet._local.store._connection
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert isinstance(connection, sqlite3.Connection)
