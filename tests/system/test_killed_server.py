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
from tests.system.fleet import Hire, Supervisor, check_against_server, device_time

database_kind = both_databases
SEED = 20261120
KILLS, MOST_KILLS = 3, 30


def killed_at_work(supervisors: list[Supervisor]) -> bool:
    """Whether some request ended in the middle, not only before there was a connection."""
    return any(not problem.startswith("ConnectError") for each in supervisors for problem in list(each.problems))


def test_every_acknowledged_change_is_there_once_and_every_photo_is_whole(
    tmp_path: Path, database_url: str | None, hire: Hire
) -> None:
    chance = random.Random(SEED)
    with running_server(tmp_path / "server", database_url) as (server, world):
        supervisors = [
            hire(tmp_path / login, world, login, server.url, seed) for seed, login in enumerate(("chen", "liu", "wang"))
        ]
        for supervisor in supervisors:
            supervisor.log_in()
            assert supervisor.sync().complete
        over = threading.Event()
        with ThreadPoolExecutor(len(supervisors)) as pool:
            supervisors[0].inspect(phone_jpeg())  # many pieces: some kill falls between two of them
            running = [pool.submit(supervisor.work, over, 6) for supervisor in supervisors]
            try:
                kills = 0
                while kills < KILLS or not killed_at_work(supervisors):
                    assert kills < MOST_KILLS, "no request was ever on its way"
                    time.sleep(chance.uniform(0.1, 1.5))
                    while not any(supervisor.connection.busy for supervisor in supervisors):
                        time.sleep(0.001)
                    time.sleep(chance.uniform(0, 0.03))
                    server.kill()
                    server.start()
                    kills += 1
            finally:
                over.set()
            for work in running:
                work.result()
            list(pool.map(Supervisor.finish, supervisors))
        fresh = hire(tmp_path / "fresh", world, "chen", server.url, 99)
        fresh.log_in()
        assert fresh.sync().complete
        check_against_server(world, [*supervisors, fresh], fresh.tablet)


def test_a_tablet_that_dies_with_the_server_has_lost_nothing_either(
    tmp_path: Path, database_url: str | None, hire: Hire
) -> None:
    """Both processes end in the same moment, whatever each was doing; both begin again from their disks."""
    with running_server(tmp_path / "server", database_url) as (server, world):
        chen = hire(tmp_path / "chen", world, "chen", server.url, 1)
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
