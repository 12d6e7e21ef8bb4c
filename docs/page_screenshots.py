"""Makes the pictures of the pages in ``docs/images/pages`` from a running demonstration (``make run``).

``python docs/page_screenshots.py http://127.0.0.1:8000``
"""

import io
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from inspect_api.demo.people import PASSWORD
from tests.browser.chromium import LAUNCH

FOLDER = Path(__file__).parent / "images" / "pages"
DRAWN = Path(__file__).resolve().parents[1] / "inspect_api" / "demo" / "drawn"
DESKTOP, TABLET, PHONE = (1280, 900), (820, 1100), (390, 844)
COLOURS = 128
# name, log-in, path ({site} is the first site's week, {worst} the page of its lowest employee), language, size, dark
SHOTS = (
    ("sites-zh", "manager", "/sites", "zh", TABLET, False),
    ("actions-zh", "manager", "/actions", "zh", TABLET, False),
    ("week-zh", "manager", "{site}", "zh", DESKTOP, False),
    ("week-dark-en", "manager", "{site}", "en", DESKTOP, True),
    ("week-phone-zh", "manager", "{site}", "zh", PHONE, False),
    ("coverage-zh", "manager", "{site}/coverage", "zh", DESKTOP, False),
    ("items-en", "manager", "{site}/items", "en", DESKTOP, False),
    ("findings-zh", "manager", "{site}/findings?photos=true", "zh", DESKTOP, False),
    ("agreement-en", "manager", "{site}/supervisors", "en", DESKTOP, False),
    ("decisions-zh", "manager", "{site}/decisions", "zh", TABLET, False),
    ("employee-zh", "manager", "{worst}", "zh", DESKTOP, False),
    ("own-phone-dark-zh", "employee", "/me", "zh", PHONE, True),
    ("tablets-en", "admin", "/replicas", "en", DESKTOP, False),
)


def main(url: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        for name, login, path, language, size, dark in SHOTS:
            content = _shot(browser, url, login, path, language, size, dark=dark)
            # Few colours: a page of text is a tenth of the size, and looks the same.
            picture = Image.open(io.BytesIO(content)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            picture.save(FOLDER / f"{name}.png", optimize=True)
        browser.close()


def _shot(
    browser: Browser, url: str, login: str, path: str, language: str, size: tuple[int, int], *, dark: bool
) -> bytes:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.route(re.compile("/api/v1/photos/"), _drawn)
    page.goto(f"{url}/login?lang={language}")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.goto(url + "/sites" if login == "manager" else url)
    page.goto(url + _filled(page, url, path))
    page.wait_for_load_state("networkidle")
    content = page.screenshot()
    context.close()
    return content


def _drawn(route: Route) -> None:
    """The demonstration shows photos that lie beside the checkout where there are any; these belong to the project."""
    pictures = sorted(DRAWN.glob("*.jpg"))
    digest = route.request.url.rpartition("/")[2][:2]
    route.fulfill(body=pictures[int(digest, 16) % len(pictures)].read_bytes(), content_type="image/jpeg")


def _filled(page: Page, url: str, path: str) -> str:
    """The address, with what stands in braces read from the page that is open."""
    if "{" not in path:
        return path
    if re.search(r"/sites$", page.url):
        page.click("table.list tbody a")
        page.wait_for_load_state()
    site = page.url.removeprefix(url).split("?")[0]
    worst = page.locator("table.people tbody th a").first.get_attribute("href") or ""
    return path.format(site=site, worst=worst)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
