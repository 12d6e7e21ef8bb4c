"""Every mail as a mail program shows it: no violation that axe-core knows, in light and dark, in both languages; it
needs no picture and nothing from elsewhere; and it does not scroll sideways on a phone."""

import pytest
from playwright.sync_api import Browser

from checklists.tables import Language
from tests.browser.pages_browser import DESKTOP, PHONE, WCAG, too_wide, violations
from tests.inspect_api.reports.made_up import MadeUp, make_up
from tests.inspect_api.reports.made_up_mail import notice, own, weekly

NARROWEST = (320, 640)
MAILS = {"weekly": weekly, "own result": own, "notice of a dispute": notice}


@pytest.fixture(scope="module")
def week() -> MadeUp:
    return make_up(24, flags=0.05)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_can_be_read_by_everybody(chromium: Browser, week: MadeUp, kind: str, language: Language) -> None:
    html = MAILS[kind](week, language)
    context = chromium.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    try:
        page = context.new_page()
        page.set_content(html)
        found = []
        for width, height in (DESKTOP, PHONE, NARROWEST):
            page.set_viewport_size({"width": width, "height": height})
            assert not too_wide(page), f"{kind} at {width}"
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                found += [f"{width}, {scheme}: {one}" for one in violations(page, WCAG)]
        assert found == []
        assert page.locator("img, picture, svg, video, link, script").count() == 0
        assert asked == []
    finally:
        context.close()
