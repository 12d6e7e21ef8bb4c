"""The service as a process of its own, to be killed and started again on the same port and data."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from inspect_api.services import Services
from inspect_api.serving import build_services
from inspect_api.settings import Settings
from tests.migrated import migrated
from tests.worked_numbers import TEMPLATES
from tests.world import World, build_world

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 180
_SERVE = "from inspect_api.serving import serve; from inspect_api.settings import Settings; serve(Settings())"


def free_port() -> int:
    """Below the range from which the kernel takes ports for clients: while a killed server is down, a client that tries
    to connect to a port of that range can be given this very port, and keeps the server from coming back."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class ServerProcess:
    """``python`` running ``inspect_api.serving.serve`` on ``folder``; its output goes to ``folder/server.log``."""

    def __init__(self, folder: Path, database_url: str | None = None, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {
            "mode": "development",
            "data_dir": str(folder),
            "port": str(self.port),
            "jobs": "false",
            **({"database_url": database_url} if database_url else {}),
            **settings,
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("INSPECT_")}
        self._environment = kept | {f"INSPECT_{key.upper()}": value for key, value in own.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def change(self, **settings: str) -> None:
        """Other settings, from the next start on."""
        self._environment |= {f"INSPECT_{key.upper()}": value for key, value in settings.items()}

    def start(self, *, wait: bool = True) -> None:
        """Start; with ``wait``, come back when ``/health`` is good."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVE], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        if wait:
            self.wait_until_healthy()

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process is None or self._process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.log()}")
            try:
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise AssertionError(f"the server is not healthy:\n{self.log()}")
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        if self._process is None:
            raise AssertionError("the server was not started")
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=40)

    def log(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", "replace")[-4000:]


def make_world(folder: Path, database_url: str | None = None, **settings: str) -> World:
    """A migrated database in ``folder`` with the usual people; ``world.services`` looks into it beside the server."""
    own = {"mode": "development", "data_dir": folder, "database_url": database_url, "jobs": False}
    services: Services = build_services(Settings.model_validate(own | settings))
    migrated(services.database)
    return build_world(services, TEMPLATES)


@contextmanager
def running_server(
    folder: Path, database_url: str | None = None, **settings: str
) -> Iterator[tuple[ServerProcess, World]]:
    """A server over a fresh world."""
    folder.mkdir(parents=True, exist_ok=True)
    world = make_world(folder, database_url, **settings)
    server = ServerProcess(folder, database_url, **settings)
    try:
        server.start()
        yield server, world
    finally:
        server.kill()
        world.services.database.dispose()
