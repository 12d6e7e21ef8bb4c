"""What every system of the comparison can do. A record is one filled checklist, as a change of ours; its key is its
inspection id."""

import http.client
import json
import subprocess
import time
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]
_JSON = {"content-type": "application/json", "accept-encoding": "gzip"}


@dataclass
class Page:
    """What a reader got: keys, where to go on, whether there is more at once."""

    keys: list[str]
    cursor: str
    more: bool


class Client(ABC):
    """One connection that is kept open, as a tablet's. ``wire``: bytes of the bodies received."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._port, self._headers = port, _JSON | (headers or {})
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self.wire = 0
        self.headers: http.client.HTTPMessage = http.client.HTTPMessage()

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of the answer. RuntimeError unless it is a success."""
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self.wire += len(content)
        self.headers = answer.headers
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return zlib.decompress(content, 31) if answer.headers.get("content-encoding") == "gzip" else content

    def close(self) -> None:
        self._connection.close()

    @abstractmethod
    def body(self, records: Sequence[Record]) -> bytes:
        """A batch as this system takes it. Made before the clock runs."""

    @abstractmethod
    def push(self, body: bytes) -> list[str]:
        """Keys of the records that were acknowledged."""

    @abstractmethod
    def read(self, cursor: str) -> Page:
        """What follows ``cursor``; the empty one is the beginning."""

    def everything(self, cursor: str = "") -> tuple[set[str], str]:
        """All keys from ``cursor`` to the end, and where that is."""
        keys: set[str] = set()
        while True:
            page = self.read(cursor)
            keys.update(page.keys)
            cursor = page.cursor
            if not page.more:
                return keys, cursor


@dataclass
class System(ABC):
    """``name`` heads its column. ``acknowledged``: keys of all records that it was sent and said it had taken."""

    name: str
    acknowledged: set[str] = field(default_factory=set)

    @abstractmethod
    def connect(self) -> Client: ...

    @abstractmethod
    def records(self, number: int) -> list[Record]: ...


@contextmanager
def process(command: Sequence[str | Path], log: Path, port: int, **options: Any) -> Iterator[None]:
    """A server process, from when it answers to its end."""
    with log.open("ab") as out, subprocess.Popen(command, stdout=out, stderr=out, **options) as running:
        try:
            _wait(port, running, log)
            yield
        finally:
            running.kill()


def _wait(port: int, running: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except (OSError, http.client.HTTPException):
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"it does not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.1)
        finally:
            connection.close()


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
