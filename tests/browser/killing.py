"""A server that is killed in the middle of what a tablet asks of it, so often and no more."""

import random
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.server_process import ServerProcess

SEED = 20261120


def kill_in_the_middle(page: Page, server: ServerProcess, kills: int) -> Counter[str]:
    """The first ``kills`` pushes of ``page``, and as many pieces of photos: by turns after the server has answered and
    while it is at it. The tablet never gets the answer, so it has to ask again. Gives how many there were so far."""
    chance = random.Random(SEED)
    killed: Counter[str] = Counter()

    def kill(route: Any, what: str) -> None:
        if killed[what] >= kills:
            route.continue_()
            return
        killed[what] += 1
        asking = threading.Thread(target=_ask, args=_copied(route.request))
        asking.start()
        if killed[what] % 2:
            asking.join()
        else:
            time.sleep(chance.uniform(0, 0.03))  # any moment will do; which one it was decides nothing
        server.kill()
        asking.join()
        route.abort()
        server.start()

    def photo(route: Any) -> None:
        if route.request.method == "PATCH":
            kill(route, "photo")
        else:
            route.continue_()

    page.route("**/api/v1/sync/push", lambda route: kill(route, "push"))
    page.route("**/api/v1/uploads/*", photo)
    return killed


def _copied(request: Any) -> tuple[str, str, dict[str, str], bytes]:
    headers = {name: value for name, value in request.all_headers().items() if name not in {"host", "content-length"}}
    return request.method, request.url, headers, request.post_data_buffer or b""


def _ask(method: str, url: str, headers: dict[str, str], body: bytes) -> None:
    with suppress(httpx.HTTPError):  # the server is gone: that is what this is about
        httpx.request(method, url, headers=headers, content=body, timeout=60)
