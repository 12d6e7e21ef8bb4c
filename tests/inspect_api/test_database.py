"""One place decides commit or rollback, and an acknowledgement never comes before the commit."""

import sqlite3
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
