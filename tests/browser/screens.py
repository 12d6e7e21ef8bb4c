"""A supervisor at the screens: what a finger does, in the real app, in a real Chromium, over a real server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from inspect_api.demo import people
from inspect_api.demo.organisation import ensure_organisation
from inspect_api.services import Services
from inspect_api.serving import build_services
from inspect_api.settings import Settings
from tests.migrated import migrated
from tests.server_process import ServerProcess

PIN = "2580"
PATIENCE_MS = 30_000
"""For what ends by itself; the machine of the tests may be busy."""

expect.set_options(timeout=PATIENCE_MS)

TABLET_7_INCH, TABLET_LANDSCAPE, PHONE = (600, 960), (1280, 800), (390, 844)


@contextmanager
def demo_server(folder: Path) -> Iterator[tuple[ServerProcess, Services]]:
    """The demonstration organisation (30 employees, the built-in checklists) served by a process; nothing played."""
    folder.mkdir(parents=True, exist_ok=True)
    services = build_services(Settings.model_validate({"mode": "development", "data_dir": folder, "jobs": False}))
    migrated(services.database)
    ensure_organisation(services)
    server = ServerProcess(folder)
    try:
        server.start()
        yield server, services
    finally:
        server.kill()
        services.database.dispose()


class Supervisor:
    """One person with one tablet. Chinese unless told; all places are named by what stands on the screen."""

    def __init__(self, context: BrowserContext, url: str, texts: dict[str, str]) -> None:
        self.context, self._url, self._texts = context, url, texts
        context.set_default_timeout(PATIENCE_MS)
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)
        context.on("request", self._see)

    def _hear(self, message: Any) -> None:
        # The lost line itself is told on the console; that is the weather, not a fault of the app.
        if message.type == "error" and "net::ERR" not in message.text and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self._url, "blob:", "data:")):
            self.errors.append(f"a request to another host: {request.url}")

    def words(self, key: str, **values: Any) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), self._texts[key])

    def tap(self, key: str, inside: Locator | Page | None = None, **values: Any) -> None:
        """A button or link, by its words."""
        words = re.compile(r"^\s*" + re.escape(self.words(key, **values)))
        (inside or self.page).locator("button, a").filter(has_text=words).first.click()

    def open_app(self) -> None:
        self.page.goto(f"{self._url}/tablet/")
        self.page.locator("h1").first.wait_for()

    def log_in(self, login: str) -> None:
        """From the first start to Today."""
        self.open_app()
        self.tap("login.with_password")
        self.page.locator("input[name=login]").fill(login)
        self.page.locator("input[name=password]").fill(people.PASSWORD)
        self.tap("login.do")
        self.pin(self.words("pin.choose"))
        self.pin(self.words("pin.repeat"))
        self.page.locator(".person").first.wait_for()

    def pin(self, heading: str) -> None:
        self.page.get_by_role("heading", name=heading).wait_for()
        self.page.keyboard.type(PIN)
        self.tap("pin.ok")

    def go(self, place: str) -> None:
        """An address of the app, such as ``today``."""
        self.page.evaluate("place => { location.hash = `#/${place}` }", place)
        self.page.locator("main").wait_for()

    def begin(self, subject: str, template: str) -> str:
        """Choose somebody on Today, start the checklist; gives the id."""
        self.go("today")
        self.page.locator("input[type=search]").fill(subject)
        self.page.locator(".person", has=self.page.get_by_text(subject, exact=False)).first.click()
        card = self.page.locator(".choice > li", has=self.page.get_by_role("heading", name=template, exact=True))
        card.locator(".strong").click()
        self.page.locator(".item").first.wait_for()
        return self.inspection_id()

    def inspection_id(self) -> str:
        return str(self.page.evaluate("location.hash.split('/')[2]"))

    def item(self, text: str) -> Locator:
        return self.page.locator(".item", has=self.page.get_by_role("heading", name=text))

    def answer(self, item: Locator, look: str) -> None:
        """``to-pass``, ``to-fail`` or ``to-none``; the tap counts when the engine has judged it."""
        item.locator(f".{look}").click()

    def photograph(self, item: Locator, picture: bytes, *, mark: bool = False) -> None:
        before = item.locator(".photos button").count()
        item.locator("input[type=file]").set_input_files(
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture}
        )
        dialog = self.page.locator("dialog.drawing")
        use = dialog.locator(".strong")
        expect(use).to_be_enabled()
        if mark:
            self.circle(dialog.locator("canvas"))
        use.click()
        expect(item.locator(".photos button")).to_have_count(before + 1)

    def circle(self, canvas: Locator) -> None:
        """A mark drawn with a finger."""
        box = canvas.bounding_box()
        assert box
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        reach = min(box["width"], box["height"]) / 4
        corners = ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7), (0, -1), (0.7, -0.7), (1, 0))
        points = [(middle[0] + reach * x, middle[1] + reach * y) for x, y in corners]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point, steps=4)
        self.page.mouse.up()

    def pass_rest(self) -> None:
        """Section by section to the end, everything that is still open is in order."""
        while True:
            rest = self.page.locator(".section-foot .rest")
            if rest.count():
                rest.click()
                expect(rest).to_have_count(0)
            forward = self.page.locator(".section-foot a.button")
            if "#/submit/" in str(forward.get_attribute("href")):
                return
            title = self.page.locator("#section-title").inner_text()
            forward.click()
            expect(self.page.locator("#section-title")).not_to_have_text(title)

    def submit(self) -> str:
        """Submit what is complete; gives the score that the screen shows."""
        self.go(f"submit/{self.inspection_id()}")
        self.tap("submit.do")
        expect(self.page.locator("h1")).to_have_text(self.words("submit.done.title"))
        return self.page.locator(".big-score b").inner_text()

    def send(self) -> None:
        """ "Send now", until nothing waits."""
        self.go("sending")
        button = self.page.locator("main button.strong")
        for _ in range(20):
            expect(button).to_be_enabled(timeout=PATIENCE_MS)
            button.click()
            expect(button).to_be_enabled(timeout=2 * PATIENCE_MS)
            if self.page.locator(".top .sending.sent").count():
                return
        raise AssertionError(f"not sent: {self.page.locator('main').inner_text()}")


def new_context(
    browser: Browser, size: tuple[int, int] = TABLET_7_INCH, language: str = "zh", theme: str = "light"
) -> BrowserContext:
    """A tablet with nothing on it, but for the choice of language and colours."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, has_touch=True, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    chosen = f"localStorage.setItem('inspect.language', '{language}'); localStorage.setItem('inspect.theme', '{theme}')"
    context.add_init_script(f"if (location.protocol !== 'about:') {{ {chosen} }}")
    return context


def texts_of(language: str) -> dict[str, str]:
    """The words of the app."""
    folder = Path(__file__).resolve().parents[2] / "inspect_api" / "web" / "tablet" / "texts"
    source = (folder / f"{language}.js").read_text("utf-8")
    return dict(re.findall(r'"([a-z0-9_.]+)":\s*"((?:[^"\\]|\\.)*)"', source))


class Supervisors:
    """Makes supervisors with a tablet each, and looks at the end whether a page complained."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url
        self._made: list[Supervisor] = []

    def new(
        self,
        login: str | None = None,
        size: tuple[int, int] = TABLET_7_INCH,
        language: str = "zh",
        theme: str = "light",
    ) -> Supervisor:
        """With a log-in: at Today. Without: before the door."""
        context = new_context(self._browser, size, language, theme)
        supervisor = Supervisor(context, self._url, texts_of(language))
        self._made.append(supervisor)
        if login:
            supervisor.log_in(login)
        return supervisor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        complaints = [complaint for supervisor in self._made for complaint in supervisor.errors]
        for supervisor in self._made:
            supervisor.context.close()
        if kind is None:
            assert complaints == [], complaints
