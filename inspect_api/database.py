"""The database: one engine, one way to read, one way to write.

Work on the database is plain synchronous code that runs on worker threads. SQLite has one writer at a time whatever
one does, so writers of this process queue for a lock here instead of polling the file's lock.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

READ_CONNECTIONS = 12
MORE_CONNECTIONS = 4
"""Beyond those that are kept open, while many come at once."""
WRITES = "inspect_api_writes"
"""Execution option of a connection that is going to write: on SQLite its transaction takes the write lock at once."""


class Database:
    """``read()`` and ``write()`` give a Core connection inside a transaction.

    ``write()`` is the one place that decides commit or rollback: what it has returned from is durable (SQLite
    ``synchronous=FULL``), so an acknowledgement belongs after the ``with`` block.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writer = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent snapshot."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._writer, self._sqlite_transaction() as connection:
            yield connection

    @contextmanager
    def _sqlite_transaction(self) -> Iterator[sa.Connection]:
        with self.engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    def dispose(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> sa.Engine:
    return _sqlite_engine(url) if url.startswith("sqlite") else _postgresql_engine(url)


def _postgresql_engine(url: str) -> sa.Engine:
    # lock_timeout: a writer that cannot get its scope's counter in ten seconds fails and is retried by the tablet,
    # instead of holding a worker for ever behind a stuck session.
    return sa.create_engine(
        url,
        pool_size=READ_CONNECTIONS,
        max_overflow=MORE_CONNECTIONS,
        pool_pre_ping=True,
        connect_args={"options": "-c lock_timeout=10000 -c statement_timeout=60000 -c timezone=UTC"},
    )


def _sqlite_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_use_lifo=True,
        pool_size=READ_CONNECTIONS,
        max_overflow=MORE_CONNECTIONS,
        connect_args={"check_same_thread": False, "timeout": 30, "isolation_level": None},
    )

    @sa.event.listens_for(engine, "connect")
    def _pragmas(dbapi_connection: Any, _record: Any) -> None:
        cursor = dbapi_connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    # The driver begins no transactions (isolation_level None): its own guesses start them late and without the lock.
    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    # A full disk and some other errors make SQLite roll the whole transaction back by itself. Whatever came next would
    # begin another one and commit it, and what was done before in the lost one would count as done. So the connection
    # counts as lost: nothing more happens on it, and every work of its transaction fails.
    @sa.event.listens_for(engine, "handle_error")
    def _ended_by_itself(context: sa.engine.ExceptionContext) -> None:
        connection = context.connection
        if connection is None or connection.invalidated or not connection.in_transaction():
            return
        if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            context.is_disconnect = True

    return engine
