"""Scores of a large site: a week of many employees scored, its memory, and the manager's page over it.

The rows are written straight into the tables (a push of them is measured elsewhere); what is measured reads them as the
service does.
"""

import os
import random
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.report import Row
from checklists.ids import new_id
from checklists.periods import Week
from checklists.scoring.arithmetic import to_text
from checklists.tables import Employee, Inspection, Role, table_of
from inspect_api.database import Database
from inspect_api.directory import Directory
from inspect_api.scorecards import collect
from inspect_api.scorecards.live import live_scores
from sync.statements import insert
from tests.server_process import ServerProcess, make_world
from tests.worked_numbers import GROOMING, POST_STANDING
from tests.world import PASSWORD, PASSWORD_HASH, Pen, World

WEEK = Week(2026, 46)
MONDAY = datetime(2026, 11, 9, 1, 0, tzinfo=UTC)
SUPERVISORS = 40
READINGS = 60


def measure(employees: int, each: int, database_url: str | None = None, name: str = "SQLite") -> list[Row]:
    """``each``: inspections of every employee in the week."""
    with TemporaryDirectory(prefix="inspect-bench-") as folder:
        world = make_world(Path(folder), database_url)
        fill(world, employees, each)
        url = str(world.services.database.engine.url.render_as_string(hide_password=False))
        world.services.database.dispose()
        # In a process of its own, so that its peak is of the scoring alone.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            seconds, cpu, peak = pool.submit(_score, url, world.sites["lobby"]).result()
        week = f"a week of {employees:,} employees × {each} inspections scored"
        rows = [
            Row(f"{name}: {week}", seconds, "s", f"CPU {cpu:.1f} s"),
            Row(f"{name}: peak memory of it", peak, "MB"),
        ]
        return rows + _pages(world, Path(folder), database_url, name)


def fill(world: World, employees: int, each: int) -> None:
    """``employees`` more at the lobby, and as many complete inspections of each as asked for."""
    chance = random.Random(20_261_116)
    with world.services.database.write() as connection:
        with Directory(connection, world.organisation_id, MONDAY) as directory:
            people = [_supervisor(directory, world, number) for number in range(SUPERVISORS)]
        keys = [new_id() for _ in range(employees)]
        insert(connection, table_of(Employee), [_employee(world, key, place) for place, key in enumerate(keys)])
        for start in range(0, employees, 500):
            rows = [
                _inspection(world, key, people, place * each + number, number, chance)
                for place, key in enumerate(keys[start : start + 500], start)
                for number in range(each)
            ]
            insert(connection, table_of(Inspection), rows)


def _supervisor(directory: Directory, world: World, number: int) -> str:
    key = directory.add_user(f"supervisor-{number}", f"督导 {number}", PASSWORD_HASH)
    directory.grant(key, Role.SUPERVISOR, world.sites["lobby"])
    return key


def _employee(world: World, key: str, place: int) -> dict[str, Any]:
    return {
        "id": key,
        "organisation_id": world.organisation_id,
        "site_id": world.sites["lobby"],
        "post_id": world.posts["lobby"],
        "number": f"E{place:05d}",
        "name": f"员工 {place}",
        "language": "zh",
        "employed_from": date(2025, 1, 1),
    }


def _inspection(
    world: World, employee_id: str, people: list[str], place: int, number: int, chance: random.Random
) -> dict[str, Any]:
    template, dimension = (GROOMING, "grooming") if number % 2 else (POST_STANDING, "post_standing")
    earned = chance.randint(5, 10)
    score = to_text(Fraction(100 * earned, chance.choice((10, 11, 12)) if earned < 10 else 10))
    return {
        "id": new_id(),
        "organisation_id": world.organisation_id,
        "site_id": world.sites["lobby"],
        "state": "complete",
        "revision": f"{place:064x}",
        "supervisor_id": people[(place * 7 + number) % SUPERVISORS],
        "template_revision_id": world.templates[template.key],
        "dimension": dimension,
        "employee_id": employee_id,
        "captured_at": MONDAY + timedelta(days=number % 5, minutes=place % 480),
        "week": str(WEEK),
        "score": score,
        "uncapped": score,
        "red_flags": "worked_grooming.radio" if chance.random() < 0.02 else "",
        "unanswered": "",
        "missing_photos": 0,
        "conflicts": 0,
        "low_coverage": False,
        "clock_skewed": False,
        "updated_at": MONDAY + timedelta(days=5),
    }


def _score(url: str, site_id: str) -> tuple[float, float, float]:
    """Seconds, of them at work, and the peak of this process in megabytes."""
    database = Database(url)
    begun, worked = time.perf_counter(), time.process_time()
    with database.read() as connection:
        site = collect.site_ref(connection, site_id)
        assert site is not None  # noqa: S101 (it was made a moment ago)
        scores = live_scores(connection, site, WEEK)
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    database.dispose()
    if not all(live.score.sources for live in scores.values() if live.entry.number.startswith("E")):
        raise AssertionError("somebody was not scored")
    return seconds, worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _pages(world: World, folder: Path, database_url: str | None, name: str) -> list[Row]:
    server = ServerProcess(folder, database_url)
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=300) as client:
            client.post("/login", data={"login": "manager", "password": PASSWORD})
            page = f"/sites/{world.sites['lobby']}/weeks/{WEEK}"
            first = _seconds_until_there(client, page)
            queries = ["", "?page=3", "?sort=trend", "?show=flags", "?q=E001", "?sort=highest&page=9"]
            before = _cpu(server.pid)
            again = statistics.median(_seconds(client, page + queries[n % len(queries)]) for n in range(READINGS))
            worked = (_cpu(server.pid) - before) / READINGS
            coverage = statistics.median(_seconds(client, f"{page}/coverage") for _ in range(9))
            pushed = statistics.median(_after_a_push(client, world, page) for _ in range(9))
            peak = _peak(server.pid)
    finally:
        server.kill()
    turned = f"sorted, searched, turned over; CPU {worked * 1000:.0f} ms each"
    return [
        Row(f"{name}: manager's page over them, the first time", first, "s", "works the week out"),
        Row(f"{name}: manager's page over them, median", again * 1000, "ms", turned),
        Row(f"{name}: the same after a push", pushed * 1000, "ms", "shows that push"),
        Row(f"{name}: coverage page, median", coverage * 1000, "ms"),
        Row(f"{name}: server peak memory", peak, "MB"),
    ]


def _seconds(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    answer.raise_for_status()
    return time.perf_counter() - begun


def _seconds_until_there(client: httpx.Client, path: str) -> float:
    """With as many answers that say "not yet" as it takes."""
    begun = time.perf_counter()
    while client.get(path).raise_for_status().status_code == httpx.codes.ACCEPTED:
        time.sleep(0.1)
    return time.perf_counter() - begun


def _after_a_push(client: httpx.Client, world: World, page: str) -> float:
    pen = Pen(world.sites["lobby"])
    login = {"login": "chen", "password": PASSWORD, "replica": {"id": pen.replica_id, "device_name": "bench"}}
    token = client.post("/api/v1/auth/login", json=login).json()["access_token"]
    answers = {item.key: "pass" for item in GROOMING.items()} | {"worked_grooming.uniform": "full"}
    change = pen.inspection(
        world.templates[GROOMING.key], answers, MONDAY + timedelta(days=1), employee_id=world.employees["lobby-1"]
    )
    headers = {"authorization": f"Bearer {token}"}
    client.post("/api/v1/sync/push", json={"changes": [change]}, headers=headers).raise_for_status()
    return _seconds(client, page)


def _cpu(pid: int) -> float:
    """Seconds that the process has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, 10)))
