"""Chromium: one for all tests, or a process of its own that can be killed like the battery of a tablet."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Playwright
from playwright.sync_api import Error as PlaywrightError

START_SECONDS = 30


def executable() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise AssertionError("no Chromium on the PATH: run `make browser`")


# As root in a container there is no sandbox to be had; the small shared memory of containers would end large pages.
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
INSECURE = "tablet.test"
"""A name for this machine that is not localhost: over http the browser takes it for a foreign one."""
ARGUMENTS.append(f"--host-resolver-rules=MAP {INSECURE} 127.0.0.1")
LAUNCH: dict[str, Any] = {"executable_path": executable(), "args": ARGUMENTS, "headless": True}


class BrowserProcess:
    """A browser over ``profile``: what it has stored is there when it is started again."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self._profile = profile
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None

    def start(self) -> BrowserContext:
        self._profile.mkdir(parents=True, exist_ok=True)
        told = self._profile / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        command = [
            executable(),
            *ARGUMENTS,
            "--headless=new",
            "--remote-debugging-port=0",
            f"--user-data-dir={self._profile}",
            "--no-first-run",
            "about:blank",
        ]
        # A group of its own, so that a kill takes the children too.
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._browser = self._connect(told)
        return self._browser.contexts[0]

    def _connect(self, told: Path) -> Browser:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                port = told.read_text().splitlines()[0]
                return self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            except (OSError, IndexError, PlaywrightError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to all of it: nothing is finished, nothing is flushed."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
