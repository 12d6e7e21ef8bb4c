"""pouchdb-server with LevelDB, its default: ``_bulk_docs``, and ``_changes`` as the replication of PouchDB reads it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.installing import NODE, pouchdb_server
from benchmarks.peers.records import records
from benchmarks.peers.system import Client, Page, Record, System, dumped, process
from tests.server_process import free_port

_LIMIT = 5000


class PouchClient(Client):
    def body(self, records: Sequence[Record]) -> bytes:
        return dumped({"docs": [{"_id": record["inspection_id"], **record} for record in records]})

    def push(self, body: bytes) -> list[str]:
        return [row["id"] for row in json.loads(self.ask("POST", "/bench/_bulk_docs", body)) if row.get("ok")]

    def read(self, cursor: str) -> Page:
        path = f"/bench/_changes?include_docs=true&limit={_LIMIT}&since={cursor or 0}"
        answer = json.loads(self.ask("GET", path))
        keys = [row["id"] for row in answer["results"]]
        return Page(keys, str(answer["last_seq"]), len(keys) == _LIMIT)


@dataclass
class Pouch(System):
    port: int = 0

    def connect(self) -> Client:
        return PouchClient(self.port)

    def records(self, number: int) -> list[Record]:
        return records(number)


@contextmanager
def pouchdb(folder: Path) -> Iterator[System]:
    folder.mkdir(parents=True)
    port = free_port()
    script = pouchdb_server()
    command = [NODE, script, "--port", str(port), "--dir", folder, "--config", folder / "config.json", "-n"]
    with process(command, folder / "log", port, cwd=folder):
        client = PouchClient(port)
        client.ask("PUT", "/bench")
        client.close()
        yield Pouch("pouchdb-server", port=port)
