"""Tablets on a line that breaks before, in and after every kind of request."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from tests.databases import both_databases
from tests.fault_proxy import BREAKS, FaultProxy
from tests.photo_fixtures import phone_jpeg
from tests.server_process import running_server
from tests.system.fleet import Hire, Supervisor, check_against_server

database_kind = both_databases
SEED = 1120


def test_over_a_line_that_breaks_at_every_fourth_request_everything_arrives_once(
    tmp_path: Path, database_url: str | None, hire: Hire
) -> None:
    with (
        running_server(tmp_path / "server", database_url) as (server, world),
        FaultProxy(server.port, SEED, rate=0) as line,
    ):
        supervisors = [
            hire(tmp_path / login, world, login, line.url, seed) for seed, login in enumerate(("chen", "liu", "wang"))
        ]
        for supervisor in supervisors:
            supervisor.log_in()
            assert supervisor.sync().complete
        line.rate = 0.25
        line.break_next = [(b"/sync/push ", fault) for fault in BREAKS]
        over = Event()
        over.set()
        with ThreadPoolExecutor(len(supervisors)) as pool:
            supervisors[0].inspect(phone_jpeg())
            for work in [pool.submit(supervisor.work, over, 10) for supervisor in supervisors]:
                work.result()
            list(pool.map(Supervisor.finish, supervisors))
        assert line.break_next == []
        assert any(supervisor.totals.duplicate for supervisor in supervisors)
        line.rate = 0
        fresh = hire(tmp_path / "fresh", world, "chen", server.url, 99)
        fresh.log_in()
        assert fresh.sync().complete
        check_against_server(world, [*supervisors, fresh], fresh.tablet)


def test_a_conflict_of_two_tablets_is_seen_on_both_and_gone_on_both_once_one_decides(
    tmp_path: Path, database_url: str | None, hire: Hire
) -> None:
    path = "responses/worked_grooming.hair"
    with running_server(tmp_path / "server", database_url) as (server, world):
        chen, liu = (hire(tmp_path / login, world, login, server.url, 1) for login in ("chen", "liu"))
        for supervisor in (chen, liu):
            supervisor.log_in()
            supervisor.finish()
        inspection = chen.inspect()
        chen.finish()
        liu.finish()
        chen.tablet.revise(inspection, "worked_grooming.hair", "fail", "过领", reason="复核")
        liu.tablet.revise(inspection, "worked_grooming.hair", "pass", "已剪", reason="复核")
        for supervisor in (liu, chen, liu):
            supervisor.finish()
        assert [s.tablet.view(inspection).view.conflicts for s in (chen, liu)] == [[path], [path]]
        liu.tablet.resolve(inspection, path, {"value": "pass", "note": "一起看过"}, reason="已与陈核对")
        for supervisor in (liu, chen):
            supervisor.finish()
            view = supervisor.tablet.view(inspection)
            assert view.view.conflicts == []
            assert view.response("worked_grooming.hair") == {"value": "pass", "note": "一起看过"}
            assert view.server is not None
            assert view.server.score == view.view.score
