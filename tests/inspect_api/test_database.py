"""One place decides commit or rollback, and an acknowledgement never comes before the commit."""

import contextlib
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
