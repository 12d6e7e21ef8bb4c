"""What happens to the server: killed, its disk full, its database crashed, its supervisors' sites taken and given."""

import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.tables import Role
from inspect_api.directory import Directory
from tests.postgres_server import PostgresServer
from tests.server_process import ServerProcess
from tests.worked_numbers import GROOMING
from tests.world import World

_ROOM = 30_000


class Weather:
    """``done``: what it did, and how often. ``postgres``: the database's own server, where there is one."""

    def __init__(
        self, servers: Sequence[ServerProcess], world: World, seed: str, postgres: PostgresServer | None = None
    ) -> None:
        self._servers, self._world, self._postgres = servers, world, postgres
        self._chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self._revisions = 0
        self._taken: tuple[str, str] | None = None

    def rage(self, seconds: float) -> None:
        """At least once each, in an order that the seed gives, then on at random until the time is over."""
        until = time.monotonic() + seconds
        deeds = [self.kill, self.change_sites, self.change_sites, self.publish]
        if sys.platform == "linux":  # elsewhere nobody can set the limits of another process
            deeds.append(self.fill_disk)
        if self._postgres is not None:  # SQLite has no process of its own that could crash
            deeds += [self.crash_backend, self.crash_postgres]
        self._chance.shuffle(deeds)
        while deeds or time.monotonic() < until:
            time.sleep(self._chance.uniform(0.05, 0.5))
            deed = deeds.pop() if deeds else self._chance.choice((self.kill, self.change_sites))
            deed()
            self.done[deed.__name__] += 1

    def kill(self) -> None:
        """Any one of them, whatever it was doing; where there are others, they go on."""
        server = self._chance.choice(self._servers)
        server.kill()
        server.start()

    def clear(self) -> None:
        """All of them once more, and without their jobs: what an hour brings about by itself has an end."""
        for server in self._servers:
            server.kill()
            server.change(jobs="false")
            server.start()

    def fill_disk(self) -> None:
        """A server's process cannot make any file longer than they are now, but for a little."""
        server = self._chance.choice(self._servers)
        sizes = [path.stat().st_size for path in server.folder.glob("inspect.db*") if path.exists()]
        room = self._chance.choice((0, _ROOM))
        limit = max(sizes, default=0) + room if self._chance.random() < 0.5 else room + 1000
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (limit, hard))
        time.sleep(self._chance.uniform(0.2, 0.8))
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def crash_backend(self) -> None:
        """A backend of PostgreSQL that dies takes all others with it, and the database comes up again by its log."""
        database = self._world.services.database
        with suppress(sa.exc.DBAPIError), database.engine.connect() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            os.kill(pid, signal.SIGKILL)
            connection.exec_driver_sql("SELECT 1")

    def crash_postgres(self) -> None:
        """All of it: the postmaster first, and the servers find nobody for a while."""
        assert self._postgres is not None
        self._postgres.crash()

    def change_sites(self) -> None:
        """What was taken from somebody is given back the next time, then it is somebody's turn again."""
        login, site = self._taken or self._chance.choice((("liu", "lobby"), ("zhao", "lobby"), ("zhao", "tower")))
        user_id, site_id = self._world.users[login], self._world.sites[site]
        if self._taken is None:
            self.take_away(login, site)
        else:
            self._change(lambda directory: directory.grant(user_id, Role.SUPERVISOR, site_id))
        self._taken = (login, site) if self._taken is None else None

    def take_away(self, login: str, site: str) -> None:
        user_id, site_id = self._world.users[login], self._world.sites[site]
        self._change(lambda directory: directory.revoke(user_id, Role.SUPERVISOR, site_id))

    def publish(self) -> None:
        """A newer revision comes into force; everybody goes on with the old one."""
        self._revisions += 1
        title = msgspec.structs.replace(GROOMING.title, en=f"revision {self._revisions}")
        template = msgspec.structs.replace(GROOMING, title=title)
        self._change(lambda directory: directory.publish_template(template))

    def _change(self, change: Any) -> None:
        for _ in range(200):
            try:
                with (
                    self._world.services.database.write() as connection,
                    Directory(connection, self._world.organisation_id, self._world.services.clock()) as directory,
                ):
                    change(directory)
                return
            except sa.exc.OperationalError:
                time.sleep(0.05)
        raise AssertionError("the database does not come back")
