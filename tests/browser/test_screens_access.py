"""Every screen, in both languages, light and dark, at three sizes: no violation, no small target, nothing sideways."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from inspect_api.demo import people
from inspect_api.services import Services
from tests.browser.access import complaints
from tests.browser.screens import Supervisor, Supervisors
from tests.photo_fixtures import jpeg
from tests.server_process import ServerProcess

CRITICAL_FREE_ITEM = "头发梳理整齐"
DAY_SECONDS = 86_400


def ask_for_action(url: str, inspection_id: str, item: str) -> None:
    """A manager wants it mended."""
    with httpx.Client(base_url=url, timeout=60) as client:
        answer = client.post("/api/v1/auth/login", json={"login": "manager", "password": people.PASSWORD})
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        plan = {"task": "当班改正，班前自查", "due_on": "2099-01-31"}
        body = {"inspection_id": inspection_id, "item": item, "plan": plan}
        made = client.post("/api/v1/actions", json=body, headers=headers)
        assert made.status_code == 201, made.text


def prepare(chen: Supervisor, url: str) -> tuple[str, str]:
    """A submitted inspection with a finding, an action from it, and a draft with something of everything."""
    submitted = chen.begin("高峰", "仪容仪表")
    combed = chen.item(CRITICAL_FREE_ITEM)
    chen.answer(combed, "to-fail")
    chen.photograph(combed, jpeg(seed=21))
    chen.pass_rest()
    chen.submit()
    chen.send()
    ask_for_action(url, submitted, "grooming.hair.combed")
    draft = chen.begin("高峰", "仪容仪表")
    chen.answer(chen.item("头发干净"), "to-none")
    chen.answer(chen.item(CRITICAL_FREE_ITEM), "to-fail")
    expect(chen.item(CRITICAL_FREE_ITEM).locator(".owed")).to_be_visible()
    chen.send()
    return submitted, draft


def test_screens_behind_the_door(supervisors: Supervisors, demo: tuple[ServerProcess, Services]) -> None:
    chen = supervisors.new("chen")
    submitted, draft = prepare(chen, demo[0].url)
    found: list[str] = []
    for place in ("today", "inspections", "inspections/problems", "actions", "sending", "settings", f"submit/{draft}"):
        chen.go(place)
        chen.page.locator("main > :not(:empty)").first.wait_for()
        found += complaints(chen.page, place)
    chen.go("today")
    chen.page.locator(".person", has_text="高峰").first.click()
    chen.page.locator(".choice .card").first.wait_for()
    found += complaints(chen.page, "begin")
    chen.go(f"inspect/{draft}/grooming.hair")
    chen.page.locator(".item .tools > button").first.click()
    found += complaints(chen.page, "inspect")
    chen.page.locator(".menu").click()
    found += complaints(chen.page, "this inspection")
    chen.page.keyboard.press("Escape")
    chen.go(f"inspect/{submitted}")
    chen.page.locator(".item").first.wait_for()
    found += complaints(chen.page, "submitted")
    chen.page.locator(".revise").click()
    found += complaints(chen.page, "reason")
    chen.page.keyboard.press("Escape")
    chen.go(f"submit/{submitted}")
    chen.page.locator(".big-score").wait_for()
    found += complaints(chen.page, "done")
    for subject_name, template in (("高峰", "站岗与站姿"), ("工程办公室", "工位 5S")):
        chen.begin(subject_name, template)
        found += complaints(chen.page, template)
    chen.go("actions")
    chen.page.locator(".list a").first.click()
    chen.page.locator("form").wait_for()
    found += complaints(chen.page, "action")
    assert found == []


def test_dialogs_and_what_is_seldom_seen(supervisors: Supervisors) -> None:
    wang = supervisors.new("wang")
    page = wang.page
    page.locator("input[type=search]").fill("没有这个人")
    page.locator(".empty").wait_for()
    found = complaints(page, "nobody found")
    wang.begin("邓霞", "仪容仪表")
    combed = wang.item(CRITICAL_FREE_ITEM)
    wang.answer(combed, "to-fail")
    combed.locator("input[type=file]").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg(seed=22)}
    )
    page.locator("dialog.drawing .strong:not([disabled])").wait_for()
    wang.circle(page.locator("dialog.drawing canvas"))
    found += complaints(page, "a mark on a photo")
    page.locator("dialog.drawing .strong").click()
    page.locator(".toast").wait_for()
    found += complaints(page, "photo saved")
    combed.locator(".photos button").click()
    page.locator("dialog.looking img").wait_for()
    found += complaints(page, "photo")
    page.keyboard.press("Escape")
    page.locator(".only-narrow").click()
    page.locator("dialog .section-list").wait_for()
    found += complaints(page, "sections")
    page.keyboard.press("Escape")
    page.locator(".rest").click()
    page.locator(".undo").wait_for()
    found += complaints(page, "all the rest")
    wang.pass_rest()
    wang.go(f"submit/{wang.inspection_id()}")
    page.locator(".big-score").wait_for()
    found += complaints(page, "ready to submit")
    wang.context.set_offline(True)
    wang.go("settings")
    wang.tap("settings.logout")
    page.locator("dialog .notice").wait_for()
    found += complaints(page, "log out")
    page.keyboard.press("Escape")
    wang.tap("settings.pin.change")
    page.locator("dialog .pin-pad").wait_for()
    found += complaints(page, "another PIN")
    page.keyboard.press("Escape")
    wang.go("today")
    page.clock.set_fixed_time(page.evaluate("Date.now()") / 1000 + DAY_SECONDS + 60)
    wang.go("sending")
    page.locator(".notice.bad").wait_for()
    found += complaints(page, "sending, late")
    wang.go("today")
    page.locator(".notice.bad").wait_for()
    found += complaints(page, "today, late")
    assert found == []


def test_nothing_jumps_under_the_finger(supervisors: Supervisors) -> None:
    """The browser counts what moves without having been asked to: 0.1 is what it calls good. What a tap opens may move
    what is below it, so nothing is opened here."""
    wang = supervisors.new("wang")
    page = wang.page
    search = page.locator(".search")
    before = search.bounding_box()
    page.locator("input[type=search]").fill("曹勇")
    expect(page.locator(".person")).to_have_count(1)
    assert search.bounding_box() == before  # what is found comes below; the field stays under the finger
    page.locator("input[type=search]").fill("")
    expect(page.locator(".person")).not_to_have_count(1)
    page.evaluate(_WATCH_SHIFTS)
    page.locator(".person", has_text="曹勇").click()
    page.locator(".choice .strong").first.click()
    page.locator(".item").first.wait_for()
    wang.answer(wang.item("头发干净"), "to-pass")
    wang.pass_rest()
    wang.submit()
    for place in ("today", "inspections", "actions", "sending", "settings", "today"):
        wang.go(place)
        page.locator("main > :not(:empty)").first.wait_for()
    wang.send()
    shifts = page.evaluate("shifts")
    assert sum(value for value, _ in shifts) < 0.1, shifts


_WATCH_SHIFTS = """() => {
  globalThis.shifts = [];
  const nameOf = ({ node }) => node?.outerHTML?.slice(0, 80) ?? node?.textContent ?? "";
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) shifts.push([one.value, one.sources.map(nameOf)]);
  }).observe({ type: "layout-shift" });
}"""


def test_an_item_is_answered_with_the_keyboard_alone(supervisors: Supervisors) -> None:
    chen = supervisors.new("chen")
    chen.begin("何琳", "仪容仪表")
    page = chen.page
    page.locator("#section-title").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if focused_role(page) == "radio":
            break
    assert focused_role(page) == "radio"
    page.keyboard.press("Space")
    first = page.locator(".item").first
    expect(first.locator(".to-pass")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("ArrowRight")
    expect(first.locator(".to-fail")).to_have_attribute("aria-checked", "true")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_corrective_action_is_reported_fixed_offline_with_a_photo(
    supervisors: Supervisors, demo: tuple[ServerProcess, Services]
) -> None:
    chen = supervisors.new("chen")
    inspection = chen.begin("林雪", "仪容仪表")
    chen.answer(chen.item(CRITICAL_FREE_ITEM), "to-fail")
    chen.photograph(chen.item(CRITICAL_FREE_ITEM), jpeg(seed=31))
    chen.pass_rest()
    chen.submit()
    chen.send()
    ask_for_action(demo[0].url, inspection, "grooming.hair.combed")
    chen.send()
    chen.context.set_offline(True)
    chen.go("actions")
    row = chen.page.locator(".list a", has_text="林雪")
    row.click()
    chen.page.locator("form textarea").fill("已重新梳理")
    chen.page.locator("form input[type=file]").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg(seed=32)}
    )
    chen.page.locator("form img").wait_for()
    chen.page.locator("form .strong").click()
    expect(row).to_contain_text(chen.words("actions.report.here"))
    row.click()
    expect(chen.page.locator("main")).to_contain_text("已重新梳理")
    expect(chen.page.locator("form")).to_have_count(0)  # said once is enough
    chen.page.locator(".thumb img").wait_for()
    assert complaints(chen.page, "reported as fixed") == []
    chen.context.set_offline(False)
    chen.send()
    chen.go("actions")
    expect(row).to_contain_text(chen.words("actions.state.fixed"))
    row.click()
    expect(chen.page.locator("form")).to_have_count(0)
    expect(chen.page.locator("main")).to_contain_text(chen.words("actions.reinspect.lead"))


def focused_role(page: Page) -> str | None:
    role: str | None = page.evaluate("document.activeElement.getAttribute('role')")
    return role


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_language_of_the_screens_is_that_of_the_document(supervisors: Supervisors, language: str) -> None:
    somebody = supervisors.new(language=language)
    somebody.open_app()
    assert somebody.page.evaluate("document.documentElement.lang").startswith(language)
    expect(somebody.page.locator("h1")).to_have_text(somebody.words("enrol.title"))
