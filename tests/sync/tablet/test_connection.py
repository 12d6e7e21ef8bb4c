"""What counts as an answer, and how long to wait when there is none."""

from collections.abc import Callable

import httpx
import pytest

from sync.tablet.connection import LONGEST_WAIT, Connection, Declined, Unreachable, back_off
from tests.sync.tablet.conftest import Device

Devices = Callable[..., Device]


@pytest.mark.parametrize(
    ("failures", "retry_after", "chance", "seconds"),
    [
        (1, None, 0.0, 2.0),
        (1, None, 1.0, 1.0),
        (4, None, 0.0, 16.0),
        (4, None, 0.5, 12.0),
        (9, None, 0.0, LONGEST_WAIT),
        (10_000, None, 1.0, LONGEST_WAIT / 2),
        (1, 30.0, 1.0, 30.0),
        (9, 30.0, 0.0, LONGEST_WAIT),
        (1, 86_400.0, 0.5, LONGEST_WAIT),
    ],
)
def test_back_off(failures: int, retry_after: float | None, chance: float, seconds: float) -> None:
    assert back_off(failures, retry_after, chance) == seconds


def answering(status: int, headers: dict[str, str] | None = None, **body: object) -> Connection:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, headers=headers, **body))  # type: ignore[arg-type]
    return Connection("http://server.test", httpx.Client(transport=transport))


@pytest.mark.parametrize(
    ("status", "headers", "retry_after"),
    [
        (503, {"retry-after": "7"}, 7.0),
        (429, {"retry-after": "120"}, 120.0),
        (503, {"retry-after": "Fri, 20 Nov 2026 04:00:30 GMT", "date": "Fri, 20 Nov 2026 04:00:00 GMT"}, 30.0),
        (503, {"retry-after": "soon"}, None),
        (500, {}, None),
        (408, {}, None),
        (302, {"location": "http://hotel.test/log-in"}, None),
        (404, {"content-type": "text/html"}, None),
    ],
)
def test_what_is_no_answer_of_the_server(status: int, headers: dict[str, str], retry_after: float | None) -> None:
    with answering(status, headers) as connection, pytest.raises(Unreachable) as unreachable:
        connection.request("GET", "/", headers={})
    assert unreachable.value.retry_after == retry_after


def test_a_problem_of_the_server_is_told_by_its_code() -> None:
    headers = {"content-type": "application/problem+json"}
    body = {"code": "body_too_large", "detail": "至多 3 项"}
    with answering(413, headers, json=body) as connection, pytest.raises(Declined) as declined:
        connection.request("POST", "/", headers={})
    assert (declined.value.status, declined.value.code, declined.value.message) == (413, "body_too_large", "至多 3 项")


def test_a_log_in_page_of_a_hotel_that_answers_everything_empties_no_outbox(devices: Devices) -> None:
    chen = devices("chen")
    inspection = chen.fill()
    chen.tablet.attach_photo(inspection, None, b"bytes", reason="补拍")
    page = httpx.Response(200, headers={"content-type": "text/html"}, text="<h1>Welcome</h1>")
    chen.line.alter = lambda method, path, answer: page
    for _ in range(3):
        report = chen.sync()
        assert (report.pending_changes, report.pending_photos) == (2, 1)
        assert report.problem
    chen.line.mend()
    report = chen.sync()
    assert report.pending == 0
    assert chen.tablet.view(inspection).server is not None


def test_many_failures_wait_longer_and_a_success_forgets_them(devices: Devices) -> None:
    chen = devices("chen")

    def breaks(method: str, path: str) -> None:
        raise httpx.ConnectError("no route")

    chen.line.before = breaks
    waits = [chen.sync().retry_in or 0 for _ in range(12)]
    assert waits[0] <= 2
    assert all(LONGEST_WAIT / 2 <= wait <= LONGEST_WAIT for wait in waits[9:])
    chen.line.mend()
    assert chen.sync().retry_in is None
