"""What every screen owes to whoever holds it: WCAG 2.2 AA by axe-core, targets of 48 px, nothing to scroll sideways."""

import itertools
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.screens import PHONE, TABLET_7_INCH, TABLET_LANDSCAPE

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST = 48
TALL = 6000
"""So tall that nothing is scrolled: what lies under a bar only until one scrolls is no violation."""

_LOOK = """([language, theme]) => {
  localStorage.setItem("inspect.language", language);
  localStorage.setItem("inspect.theme", theme);
  dispatchEvent(new Event("inspect:theme"));
  dispatchEvent(new Event("inspect:language"));
}"""
_VIOLATIONS = """async (rules) => {
  const found = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`));
}"""
_SMALL = """(smallest) => [...document.querySelectorAll("a, button, input, textarea, label:has(input)")]
  .filter((one) => !["radio", "file"].includes(one.type))
  .filter((one) => one.checkVisibility() && !one.classList.contains("skip"))
  .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, { width, height }]) => width > 0 && (width < smallest - 0.5 || height < smallest - 0.5))
  .map(([html, { width, height }]) => `${Math.round(width)}x${Math.round(height)}: ${html}`)"""
_SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@cache
def axe() -> str:
    return AXE.read_text("utf-8")


def complaints(page: Page, name: str) -> list[str]:
    """Everything that is wrong with the screen that is shown, in both languages, light and dark, at three sizes."""
    found: list[str] = []
    before = page.viewport_size or {"width": TABLET_7_INCH[0], "height": TABLET_7_INCH[1]}
    page.evaluate(axe())
    looks = [(TABLET_7_INCH, *look) for look in itertools.product(("en", "zh"), ("dark", "light"))]
    # Other sizes show other parts: a rail and a list of sections, or signs without their words.
    for (width, _), language, theme in [*looks, (TABLET_LANDSCAPE, "zh", "dark"), (PHONE, "en", "light")]:
        page.set_viewport_size({"width": width, "height": TALL})
        page.evaluate(_LOOK, [language, theme])
        page.wait_for_function(f"document.documentElement.lang.startsWith('{language}')")
        found += [f"{name} {language} {theme} {width}: {one}" for one in page.evaluate(_VIOLATIONS, RULES)]
    for language, (width, height) in itertools.product(("en", "zh"), (TABLET_7_INCH, TABLET_LANDSCAPE, PHONE)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(_LOOK, [language, "light"])
        sideways = page.evaluate(_SIDEWAYS)
        if sideways > 0:
            found.append(f"{name} {language} {width}x{height}: scrolls sideways by {sideways} px")
        found += [f"{name} {language} {width}x{height}: small target {one}" for one in page.evaluate(_SMALL, SMALLEST)]
    page.set_viewport_size(before)
    return found
