"""Two tablets change one item offline: both values on both screens, one tap decides, gone on both."""

from playwright.sync_api import expect

from tests.browser.access import complaints
from tests.browser.screens import Supervisor, Supervisors

ITEM = "头发干净"


def open_inspection(supervisor: Supervisor, subject: str) -> None:
    supervisor.go("inspections")
    supervisor.page.locator(".state-line", has_text=subject).first.click()
    supervisor.page.locator(".item").first.wait_for()


def test_a_conflict_shows_both_values_on_both_tablets_until_one_tap_decides(supervisors: Supervisors) -> None:
    chen, liu = supervisors.new("chen"), supervisors.new("liu")
    chen.begin("郭涛", "仪容仪表")
    chen.answer(chen.item(ITEM), "to-pass")
    chen.send()
    liu.send()

    for supervisor, look in ((chen, "to-none"), (liu, "to-fail")):
        supervisor.context.set_offline(True)
        open_inspection(supervisor, "郭涛")
        supervisor.answer(supervisor.item(ITEM), look)
        expect(supervisor.item(ITEM).locator(f".{look}")).to_have_attribute("aria-checked", "true")
    for supervisor in (chen, liu, chen):
        supervisor.context.set_offline(False)
        supervisor.send()

    for supervisor in (chen, liu):
        open_inspection(supervisor, "郭涛")
        versions = supervisor.item(ITEM).locator(".version")
        expect(versions).to_have_count(2)
        shown = versions.all_inner_texts()
        assert any(supervisor.words("item.not_applicable") in words for words in shown)
        assert any(supervisor.words("item.fail") in words for words in shown)
        assert sum(supervisor.words("conflict.own") in words for words in shown) == 1
        other = "刘督导" if supervisor is chen else "陈督导"
        assert sum(other in words for words in shown) == 1
    assert complaints(chen.page, "conflict") == []

    fail = liu.item(ITEM).locator(".version", has_text=liu.words("item.fail"))
    liu.tap("conflict.choose", inside=fail)
    expect(liu.item(ITEM).locator(".version")).to_have_count(0)
    liu.send()
    chen.send()
    for supervisor in (liu, chen):
        open_inspection(supervisor, "郭涛")
        expect(supervisor.item(ITEM).locator(".version")).to_have_count(0)
        expect(supervisor.item(ITEM).locator(".to-fail")).to_have_attribute("aria-checked", "true")
