"""So many requests a minute for each device, or for each user without one: one that runs wild holds up nobody else.

Each process counts for itself, in memory: this is no account of anything, and a restart may forget it. Whoever is
turned away is told when to come back, and has lost nothing: what was not taken was not acknowledged.
"""

import time
from collections.abc import Callable
from math import ceil

from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from inspect_api.auth.principal import Principal
from inspect_api.problems import Code, Problem

MOST_KEPT = 10_000


class Buckets:
    """``per_minute`` requests at once, and as many again within a minute. ``clock``: seconds, never set back."""

    def __init__(self, per_minute: int, clock: Callable[[], float] | None = None) -> None:
        self._size, self._rate, self._clock = float(per_minute), per_minute / 60, clock or time.monotonic
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> float:
        """0 when the request may pass; else the seconds until the next one may. Who is turned away pays nothing."""
        now = self._clock()
        left, since = self._left.get(key, (self._size, now))
        left = min(self._size, left + (now - since) * self._rate)
        passes = left >= 1
        if len(self._left) >= MOST_KEPT:
            self._forget(now)
        self._left[key] = (left - passes, now)
        return 0 if passes else (1 - left) / self._rate

    def _forget(self, now: float) -> None:
        """Those whose bucket is full again are as if they had never been here."""
        full = [key for key, (left, since) in self._left.items() if left + (now - since) * self._rate >= self._size]
        for key in full:
            del self._left[key]


class RequestLimit(ASGIMiddleware):
    """Stands behind the authentication; a public route has no user and no limit."""

    def __init__(self, per_minute: int) -> None:
        self._buckets = Buckets(per_minute)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        user = scope.get("user")
        if isinstance(user, Principal):
            wait = ceil(self._buckets.take(user.replica_id or user.user_id))
            if wait:
                raise Problem(
                    Code.TOO_MANY_REQUESTS,
                    f"请求过于频繁，请 {wait} 秒后再试；平板上的数据不受影响",
                    f"Too many requests: try again in {wait} s. Nothing on the tablet is lost",
                    extra={"retry_after": wait},
                    headers={"retry-after": str(wait)},
                )
        await next_app(scope, receive, send)
