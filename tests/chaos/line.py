"""The tablet's end of a bad line: it repeats requests, brings old ones late, waits; and the tablet may die in it.

What breaks between the two ends is ``tests/fault_proxy.py``.
"""

import json
import random
import time
from collections import Counter, deque
from typing import Any

import httpx

from sync.tablet.connection import Connection
from tests.chaos.journal import Journal

_LATE = 6


class TabletDied(BaseException):
    """The process is gone in the middle of whatever it did; nothing on the way may catch it."""


class UnrulyTransport(httpx.BaseTransport):
    """``rate``: share of the requests that are delayed, sent twice, or sent once more after later ones, 0..1."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._inner = httpx.HTTPTransport()
        self._old: deque[httpx.Request] = deque(maxlen=_LATE)
        self.rate = 0.0
        self.done: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        drawn = self._random.random()
        fault = self._random.choice(("delayed", "repeated", "late")) if drawn < self.rate else None
        if fault == "delayed":
            time.sleep(self._random.uniform(0.01, 0.15))
        elif fault == "repeated":
            self._send_unheard(request)
        elif fault == "late" and self._old:
            self._send_unheard(self._random.choice(self._old))
        if fault:
            self.done[fault] += 1
        if not request.url.path.startswith("/api/v1/auth/"):
            self._old.append(request)
        return self._inner.handle_request(request)

    def _send_unheard(self, request: httpx.Request) -> None:
        """The server hears it and answers nobody."""
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        copy.extensions = dict(request.extensions)
        try:
            answer = self._inner.handle_request(copy)
            answer.read()
            answer.close()
        except httpx.HTTPError:
            self.done["lost"] += 1

    def close(self) -> None:
        self._inner.close()


class RecordingConnection(Connection):
    """Writes every promise down before the tablet hears of it. ``death``: chance to die at a request, 0..1."""

    def __init__(self, url: str, journal: Journal, seed: str) -> None:
        self.transport = UnrulyTransport(seed)
        client = httpx.Client(transport=self.transport, timeout=httpx.Timeout(10, connect=5))
        super().__init__(url, client)
        self._journal = journal
        self._random = random.Random(seed + "death")
        self.death = 0.0
        self.replica_id = ""
        self.busy = False

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        if self._random.random() < self.death / 2:
            raise TabletDied
        self.busy = True
        try:
            answer = super().request(method, path, **more)
        finally:
            self.busy = False
        self._record(method, path, more.get("content"), answer)
        if self._random.random() < self.death / 2:
            raise TabletDied
        return answer

    def _record(self, method: str, path: str, content: bytes | None, answer: httpx.Response) -> None:
        if (method, path) == ("POST", "/api/v1/sync/push") and content is not None:
            self._journal.push_answered(self.replica_id, content, answer.content)
        elif method == "GET" and path.startswith("/api/v1/uploads/"):
            receipt = json.loads(answer.content)
            if receipt["state"] == "stored":
                self._journal.photo_confirmed(self.replica_id, receipt["sha256"])
