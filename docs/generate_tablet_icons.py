"""Draws the PNG icons of the tablet app from ``icon.svg``, with the Chromium that the tests use.

Run ``python docs/generate_tablet_icons.py`` after a change of the drawing. The files are committed: whoever runs the
service needs no browser.
"""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ICONS = Path(__file__).resolve().parents[1] / "inspect_api" / "web" / "tablet" / "icons"
BACKGROUND = "#0d4f65"
COLOURS = 16  # every tablet loads them, and the drawing has five
SIZES = {"icon-192.png": 192, "icon-512.png": 512}
MASKABLE = {"icon-maskable-512.png": 512}
"""Cut to any shape by the device: the drawing keeps to the inner 80 % and the colour fills the square."""


def drawn(page: Page, name: str) -> Image.Image:
    """The icon of that file name, as the browser of ``page`` draws it."""
    size = (SIZES | MASKABLE)[name]
    inner = round(size * 0.8) if name in MASKABLE else size
    ground = BACKGROUND if name in MASKABLE else "transparent"
    drawing = (ICONS / "icon.svg").read_text("utf-8")
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>html,body{{margin:0;background:{ground}}}svg{{display:block;width:{inner}px;height:{inner}px;"
        f"margin:{(size - inner) // 2}px}}</style>{drawing}"
    )
    return Image.open(io.BytesIO(page.screenshot(omit_background=True))).convert("RGBA")


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        for name in SIZES | MASKABLE:
            small = drawn(page, name).quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
            small.save(ICONS / name, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
