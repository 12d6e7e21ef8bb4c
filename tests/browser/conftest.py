"""Chromium and real server processes for tests of the tablet app. No mock: what a tablet does, these do."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from inspect_api.demo import people
from inspect_api.services import Services
from tests.browser.chromium import LAUNCH, BrowserProcess
from tests.browser.screens import Supervisors, demo_server
from tests.browser.tablets import Tablets
from tests.server_process import ServerProcess, running_server
from tests.world import World


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """It keeps an event loop running in this thread: until it ends, no asynchronous test can run."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(**LAUNCH)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, World]]:
    """A server process over a fresh world, shared by the tests of a module."""
    with running_server(tmp_path_factory.mktemp("server")) as pair:
        yield pair


@pytest.fixture
def server(running: tuple[ServerProcess, World]) -> ServerProcess:
    return running[0]


@pytest.fixture
def served_world(running: tuple[ServerProcess, World]) -> World:
    return running[1]


@pytest.fixture
def tablets(chromium: Browser, server: ServerProcess, served_world: World) -> Iterator[Tablets]:
    """Tablets with a storage of their own each; closed at the end of the test."""
    with Tablets(chromium, server.url, served_world) as made:
        yield made


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The folder of a browser that is closed, killed and started again."""
    return tmp_path / "profile"


@pytest.fixture
def browser_process(playwright: Playwright, profile: Path) -> Iterator[BrowserProcess]:
    with BrowserProcess(playwright, profile) as process:
        yield process


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Services]]:
    """A server process over the demonstration organisation, for tests of the screens; each takes people of its own."""
    with demo_server(tmp_path_factory.mktemp("demo")) as pair:
        yield pair


@pytest.fixture
def supervisors(chromium: Browser, demo: tuple[ServerProcess, Services]) -> Iterator[Supervisors]:
    """People at the screens; no error of the page may have been left on any console."""
    with Supervisors(chromium, demo[0].url) as made:
        yield made


@pytest.fixture
def office(demo: tuple[ServerProcess, Services]) -> Iterator[httpx.Client]:
    """An administrator at their desk."""
    with httpx.Client(base_url=f"{demo[0].url}/api/v1", timeout=60) as client:
        answer = client.post("/auth/login", json={"login": "admin", "password": people.PASSWORD})
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client
