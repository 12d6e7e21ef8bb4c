"""Tablets as tests use them: the engine in a page of its own, driven from Python."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from tests.worked_numbers import GROOMING
from tests.world import PASSWORD, World

PIN = "2580"
BLANK = "/tablet/theme.js"
"""A file of the app: its origin, its policy, and no app that would sync by itself."""

_OPEN = """async (automatic) => {
  const { openEngine } = await import("/tablet/engine/engine.js");
  globalThis.engine = await openEngine({ automatic, lockAfter: 0 });
  return engine.account.state;
}"""
_CALL = """async ([path, args]) => {
  const names = path.split(".");
  const method = names.pop();
  const target = names.reduce((object, name) => object[name], globalThis.engine);
  try {
    return { value: (await target[method](...args)) ?? null };
  } catch (error) {
    return { code: error.code ?? null, message: String(error), detail: error.detail ?? null, stack: error.stack };
  }
}"""
_PHOTO = """async ([id, item, width, height, seed]) => {
  const blob = await globalThis.picture(width, height, seed);
  const photo = await engine.takePhoto(id, item, blob);
  return { ...photo, size: blob.size };
}"""
PICTURE = """() => {
globalThis.picture = async (width, height, seed) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  let state = seed * 2654435761 >>> 0 || 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296;
  for (let n = 0; n < 400; n++) {
    context.fillStyle = `rgb(${next() * 255},${next() * 255},${next() * 255})`;
    context.fillRect(next() * width, next() * height, next() * width / 3, next() * height / 3);
  }
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
};
}"""


class EngineFailure(AssertionError):
    """The engine rejected. ``code``: of ``EngineError``, None for a bug."""

    def __init__(self, code: str | None, message: str, detail: Any, stack: str | None) -> None:
        super().__init__(f"{code}: {message}\n{stack or ''}")
        self.code, self.detail = code, detail


@dataclass
class Tablet:
    """One page with an engine over the storage of ``context``."""

    context: BrowserContext
    url: str
    world: World
    login: str = "chen"
    page: Page = field(init=False)

    def open(self, *, automatic: bool = False) -> str:
        """A new page; gives the state of the account."""
        self.page = self.context.new_page()
        self.page.goto(self.url + BLANK)
        self.page.evaluate(PICTURE)
        return str(self.page.evaluate(_OPEN, automatic))

    def call(self, path: str, *args: Any) -> Any:
        """A method of the engine, such as ``account.unlock``."""
        answer = self.page.evaluate(_CALL, [path, list(args)])
        if "value" not in answer:
            raise EngineFailure(answer["code"], answer["message"], answer["detail"], answer["stack"])
        return answer["value"]

    def get(self, path: str) -> Any:
        """A property, such as ``sync.state``."""
        return self.page.evaluate(f"engine.{path}")

    def log_in(self, login: str | None = None, pin: str = PIN) -> None:
        """With password and a first PIN, then a first sync."""
        self.login = login or self.login
        self.call("account.logIn", self.login, PASSWORD)
        self.call("account.setPin", pin)
        self.sync()

    def unlock(self, pin: str = PIN) -> None:
        self.call("account.unlock", pin)

    def sync(self) -> dict[str, Any]:
        self.call("sync.now")
        state: dict[str, Any] = self.get("sync.state")
        return state

    def finish(self, runs: int = 40) -> dict[str, Any]:
        """Sync until nothing is left, as the back-off does, only faster."""
        for _ in range(runs):
            state = self.sync()
            if not state["problems"] and state["unsentChanges"] == state["unsentPhotos"] == 0:
                return state
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{self.login} does not get done: {state}")

    def begin(self, template: str = GROOMING.key, employee: str = "lobby-1") -> str:
        """An inspection of an employee."""
        subject = {"kind": "employee", "id": self.world.employees[employee]}
        return str(self.call("begin", template, subject))

    def view(self, inspection: str) -> dict[str, Any]:
        view: dict[str, Any] = self.call("inspection", inspection)
        return view

    def value(self, inspection: str, key: str) -> Any:
        return self.item(inspection, key)["value"]

    def item(self, inspection: str, key: str) -> dict[str, Any]:
        items = [item for section in self.view(inspection)["sections"] for item in section["items"]]
        found: dict[str, Any] = next(item for item in items if item["key"] == key)
        return found

    def fill(self, inspection: str, **answers: str | int) -> None:
        """Everything in order but for ``answers`` (last part of the item's key)."""
        key = self.view(inspection)["templateKey"]
        for name, value in answers.items():
            self.call("respond", inspection, f"{key}.{name}", value)
        for section in self.view(inspection)["sections"]:
            self.call("passRest", inspection, section["key"])
            for item in section["items"]:
                if item["response"]["kind"] == "choice" and item["key"].split(".")[-1] not in answers:
                    self.call("respond", inspection, item["key"], item["response"]["options"][0]["key"])

    def submit(self, inspection: str) -> None:
        assert self.call("submit", inspection) == {"ok": True, "missing": []}

    def inspect(self, employee: str = "lobby-1", **answers: str | int) -> str:
        """One whole inspection."""
        inspection = self.begin(employee=employee)
        self.fill(inspection, **answers)
        self.submit(inspection)
        return inspection

    def photo(self, inspection: str, item: str | None, seed: int, width: int = 640, height: int = 480) -> str:
        """A picture made in the page; gives its SHA-256 as kept."""
        return str(self.page.evaluate(_PHOTO, [inspection, item, width, height, seed])["sha256"])

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)

    def close(self) -> None:
        self.page.close()


class Tablets:
    """Makes tablets, and closes them."""

    def __init__(self, browser: Browser, url: str, world: World) -> None:
        self._browser, self._url, self._world = browser, url, world
        self._contexts: list[BrowserContext] = []

    def new(self, login: str = "chen", url: str | None = None) -> Tablet:
        """A tablet with nothing on it."""
        context = self._browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
        self._contexts.append(context)
        tablet = Tablet(context, url or self._url, self._world, login)
        tablet.open()
        return tablet

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for context in self._contexts:
            try:
                context.close()
            except PlaywrightError:
                if kind is None:
                    raise
