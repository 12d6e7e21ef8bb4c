"""Rows into the database as fast as it takes them: executemany on SQLite, COPY on PostgreSQL."""

import sqlite3
import sys
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import psycopg

from benchmarks.crowd import TABLES, Crowd, Rows
from benchmarks.field import Bench

_BATCH = 5000


def fill(bench: Bench, crowd: Crowd, target: int) -> None:
    """Cast inspections until ``target`` are stored; progress goes to the terminal."""
    with bench.services.database.read() as connection:
        seqs = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT scope_id, last_seq FROM feed_counter")}
    casting, began = crowd.cast(target - crowd.stored, seqs, datetime.now(UTC)), time.monotonic()
    put = _on_sqlite if bench.services.database.is_sqlite else _on_postgresql
    while batch := list(islice(casting, _BATCH)):
        put(bench, batch, seqs)
        if crowd.stored % 50_000 < _BATCH:
            rate = _BATCH / (time.monotonic() - began)
            print(f"{crowd.stored:,} inspections, {rate:,.0f} a second", file=sys.stderr, flush=True)
        began = time.monotonic()
    _tidy(bench)


def _on_sqlite(bench: Bench, batch: list[Rows], seqs: dict[str, int]) -> None:
    with sqlite3.connect(Path(bench.server.folder) / "inspect.db", timeout=60) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for table in TABLES:
            rows = [tuple(row.values()) for rows in batch for row in rows[table]]
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 (constants)
        connection.executemany(
            "INSERT INTO feed_counter VALUES (?, ?) ON CONFLICT (scope_id) DO UPDATE SET last_seq = excluded.last_seq",
            seqs.items(),
        )
    connection.close()


def _on_postgresql(bench: Bench, batch: list[Rows], seqs: dict[str, int]) -> None:
    url = bench.services.settings.effective_database_url().replace("+psycopg", "", 1)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table in TABLES:
            names = ", ".join(batch[0][table][0])
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy:
                for rows in batch:
                    for row in rows[table]:
                        copy.write_row(tuple(row.values()))
        cursor.executemany(
            "INSERT INTO feed_counter VALUES (%s, %s) "
            "ON CONFLICT (scope_id) DO UPDATE SET last_seq = excluded.last_seq",
            list(seqs.items()),
        )


def _tidy(bench: Bench) -> None:
    """As the database does by itself after a while, so that it does not do it while it is measured."""
    if bench.services.database.is_sqlite:
        with sqlite3.connect(Path(bench.server.folder) / "inspect.db", timeout=60) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return
    url = bench.services.settings.effective_database_url().replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
