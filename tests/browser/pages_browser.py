"""The pages in a real Chromium, over a real server whose clock the test moves."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page

from inspect_api.app import create_app
from tests.server_process import free_port
from tests.world import PASSWORD, World

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
PHONE, TABLET, DESKTOP = (390, 844), (820, 1180), (1280, 900)
_START_SECONDS = 60
# What WCAG 2.2 AA asks for, and what axe knows besides of good practice.
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RULES = (*WCAG, "best-practice")


@dataclass
class Site:
    """``url`` of the server; ``world`` is what it serves; ``named``: what stands in addresses."""

    browser: Browser
    world: World
    url: str
    named: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def reader(
        self, login: str | None, language: str = "zh", size: tuple[int, int] = DESKTOP, *, dark: bool = False
    ) -> Iterator[Page]:
        """Somebody at a browser of their own, logged in through the page."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="en-GB" if language == "en" else "zh-CN",
            bypass_csp=True,  # axe is a script, and our pages allow none
        )
        try:
            page = context.new_page()
            if login:
                page.goto(f"{self.url}/login?lang={language}")
                page.fill("input[name=login]", login)
                page.fill("input[name=password]", PASSWORD)
                page.click("main button")
                page.wait_for_load_state()
                page.goto(f"{self.url}/?lang={language}")
            yield page
        finally:
            context.close()

    def text(self, page: Page, path: str) -> str:
        """What the page shows, with single spaces; what is folded is unfolded first."""
        page.goto(self.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        return " ".join(page.inner_text("body").split())


@contextmanager
def serving(world: World, browser: Browser) -> Iterator[Site]:
    """The world's services behind a real HTTP server, in a thread of this process: its clock is the test's."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(world.services), port=port, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise AssertionError("the server did not start")
        time.sleep(0.02)
    try:
        yield Site(browser, world, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def violations(page: Page, rules: Sequence[str] = _RULES) -> list[str]:
    """What axe finds on the page as it is: rule, and the elements."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then(result => result.violations)",
        list(rules),
    )
    return [
        f"{one['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for one in found
        for node in one["nodes"][:3]
    ]


def too_wide(page: Page) -> bool:
    """Whether the page itself scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
