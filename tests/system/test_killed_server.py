"""A server that is killed again and again in the middle of its work keeps every promise that it has made."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sync.tablet.tablet import Tablet
from tests.databases import both_databases
from tests.photo_fixtures import phone_jpeg
from tests.server_process import running_server
from tests.system.fleet import Supervisor, check_against_server, device_time

database_kind = both_databases
SEED = 20261120
KILLS = 3


def test_every_acknowledged_change_is_there_once_and_every_photo_is_whole(
    tmp_path: Path, database_url: str | None
) -> None:
    chance = random.Random(SEED)
    with running_server(tmp_path / "server", database_url) as (server, world):
        supervisors = [
            Supervisor(tmp_path / login, world, login, server.url, seed)
            for seed, login in enumerate(("chen", "liu", "wang"))
        ]
        for supervisor in supervisors:
            supervisor.log_in()
            assert supervisor.sync().complete
        over = threading.Event()
        with ThreadPoolExecutor(len(supervisors)) as pool:
            supervisors[0].inspect(phone_jpeg())  # many pieces: some kill falls between two of them
            running = [pool.submit(supervisor.work, over, 6) for supervisor in supervisors]
            try:
                for _ in range(KILLS):
                    time.sleep(chance.uniform(0.1, 1.5))
                    while not any(supervisor.connection.busy for supervisor in supervisors):
                        time.sleep(0.001)
                    time.sleep(chance.uniform(0, 0.03))
                    server.kill()
                    server.start()
            finally:
                over.set()
            for work in running:
                work.result()
            list(pool.map(Supervisor.finish, supervisors))
        problems = [problem for supervisor in supervisors for problem in supervisor.problems]
        assert any(not problem.startswith("ConnectError") for problem in problems)  # it was killed at work
        fresh = Supervisor(tmp_path / "fresh", world, "chen", server.url, 99)
        fresh.log_in()
        assert fresh.sync().complete
        check_against_server(world, [*supervisors, fresh], fresh.tablet)
        for supervisor in [*supervisors, fresh]:
            supervisor.close()


def test_a_tablet_that_dies_with_the_server_has_lost_nothing_either(tmp_path: Path, database_url: str | None) -> None:
    """Both processes end in the same moment, whatever each was doing; both begin again from their disks."""
    with running_server(tmp_path / "server", database_url) as (server, world):
        chen = Supervisor(tmp_path / "chen", world, "chen", server.url, 1)
        chen.log_in()
        chen.sync()
        for _ in range(2):
            chen.inspect()
            syncing = threading.Thread(target=chen.sync)
            syncing.start()
            time.sleep(0.02)
            server.kill()
            syncing.join()
            chen.tablet.close()
            chen.tablet = Tablet(tmp_path / "chen", device_time)
            server.start()
        chen.finish()
        check_against_server(world, [chen], chen.tablet)
        chen.close()
