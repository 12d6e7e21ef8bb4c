"""Our service: push and pull of ``docs/sync-protocol.md``, with log-in, merge, projection and score."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.field import Bench, running
from benchmarks.peers.system import Client, Page, Record, System, dumped
from tests.world import Pen

_LIMIT = 5000


class OurClient(Client):
    def __init__(self, port: int, headers: dict[str, str], pen: Pen) -> None:
        super().__init__(port, headers)
        self._pen = pen
        self._sent: dict[str, str] = {}

    def body(self, records: Sequence[Record]) -> bytes:
        """Stamped by this replica: the server refuses what another one has stamped."""
        changes = []
        for record in records:
            milliseconds = int(record["stamp"][:12], 16)
            changes.append(record | {"stamp": self._pen.clock.tick(milliseconds)})
            self._sent[record["id"]] = record["inspection_id"]
        return dumped({"changes": changes})

    def push(self, body: bytes) -> list[str]:
        results = json.loads(self.ask("POST", "/api/v1/sync/push", body))["results"]
        return [self._sent[result["id"]] for result in results if result["status"] in ("stored", "duplicate")]

    def read(self, cursor: str) -> Page:
        place = f"&cursor={cursor}" if cursor else ""
        answer = json.loads(self.ask("GET", f"/api/v1/sync/pull?limit={_LIMIT}{place}"))
        keys = [row["id"] for row in answer["rows"] if row["kind"] == "inspection" and row["body"]]
        return Page(keys, answer["cursor"], answer["more"])


@dataclass
class Ours(System):
    bench: Bench | None = None

    def connect(self) -> Client:
        tablet = self._bench.tablet()
        tablet.connection.close()
        return OurClient(self._bench.server.port, tablet.headers, tablet.pen)

    def records(self, number: int) -> list[Record]:
        return self._bench.changes(Pen(self._bench.world.sites["lobby"]), number)

    @property
    def _bench(self) -> Bench:
        if self.bench is None:
            raise RuntimeError("the server was not started")
        return self.bench


@contextmanager
def ours(name: str, database_url: str | None = None) -> Iterator[System]:
    with running(database_url) as bench:
        yield Ours(name, bench=bench)
