"""The service as one starts it: on an empty folder it is ready, and it stops in order."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.server_process import ServerProcess
from tests.world import PASSWORD


def test_an_empty_folder_becomes_a_healthy_service_that_says_little_of_itself(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "made" / "by the service")
    server.folder.parent.mkdir()
    server.folder.mkdir()
    server.start()
    try:
        answer = httpx.get(f"{server.url}/health")
        assert answer.json() == {"status": "ok"}
        assert "server" not in answer.headers
        assert "date" in answer.headers  # tablets measure their clocks by it
        assert httpx.get(f"{server.url}/api/v1/auth/me").status_code == 401
    finally:
        code = server.stop()
    assert code in (0, -15), server.log()
    assert "GET /health" not in server.log()


def test_a_stopping_server_finishes_what_it_has_begun(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    server.start()
    body = {"login": "nobody", "password": PASSWORD}
    with httpx.Client(base_url=server.url, timeout=30) as client, ThreadPoolExecutor(1) as pool:
        client.get("/health")
        # The hash that is checked for an unknown user takes tens of milliseconds: the signal comes in the middle.
        running = pool.submit(client.post, "/api/v1/auth/login", json=body)
        time.sleep(0.02)
        server.stop()
        assert running.result().status_code == 401
