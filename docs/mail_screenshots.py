"""Makes the pictures of the mails in ``docs/images/mail`` from a made-up week.

``python docs/mail_screenshots.py [FOLDER]``
"""

import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from checklists.tables import Language
from tests.browser.chromium import LAUNCH
from tests.inspect_api.reports.made_up import make_up
from tests.inspect_api.reports.made_up_mail import notice, own, weekly

FOLDER = Path(__file__).parent / "images" / "mail"
COLOURS = 128
TALL = 1040


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    week = make_up(24, flags=0.05)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        _picture(browser, weekly(week, Language.CHINESE), folder / "weekly-zh.png", 560, dark=False)
        _picture(browser, weekly(week, Language.ENGLISH), folder / "weekly-en-phone-dark.png", 390, dark=True)
        _picture(browser, own(week, Language.CHINESE), folder / "own-result-zh.png", 560, dark=False)
        _picture(browser, notice(week, Language.ENGLISH), folder / "notice-en.png", 560, dark=False)
        browser.close()


def _picture(browser: Browser, html: str, path: Path, width: int, *, dark: bool) -> None:
    context = browser.new_context(viewport={"width": width, "height": 100}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.set_content(html)
    tall = min(TALL, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": tall})
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
