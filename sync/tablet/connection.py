"""The line to the server: what is an answer, what is none, and when to try again.

A tablet hangs on lines that break, behind proxies that answer for a dead server, and on networks whose log-in page
answers everything with 200. Whatever is not clearly our server's answer counts as no answer at all.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx
import msgspec
from msgspec import Struct

LONGEST_WAIT = 300.0
_PROBLEM = "application/problem+json"
_TEMPORARY = {408, 425, 429}
_TIMEOUT = httpx.Timeout(60, connect=10)


class Unreachable(Exception):
    """No answer of the server came. ``retry_after``: seconds, where somebody said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Declined(Exception):
    """The server answered and said no. ``code``: of its catalogue of problems."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


class _ProblemBody(Struct):
    code: str = ""
    detail: str = ""


class Connection:
    """``client``: for tests, or for a proxy or certificates of one's own."""

    def __init__(self, base_url: str, client: httpx.Client | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._client = client or httpx.Client(timeout=_TIMEOUT)

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str], content: bytes | None = None
    ) -> httpx.Response:
        """One request, one answer with a status of 2xx. Raises Unreachable or Declined. ``path``: begins with /."""
        try:
            answer = self._client.request(method, self._base_url + path, headers=headers, content=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        if answer.is_success:
            return answer
        if answer.status_code in _TEMPORARY or not 400 <= answer.status_code < 500:
            raise Unreachable(f"{method} {path}: {answer.status_code}", _retry_after(answer.headers))
        if not answer.headers.get("content-type", "").startswith(_PROBLEM):
            raise Unreachable(f"{method} {path}: {answer.status_code} from somebody else")
        problem = _problem(answer.content)
        raise Declined(answer.status_code, problem.code, problem.detail, answer.headers)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def decode(answer: httpx.Response, kind: type[Any]) -> Any:
    """The body as a message. Raises Unreachable: a 200 that is no message of ours is a stranger's page."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreachable(f"not an answer of the server: {error}") from error


def back_off(failures: int, retry_after: float | None, chance: float) -> float:
    """Seconds to wait after so many failures in a row (1 or more): 2, 4, 8 … but never more than LONGEST_WAIT.

    ``chance``: 0..1, random; it takes up to half off, so that a hundred tablets do not come back at the same moment.
    ``retry_after``: what the server asked for; it is never undercut, up to LONGEST_WAIT.
    """
    waiting = min(LONGEST_WAIT, 2.0 ** min(failures, 20))
    return min(LONGEST_WAIT, max(waiting * (1 - chance / 2), retry_after or 0.0))


def _retry_after(headers: httpx.Headers) -> float | None:
    """RFC 9110 §10.2.3: seconds, or a date, which is read by the answer's own ``Date``, never by the tablet's clock."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    until, now = http_date(text), http_date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _problem(content: bytes) -> _ProblemBody:
    try:
        return msgspec.json.decode(content, type=_ProblemBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _ProblemBody()
