"""One place decides commit or rollback, and an acknowledgement never comes before the commit."""

import contextlib
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from inspect_api.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with made.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    return made


def test_many_writers_share_commits_and_none_is_lost_or_answered_before_it_is_durable(
    database: Database, tmp_path: Path
) -> None:
    def write(number: int) -> int:
        def work(connection: sa.Connection) -> int:
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number})")
            return number

        answered = database.write_together(work)
        # A second connection sees only what is committed.
        other = sqlite3.connect(tmp_path / "d.db")
        try:
            assert other.execute("SELECT count(*) FROM t WHERE a = ?", (number,)).fetchone() == (1,)
        finally:
            other.close()
        return answered

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(write, range(400))) == list(range(400))
    database.dispose()


def test_one_failure_in_a_shared_commit_fails_alone(database: Database) -> None:
    def write(number: int) -> str:
        def work(connection: sa.Connection) -> str:
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number})")
            if number % 3 == 0:
                raise ValueError(number)
            return "stored"

        try:
            return database.write_together(work)
        except ValueError:
            return "failed"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(write, range(90)))
    with database.read() as connection:
        there = set(connection.exec_driver_sql("SELECT a FROM t").scalars())
    assert there == {number for number in range(90) if answers[number] == "stored"}
    assert answers.count("failed") == 30
    database.dispose()


def test_the_database_is_as_durable_as_promised(database: Database) -> None:
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.dispose()


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def half() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        half()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    database.dispose()


def test_when_the_disk_is_full_nobody_of_the_group_is_told_that_it_is_stored(tmp_path: Path) -> None:
    """SQLite then rolls the whole transaction back by itself, also the work of those who share the commit."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
    database.dispose()
    sa.event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 60"))
    everybody_waits = threading.Barrier(8)

    def write(number: int) -> int | None:
        def work(connection: sa.Connection) -> int:
            size = 1_000_000 if number == 5 else 100
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, zeroblob({size}))")
            return number

        everybody_waits.wait()
        try:
            return database.write_together(work)
        except sa.exc.OperationalError:
            return None

    with ThreadPoolExecutor(8) as pool:
        with database._writer:  # until all of them wait for the same commit
            running = [pool.submit(write, number) for number in range(8)]
            while len(database._waiting) < 8:
                time.sleep(0.001)
        told = {work.result() for work in running} - {None}
    with database.read() as connection:
        held = set(connection.exec_driver_sql("SELECT a FROM t").scalars())
    assert held == told
    assert 5 not in told
    assert database.write_together(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) == 1
    database.dispose()


def test_what_comes_after_a_full_disk_in_the_same_transaction_is_not_stored_either(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
    database.dispose()
    sa.event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 60"))

    def careless() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1, NULL)")
            with contextlib.suppress(sa.exc.DBAPIError), connection.begin_nested():
                connection.exec_driver_sql("INSERT INTO t VALUES (2, zeroblob(1000000))")
            connection.exec_driver_sql("INSERT INTO t VALUES (3, NULL)")

    with pytest.raises(sa.exc.PendingRollbackError):
        careless()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    database.dispose()


def test_work_whose_transaction_cannot_even_begin_fails_and_is_not_done_later(database: Database) -> None:
    done: list[int] = []
    refusing = True

    @sa.event.listens_for(database.engine, "begin")
    def refuse(_connection: sa.Connection) -> None:
        if refusing:
            raise sa.exc.OperationalError("BEGIN", {}, Exception("no lock"))

    with pytest.raises(sa.exc.OperationalError):
        database.write_together(lambda _: done.append(1))
    refusing = False
    database.write_together(lambda _: done.append(2))
    assert done == [2]
    database.dispose()
