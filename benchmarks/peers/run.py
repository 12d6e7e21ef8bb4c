"""``make bench-peers``: ours beside public systems of this kind, in one run on this machine; prints the tables."""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the measurements use the suite's own helpers

from benchmarks.peers.bare import bare
from benchmarks.peers.contest import MANY, PULLED, Result, contest
from benchmarks.peers.kinto import kinto
from benchmarks.peers.ours import ours
from benchmarks.peers.pouchdb import pouchdb
from benchmarks.peers.system import System
from benchmarks.report import put_into_page
from tests.postgres_server import PostgresServer, running_postgres

RATIOS = (
    ("ours on SQLite", "pouchdb-server", "3 ×"),
    ("ours on PostgreSQL", "Kinto, PostgreSQL", "30 ×"),
    ("bare Litestar, SQLite", "pouchdb-server", "the most there is"),
    ("bare Litestar, PostgreSQL", "Kinto, PostgreSQL", "the most there is"),
    ("ours on SQLite", "bare Litestar, SQLite", ""),
    ("ours on PostgreSQL", "bare Litestar, PostgreSQL", ""),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3, help="every system has so many turns")
    arguments.add_argument("--seconds", type=float, default=5, help="length of one turn of pushing")
    arguments.add_argument("--records", type=int, default=PULLED, help="pulled from zero")
    arguments.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    given = arguments.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inspect-peers-")))
        postgres = stack.enter_context(running_postgres())
        postgres.sync_to_disk()
        systems = [
            stack.enter_context(ours("ours on SQLite")),
            stack.enter_context(pouchdb(folder / "pouchdb")),
            stack.enter_context(ours("ours on PostgreSQL", postgres.fresh())),
            stack.enter_context(kinto("Kinto, PostgreSQL", folder / "kinto", _plain(_empty(postgres, "kinto")))),
            stack.enter_context(kinto("Kinto, memory", folder / "kinto-memory")),
            stack.enter_context(bare("bare Litestar, SQLite", folder / "bare")),
            stack.enter_context(bare("bare Litestar, PostgreSQL", folder / "bare-grown", _empty(postgres, "bare"))),
        ]
        results = contest(systems, given.rounds, given.seconds, given.records)
    text = report(systems, results, given.records)
    print(text)
    if given.write:
        put_into_page("peers", text)


def _empty(postgres: PostgresServer, name: str) -> str:
    """The address of a new database."""
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    return postgres.url(name)


def _plain(url: str) -> str:
    """As who does not know SQLAlchemy writes it."""
    return url.replace("+psycopg", "", 1)


def report(systems: Sequence[System], results: Sequence[Result], records: int) -> str:
    rows: list[tuple[str, Callable[[Result], str]]] = [
        ("pushed, 1 connection", lambda r: f"{statistics.median(r.pushed[1]):,.0f} /s"),
        (f"pushed, {MANY} connections", lambda r: f"{statistics.median(r.pushed[MANY]):,.0f} /s"),
        ("its slowest and fastest round", lambda r: f"{min(r.pushed[MANY]):,.0f} – {max(r.pushed[MANY]):,.0f}"),
        (f"pull of {records:,}", lambda r: f"{statistics.median(r.pulls):.2f} s"),
        ("on the wire", lambda r: f"{r.wire / 1e6:.2f} MB"),
        ("empty pull", lambda r: f"{statistics.median(r.empty) * 1000:.1f} ms"),
        ("acknowledged", lambda r: f"{r.sent:,}"),
        ("**acknowledged, but lost**", lambda r: f"**{r.lost:,}**"),
        ("written while a reader followed", lambda r: f"{r.followed:,}"),
        ("**skipped by the reader's cursor**", lambda r: f"**{r.skipped:,}**"),
    ]
    cpus = f"Python {platform.python_version()}, {os.cpu_count()} cores that clients and servers share."
    lines = [cpus, "", "| |" + "|".join(f" {system.name} " for system in systems) + "|"]
    lines.append("|---|" + "---:|" * len(systems))
    lines += [f"| {what} |" + "|".join(f" {show(result)} " for result in results) + "|" for what, show in rows]
    lines += ["", "| ratio | pushed, 1 connection | pushed, 8 connections | pull | empty pull | aim at 8 |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    by_name = {system.name: result for system, result in zip(systems, results, strict=True)}
    lines += [_ratio(by_name, us, them, aim) for us, them, aim in RATIOS]
    return "\n".join(lines)


def _ratio(by_name: dict[str, Result], us: str, them: str, aim: str) -> str:
    """The median of the rounds' ratios: both sides of a round were measured within the same minute."""
    mine, other = by_name[us], by_name[them]
    pushed = [statistics.median(a / b for a, b in zip(mine.pushed[n], other.pushed[n], strict=True)) for n in (1, MANY)]
    pull = statistics.median(other.pulls) / statistics.median(mine.pulls)
    empty = statistics.median(other.empty) / statistics.median(mine.empty)
    return f"| {us} to {them} | {pushed[0]:.1f} × | **{pushed[1]:.1f} ×** | {pull:.1f} × | {empty:.1f} × | {aim} |"


if __name__ == "__main__":
    main()
