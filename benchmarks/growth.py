"""``make bench-growth``: what push, pull and scorecards cost with ten thousand to a million inspections stored.

The organisation stays the same (10 sites, 100 employees each, 3 inspections of each in a week); its past gets longer.
"""

import argparse
import http.client
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the measurements use the suite's own helpers

from benchmarks import syncing
from benchmarks.crowd import Crowd
from benchmarks.field import Bench, Tablet, running
from benchmarks.loading import fill
from benchmarks.report import put_into_page
from checklists.periods import week_of
from checklists.tables import Role
from inspect_api.directory import Directory
from sync.pull import Cursor
from sync.store import zone
from tests.postgres_server import running_postgres
from tests.world import PASSWORD, Pen

SIZES = (10_000, 100_000, 1_000_000)
_PUSHED, _ROUNDS, _PAGE, _TIMES = 2000, 3, 1000, 15


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="inspections stored")
    arguments.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    arguments.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    given = arguments.parse_args()
    parts = [f"Python {platform.python_version()}, {os.cpu_count()} cores that client and server share."]
    for kind in given.databases:
        with ExitStack() as stack:
            url = None
            if kind == "postgresql":
                postgres = stack.enter_context(running_postgres())
                postgres.sync_to_disk()
                url = postgres.fresh()
            bench = stack.enter_context(running(url))
            parts.append(_table("SQLite" if url is None else "PostgreSQL", given.sizes, bench))
            print(parts[-1], "\n", flush=True)
    if given.write:
        put_into_page("growth", "\n\n".join(parts))


def _table(label: str, sizes: list[int], bench: Bench) -> str:
    crowd = Crowd(bench)
    measured: list[dict[str, str]] = []
    for size in sizes:
        fill(bench, crowd, size)
        measured.append(_measure(bench, label))
    lines = [f"| {label}, inspections stored |" + "|".join(f" {size:,} " for size in sizes) + "|"]
    lines.append("|---|" + "---:|" * len(sizes))
    lines += [f"| {what} |" + "|".join(f" {row[what]} " for row in measured) + "|" for what in measured[0]]
    return "\n".join(lines)


def _measure(bench: Bench, label: str) -> dict[str, str]:
    syncing.push(bench, _PUSHED // 4, 8, label)  # warm
    cpu = bench.cpu_seconds()
    rates = [syncing.push(bench, _PUSHED, 8, label).value for _ in range(_ROUNDS)]
    cpu = (bench.cpu_seconds() - cpu) / (_ROUNDS * _PUSHED)
    tablet, manager = bench.tablet(), _manager(bench)
    middle, end = _cursor(bench, 0.5), _cursor(bench, 1)
    week = week_of(datetime.now(UTC), zone("Asia/Shanghai"))
    site, employee = bench.world.sites["tower"], bench.world.employees["tower-1"]

    def page() -> None:
        answer = json.loads(tablet.ask("GET", f"/api/v1/sync/pull?limit={_PAGE}&cursor={middle}"))
        if len(answer["rows"]) != _PAGE:
            raise RuntimeError(f"a page of {len(answer['rows'])} rows")

    return {
        "pushed, 8 connections": f"{max(rates):,.0f} /s",
        "the server's own CPU for each": f"{cpu * 1e6:,.0f} µs",
        f"a page of {_PAGE:,} rows out of the middle": _timed(page),
        "empty pull": _timed(lambda: tablet.ask("GET", f"/api/v1/sync/pull?cursor={end}"), 100),
        "scorecards of a site, running week": _timed(
            lambda: manager.ask("GET", f"/api/v1/scorecards?site_id={site}&week={week}")
        ),
        "an employee's week, explained": _timed(
            lambda: manager.ask("GET", f"/api/v1/employees/{employee}/scorecards/{week}/explain")
        ),
        "`/health`": _timed(lambda: tablet.ask("GET", "/health")),
    }


def _timed(ask: Callable[[], object], times: int = _TIMES) -> str:
    """The fastest: what else the machine does makes nothing faster, and how cost grows is what is asked."""
    ask()
    waits = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        waits.append(time.perf_counter() - began)
    return f"{min(waits) * 1000:.1f} ms"


def _cursor(bench: Bench, share: float) -> str:
    """Where a tablet of the lobby stands that has seen this share of the feed."""
    scopes = {bench.world.sites["lobby"], bench.world.organisation_id}
    with bench.services.database.read() as connection:
        (epoch,) = connection.exec_driver_sql("SELECT epoch FROM instance").one()
        counters = connection.exec_driver_sql("SELECT scope_id, last_seq FROM feed_counter").all()
    return Cursor(epoch, {scope: int(last * share) for scope, last in counters if scope in scopes}).text()


def _manager(bench: Bench) -> Tablet:
    """Who reads the scorecards of the other site, where nothing is pushed while it is measured."""
    world = bench.world
    with (
        bench.services.database.write() as connection,
        Directory(connection, world.organisation_id, datetime.now(UTC)) as directory,
    ):
        directory.grant(world.users["manager"], Role.MANAGER, world.sites["tower"])
    connection_ = http.client.HTTPConnection("127.0.0.1", bench.server.port)
    login = json.dumps({"login": "manager", "password": PASSWORD})
    connection_.request("POST", "/api/v1/auth/login", login, {"content-type": "application/json"})
    token = json.loads(connection_.getresponse().read())["access_token"]
    return Tablet(connection_, {"authorization": f"Bearer {token}"}, Pen(world.sites["tower"]))


if __name__ == "__main__":
    main()
