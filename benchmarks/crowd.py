"""A large organisation with a long past: rows as pushes give them, made without pushing.

``Mould`` is checked against a real push before it is used: rows that are cast from one inspection must be, to the last
column, those that another push has written.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from benchmarks.field import CIRCUMSTANCES, TEMPLATE, Bench, responses
from checklists.periods import week_of
from inspect_api.directory import Directory
from sync.messages import PushRequest
from sync.push import push
from sync.pusher import Pusher, receive
from sync.store import zone
from tests.world import Pen

SITES, EMPLOYEES, A_WEEK = 8, 100, 3
"""So many sites besides the two of every world, employees at each site, and inspections of each in a week."""
TABLES = ("change", "inspection", "finding", "feed_row")
_KEYS = {"change": "inspection_id", "inspection": "id", "finding": "inspection_id", "feed_row": "object_id"}
_SHANGHAI = zone("Asia/Shanghai")

Rows = dict[str, list[dict[str, Any]]]


class Told(NamedTuple):
    """In what one inspection differs from another with the same responses."""

    change_id: str
    inspection_id: str
    site_id: str
    employee_id: str
    stamp: str
    captured_at: datetime


class Mould:
    """Rows of one inspection, pushed; ``cast`` gives those of any other."""

    def __init__(self, connection: sa.Connection, told: Told) -> None:
        self._told = told
        self._rows = rows_of(connection, told.inspection_id)
        self._instants = connection.dialect.name == "postgresql"

    def cast(self, told: Told, seq: int) -> Rows:
        first = self._told
        pairs = [(str(old), str(new)) for old, new in zip(first[:5], told[:5], strict=True)]
        # As the tablet wrote it, and as the server encodes an instant.
        pairs += [(f(first.captured_at), f(told.captured_at)) for f in (datetime.isoformat, _encoded)]
        rows = {name: [dict(row) for row in rows] for name, rows in self._rows.items()}
        (change,), (inspection,), (feed_row,) = rows["change"], rows["inspection"], rows["feed_row"]
        change |= {
            "id": told.change_id,
            "site_id": told.site_id,
            "inspection_id": told.inspection_id,
            "stamp": told.stamp,
            "body": _replaced(change["body"], pairs),
        }
        change["digest"] = sha256(change["body"].encode()).hexdigest()
        inspection |= {
            "id": told.inspection_id,
            "site_id": told.site_id,
            "employee_id": told.employee_id,
            "revision": sha256(told.change_id.encode()).hexdigest(),
            "captured_at": told.captured_at if self._instants else f"{told.captured_at:%Y-%m-%d %H:%M:%S.%f}",
            "week": str(week_of(told.captured_at, _SHANGHAI)),
        }
        for finding in rows["finding"]:
            finding["inspection_id"] = told.inspection_id
        feed_row |= {
            "scope_id": told.site_id,
            "object_id": told.inspection_id,
            "seq": seq,
            "body": _replaced(feed_row["body"], pairs),
        }
        return rows


def _encoded(instant: datetime) -> str:
    return msgspec.json.encode(instant).decode().strip('"')


def _replaced(text: str, pairs: list[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def rows_of(connection: sa.Connection, inspection_id: str) -> Rows:
    """As they are stored, past the types of SQLAlchemy."""
    found = {}
    for table, key in _KEYS.items():
        mark = "%s" if connection.dialect.name == "postgresql" else "?"
        query = f"SELECT * FROM {table} WHERE {key} = {mark}"  # noqa: S608 (names of constants)
        found[table] = [dict(row) for row in connection.exec_driver_sql(query, (inspection_id,)).mappings()]
    return found


class Crowd:
    """The organisation of a bench, grown to many sites. ``stored``: inspections that were cast so far."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self._random = bench, random.Random(1)
        world = bench.world
        with (
            world.services.database.write() as connection,
            Directory(connection, world.organisation_id, world.services.clock()) as directory,
        ):
            sites = list(world.sites.values())
            sites += [directory.put_site(f"s{n}", f"site {n}", "Asia/Shanghai") for n in range(SITES)]
            self._employees = [
                (site, directory.put_employee(site, f"{place}-{n}", f"员工 {n}", date(2015, 1, 1)))
                for place, site in enumerate(sites)
                for n in range(EMPLOYEES)
            ]
        self._tablet = bench.tablet()
        self._tablet.connection.close()
        self._pen = Pen(world.sites["lobby"], self._tablet.pen.replica_id)
        lobby = [employee for site, employee in self._employees if site == world.sites["lobby"]]
        self.stored = 0
        one, other = (self._push(employee) for employee in lobby[:2])
        with world.services.database.read() as connection:
            self._mould = Mould(connection, one)
            real = rows_of(connection, other.inspection_id)
        if self._mould.cast(other, real["feed_row"][0]["seq"]) != real:
            raise RuntimeError("what is cast is not what a push writes")

    def _push(self, employee_id: str) -> Told:
        """Through the service's own code, at one fixed instant."""
        world, now = self._bench.world, datetime(2026, 1, 5, 4, tzinfo=UTC)
        captured_at = now - timedelta(minutes=self._random.randrange(1, 10_000))
        change = self._pen.inspection(
            world.templates[TEMPLATE.key],
            responses(),
            captured_at,
            employee_id=employee_id,
            **{"inspection/circumstances": CIRCUMSTANCES},
        )
        request = PushRequest([msgspec.Raw(json.dumps(change).encode())])
        sites = frozenset([self._pen.site_id])
        pusher = Pusher(world.organisation_id, world.users["chen"], self._pen.replica_id, sites)
        with world.services.database.write() as connection:
            answer = push(connection, receive(pusher, request, now), now)
        if answer.results[0].status != "stored":
            raise RuntimeError(f"the pattern was refused: {answer.results[0]}")
        return Told(change["id"], change["inspection_id"], change["site_id"], employee_id, change["stamp"], captured_at)

    def cast(self, number: int, seqs: dict[str, int], now: datetime) -> Iterator[Rows]:
        """The next ``number`` inspections; ``seqs``: the last feed number of each site, taken further."""
        for _ in range(number):
            place = self.stored
            self.stored += 1
            site_id, employee_id = self._employees[place % len(self._employees)]
            captured_at = self._moment(place // (len(self._employees) * A_WEEK), now)
            seqs[site_id] = seqs.get(site_id, 0) + 1
            milliseconds = int(captured_at.timestamp() * 1000)
            stamp = f"{milliseconds:012x}-0000-{self._pen.replica_id}"
            told = Told(self._id(milliseconds), self._id(milliseconds), site_id, employee_id, stamp, captured_at)
            yield self._mould.cast(told, seqs[site_id])

    def _moment(self, weeks_ago: int, now: datetime) -> datetime:
        """Within a week that is so long ago, and not after ``now``."""
        local = now.astimezone(_SHANGHAI)
        monday = datetime(local.year, local.month, local.day, tzinfo=_SHANGHAI) - timedelta(days=local.weekday())
        span = min(now - monday, timedelta(days=5))
        offset = timedelta(seconds=self._random.randrange(max(1, int(span.total_seconds()))))
        return (monday + offset - timedelta(weeks=weeks_ago)).astimezone(UTC)

    def _id(self, milliseconds: int) -> str:
        """A UUIDv7 of that moment."""
        text, low = f"{milliseconds:012x}", f"{self._random.getrandbits(74):019x}"
        return f"{text[:8]}-{text[8:]}-7{low[:3]}-{8 + int(low[3], 16) % 4:x}{low[4:7]}-{low[7:]}"
