"""A logged-in line: tokens that renew themselves, and the difference between the server's clock and the device's."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
import msgspec
from msgspec import Struct

from sync.tablet.connection import Connection, Declined, Unreachable, decode, http_date
from sync.tablet.local import WallClock
from sync.tablet.store import Store

_LONGEST_MEASUREMENT = timedelta(seconds=20)  # half of it is the error of what was measured
_HALF_A_SECOND = timedelta(milliseconds=500)  # a Date has whole seconds


class LogInNeeded(Exception):
    """The refresh token is gone or not good any more. Nothing that waits in the outbox is touched by that."""


class _Tokens(Struct):
    access_token: str
    refresh_token: str
    user_id: str


class _Timed(Struct):
    server_time: datetime | None = None


class Session:
    def __init__(self, store: Store, connection: Connection, wall_clock: WallClock) -> None:
        self._store = store
        self._connection = connection
        self._wall_clock = wall_clock

    def log_in(self, login: str, password: str, device_name: str, app_version: str) -> None:
        """Raises Unreachable or Declined: ``bad_login``; ``replica_revoked``, also for another user's database."""
        replica = {"id": self._store.replica_id, "device_name": device_name, "app_version": app_version}
        body = {"login": login, "password": password, "replica": replica}
        self._keep(self._send("POST", "/api/v1/auth/login", {}, msgspec.json.encode(body)))

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> httpx.Response:
        """An answer of 2xx. Raises Unreachable, Declined, LogInNeeded."""
        for renewed in (False, True):
            token = self._store.get("access_token")
            if token is None or renewed:
                token = self._renew()
            sent = {"authorization": f"Bearer {token}", **(headers or {})}
            try:
                return self._send(method, path, sent, content)
            except Declined as declined:
                if declined.status != 401:
                    raise
        raise LogInNeeded("the server does not take a fresh token")

    def offset_ms(self) -> int | None:
        """Server time minus device time as last measured."""
        value = self._store.get("clock_offset_ms")
        return None if value is None else int(value)

    def _renew(self) -> str:
        token = self._store.get("refresh_token")
        if token is None:
            raise LogInNeeded("nobody is logged in")
        body = msgspec.json.encode({"refresh_token": token})
        try:
            return self._keep(self._send("POST", "/api/v1/auth/refresh", {}, body))
        except Declined as declined:
            if declined.status != 401:
                raise
            raise LogInNeeded(declined.message) from declined

    def _keep(self, answer: httpx.Response) -> str:
        tokens: _Tokens = decode(answer, _Tokens)
        with self._store.transaction():
            self._store.put("access_token", tokens.access_token)
            self._store.put("refresh_token", tokens.refresh_token)
            self._store.put("user_id", tokens.user_id)
        return tokens.access_token

    def _send(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> httpx.Response:
        sent = dict(headers)
        if content is not None:
            sent.setdefault("content-type", "application/json")
        before = self._wall_clock()
        answer = self._connection.request(method, path, headers=sent, content=content)
        self._measure(answer, before, self._wall_clock())
        return answer

    def _measure(self, answer: httpx.Response, before: datetime, after: datetime) -> None:
        took = after - before
        if not timedelta(0) <= took <= _LONGEST_MEASUREMENT:  # slow, or the clock was set meanwhile
            return
        told = _server_time(answer)
        if told is not None:
            offset = (told - before - took / 2) // timedelta(milliseconds=1)
            self._store.put("clock_offset_ms", str(offset))


def _server_time(answer: httpx.Response) -> datetime | None:
    """What the message says, else its ``Date``; a page that is not ours tells nothing."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        timed: _Timed = decode(answer, _Timed)
    except Unreachable:
        return None
    if timed.server_time is not None and timed.server_time.tzinfo is not None:
        return timed.server_time
    date = http_date(answer.headers.get("date", ""))
    return date + _HALF_A_SECOND if date else None
