"""Without a network, without a server, without a battery: the app starts, and nothing that was typed is lost."""

from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser.chromium import BrowserProcess
from tests.browser.tablets import Tablet, Tablets
from tests.server_process import ServerProcess, running_server
from tests.worked_numbers import GROOMING
from tests.world import World

HAIR, SHOES, BADGE = (f"{GROOMING.key}.{name}" for name in ("hair", "shoes", "badge"))
_OFFLINE_READY = "async () => { await navigator.serviceWorker.ready; return (await caches.keys()).length; }"


def test_the_app_starts_cold_without_a_server_and_everything_arrives_once(
    browser_process: BrowserProcess, tmp_path: Path
) -> None:
    with running_server(tmp_path / "server") as (server, world):
        context = browser_process.start()
        wait_for_the_worker(context, server)
        tablet = open_tablet(context, server, world)
        tablet.log_in()
        server.kill()
        inspection = tablet.inspect(hair="fail")
        digest = tablet.photo_after_submission(inspection, HAIR, "补拍")
        browser_process.kill()

        context = browser_process.start()
        page = context.new_page()
        page.goto(f"{server.url}/tablet/")
        expect(page.locator("#app")).to_contain_text("Chen", timeout=15_000)
        took = page.evaluate("performance.now()")
        assert took < 8000, took  # 2 s on a quiet machine: tests/browser/test_thirty_days.py measures it
        page.close()
        tablet = open_tablet(context, server, world)
        assert tablet.get("account.state") == "locked"
        tablet.unlock()
        second = tablet.inspect("lobby-2")
        assert [one["id"] for one in tablet.call("inspections", {"mine": True})] == [second, inspection]
        assert tablet.sync()["problems"][0]["code"] == "unreachable"

        server.start()
        tablet.finish()
        tablet.finish()
        for one in (inspection, second):
            assert tablet.view(one)["state"] == "complete"
        assert tablet.item(inspection, HAIR)["photos"][0]["sha256"] == digest
        assert tablet.sync()["problems"] == []  # the counts of both sides agree


def test_a_browser_that_is_killed_in_the_middle_of_typing_has_lost_nothing(
    browser_process: BrowserProcess, server: ServerProcess, served_world: World
) -> None:
    tablet = open_tablet(browser_process.start(), server, served_world)
    tablet.log_in()
    inspection = tablet.begin()
    written: dict[str, str] = {}
    for turn in range(3):
        for key, value in ((HAIR, "fail"), (SHOES, "pass"), (BADGE, "fail")):
            value = value if turn % 2 == 0 else "pass"
            tablet.call("respond", inspection, key, value)  # answered: so it is on the disk
            written[key] = value
        photo = tablet.photo(inspection, HAIR, seed=turn)
        browser_process.kill()
        tablet = open_tablet(browser_process.start(), server, served_world)
        tablet.unlock()
        assert {key: tablet.value(inspection, key) for key in written} == written
        assert photo in [one["sha256"] for one in tablet.item(inspection, HAIR)["photos"]]
    tablet.finish()


def test_a_browser_would_install_it(browser_process: BrowserProcess, server: ServerProcess) -> None:
    """Manifest, icons and worker are what Chromium asks for before it offers "add to the home screen"."""
    context = browser_process.start()
    wait_for_the_worker(context, server)
    page = context.new_page()
    page.goto(f"{server.url}/tablet/")
    chrome = context.new_cdp_session(page)
    assert chrome.send("Page.getAppManifest")["errors"] == []
    assert chrome.send("Page.getInstallabilityErrors")["installabilityErrors"] == []


def test_a_new_version_waits_until_no_inspection_is_open(tablets: Tablets, server: ServerProcess) -> None:
    tablet = tablets.new("chen")
    wait_for_the_worker(tablet.context, server)
    page = tablet.context.new_page()
    page.goto(f"{server.url}/tablet/theme.js")  # served by the worker, from its one version
    evaluate = page.evaluate
    evaluate(_START_UPDATE)
    version = evaluate("engine.update.version")
    assert evaluate("engine.update.offlineReady")
    assert not evaluate("engine.update.waiting")
    evaluate("() => engine.update.opened('an inspection')")
    evaluate(_ANOTHER_WORKER)
    page.wait_for_function("() => engine.update.waiting")
    assert evaluate("() => engine.update.apply().then(() => null, (error) => error.code)") == "inspection_open"
    assert evaluate("engine.update.waiting")
    assert evaluate("engine.update.version") == version
    evaluate("() => engine.update.opened(null)")
    with page.expect_navigation():
        evaluate("() => void engine.update.apply()")
    assert evaluate(_WORKER).endswith("?another")


# To the browser another address of the worker is what another byte in it is: a new one, installed beside the old.
_ANOTHER_WORKER = "() => navigator.serviceWorker.register('/tablet/service_worker.js?another', { scope: '/tablet/' })"
_WORKER = "async () => (await navigator.serviceWorker.ready).active.scriptURL"
_START_UPDATE = """async () => {
  const { openEngine } = await import("/tablet/engine/engine.js");
  globalThis.engine = await openEngine({ automatic: true, lockAfter: 0 });
  await navigator.serviceWorker.ready;
  while (engine.update.version === "development") await new Promise((resolve) => setTimeout(resolve, 20));
}"""


class FilledTablet(Tablet):
    def photo_after_submission(self, inspection: str, item: str, reason: str) -> str:
        self.call("revise", inspection, reason)
        digest = self.photo(inspection, item, seed=9)
        self.call("revise", inspection, None)
        return digest


def open_tablet(context: BrowserContext, server: ServerProcess, world: World) -> FilledTablet:
    tablet = FilledTablet(context, server.url, world)
    tablet.open()
    return tablet


def wait_for_the_worker(context: BrowserContext, server: ServerProcess) -> None:
    """Until every file of the app is on the tablet."""
    page = context.new_page()
    page.goto(f"{server.url}/tablet/")
    assert page.evaluate(_OFFLINE_READY) == 1
    page.close()
