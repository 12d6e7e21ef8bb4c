"""Litestar and a table alone (``bare_server.py``): the most that a Python service on these parts could do."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.records import records
from benchmarks.peers.system import Client, Page, Record, System, dumped, process
from tests.server_process import ROOT, free_port

_LIMIT = 5000


class BareClient(Client):
    def body(self, records: Sequence[Record]) -> bytes:
        return dumped({"records": records})

    def push(self, body: bytes) -> list[str]:
        return list(json.loads(self.ask("POST", "/records", body)))

    def read(self, cursor: str) -> Page:
        rows = json.loads(self.ask("GET", f"/records?after={cursor or 0}&limit={_LIMIT}"))
        return Page([key for _, key, _ in rows], str(rows[-1][0]) if rows else cursor, len(rows) == _LIMIT)


@dataclass
class Bare(System):
    port: int = 0

    def connect(self) -> Client:
        return BareClient(self.port)

    def records(self, number: int) -> list[Record]:
        return records(number)


@contextmanager
def bare(name: str, folder: Path, database_url: str | None = None) -> Iterator[System]:
    """``database_url``: of an empty PostgreSQL database; None: SQLite in the folder."""
    folder.mkdir(parents=True)
    port = free_port()
    url = database_url or f"sqlite:///{folder / 'bare.sqlite3'}"
    command = [sys.executable, "-m", "benchmarks.peers.bare_server", url, str(port)]
    with process(command, folder / "log", port, cwd=ROOT):
        yield Bare(name, port=port)
