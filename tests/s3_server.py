"""A real S3 server over a folder: ``rclone serve s3``, which comes as a wheel. It ignores ``If-None-Match``, as many
S3-compatible stores do."""

import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server_process import free_port

BUCKET = "evidence"
ACCESS_KEY, SECRET_KEY = "inspect-key", "inspect-secret-key"
START_SECONDS = 30


class S3Server:
    """Keeps its bucket in ``folder``; can be stopped and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / BUCKET).mkdir(parents=True, exist_ok=True)

    def settings(self, prefix: str) -> dict[str, str]:
        """Settings of a service that keeps its photos here, below ``prefix``."""
        return {
            "blob_url": f"s3://{BUCKET}/{prefix}",
            "s3_endpoint": f"http://127.0.0.1:{self.port}",
            "s3_access_key": ACCESS_KEY,
            "s3_secret_key": SECRET_KEY,
        }

    def start(self) -> None:
        program = shutil.which("rclone", path=sysconfig.get_path("scripts"))
        assert program is not None, "rclone is missing: `make check` installs it"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RCLONE_")}
        keys = f"{ACCESS_KEY},{SECRET_KEY}"
        address = f"127.0.0.1:{self.port}"
        options = ["--addr", address, "--auth-key", keys, "--config", "", "--log-level", "EMERGENCY"]
        self._process = subprocess.Popen([program, "serve", "s3", str(self.folder), *options], env=kept)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "rclone ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("rclone does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    server = S3Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
