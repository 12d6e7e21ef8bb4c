"""Takes the pictures of ``docs/tablet.md`` from the real app over a real server with the demonstration organisation.

Run ``python docs/tablet_screenshots.py`` after a change of the screens and look at each picture. With names it takes
only those that begin so. It needs the development packages and Chromium.
"""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run from any folder, as a script

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import LAUNCH
from tests.browser.screens import PHONE, TABLET_7_INCH, TABLET_LANDSCAPE, Supervisor, Supervisors, demo_server
from tests.browser.test_screens_access import ask_for_action

FOLDER = Path(__file__).parent / "images" / "tablet"
PHOTOS = Path(__file__).resolve().parents[1] / "inspect_api" / "demo" / "drawn"
BADGE = "grooming.badge"
COLOURS = 256
"""A palette of so many is enough for flat screens, and a third of the size. The octree keeps colours that are rare."""


class Camera:
    """Writes pictures whose names begin with one of ``wanted``, small enough for a repository."""

    def __init__(self, wanted: tuple[str, ...]) -> None:
        self._wanted = wanted

    def shoot(self, supervisor: Supervisor, name: str) -> None:
        if not name.startswith(self._wanted or ("",)):
            return
        supervisor.page.wait_for_timeout(1200)  # a busy machine paints late
        picture = Image.open(io.BytesIO(supervisor.page.screenshot())).convert("RGB")
        picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            FOLDER / f"{name}.png", optimize=True
        )


def week(supervisor: Supervisor) -> None:
    """Some people were seen already."""
    for name in ("李强", "刘洋", "杨磊"):
        supervisor.begin(name, "仪容仪表")
        supervisor.pass_rest()
        supervisor.submit()


def fill_grooming(chen: Supervisor, name: str, photo: str) -> str:
    """A finding with a photo in the section of the badge, which is left open on the screen; gives the id."""
    inspection = chen.begin(name, "仪容仪表")
    chen.go(f"inspect/{inspection}/{BADGE}")
    first = chen.page.locator(f".item[id^='item-{BADGE}']").first
    first.wait_for()
    chen.answer(first, "to-fail")
    chen.photograph(first, (PHOTOS / photo).read_bytes(), mark=True)
    chen.answer(chen.page.locator(".item").nth(1), "to-pass")
    return inspection


def door(people: Supervisors, camera: Camera) -> None:
    somebody = people.new()
    somebody.open_app()
    camera.shoot(somebody, "enrol-portrait")
    english = people.new(size=PHONE, language="en")
    english.open_app()
    camera.shoot(english, "enrol-phone-en")


def daily(people: Supervisors, camera: Camera, url: str) -> None:
    liu = people.new("liu")
    week(liu)
    liu.send()
    chen = people.new("chen")
    chen.context.set_offline(True)
    done = fill_grooming(chen, "张敏", "shoes.jpg")
    finding = str(chen.page.locator(".item.fail").first.get_attribute("id")).removeprefix("item-")
    chen.go(f"inspect/{done}/grooming.hair")
    chen.pass_rest()
    chen.submit()
    camera.shoot(chen, "done-portrait")
    chen.context.set_offline(False)
    chen.send()
    ask_for_action(url, done, finding)
    chen.send()
    chen.context.set_offline(True)
    draft = fill_grooming(chen, "陈静", "badge.jpg")
    camera.shoot(chen, "inspect-portrait")
    chen.go(f"inspect/{draft}/grooming.hair")
    chen.item("发色自然").locator(".tools > button").first.click()
    chen.answer(chen.item("头发干净"), "to-none")
    chen.answer(chen.item("头发梳理整齐"), "to-fail")
    camera.shoot(chen, "inspect-details-portrait")
    chen.go(f"submit/{draft}")
    chen.page.locator(".owes").first.wait_for()
    camera.shoot(chen, "submit-portrait")
    chen.begin("陈静", "站岗与站姿")
    off = chen.item("未经批准离岗")
    off.get_by_role("button", name=chen.words("item.one_more")).click()
    chen.answer(chen.item("串岗"), "to-pass")
    camera.shoot(chen, "deduction-portrait")
    chen.go("today")
    chen.page.locator(".person", has_text="张敏").click()
    chen.page.locator(".choice .card").first.wait_for()
    camera.shoot(chen, "begin-portrait")
    for place in ("today", "inspections", "sending", "settings"):
        chen.go(place)
        camera.shoot(chen, f"{place}-portrait")
    chen.page.set_viewport_size({"width": TABLET_LANDSCAPE[0], "height": TABLET_LANDSCAPE[1]})
    chen.go("today")
    camera.shoot(chen, "today-landscape")
    chen.go(f"inspect/{draft}/{BADGE}")
    chen.page.locator(".photos img").first.wait_for()
    camera.shoot(chen, "inspect-landscape")
    chen.begin("一号窗口", "工位 5S")
    chen.page.locator(".level").nth(4).click()
    camera.shoot(chen, "rating-landscape")
    chen.go("actions")
    chen.page.locator(".list a").first.click()
    chen.page.locator("form").wait_for()
    camera.shoot(chen, "action-landscape")
    report_fix(chen, camera)


def report_fix(chen: Supervisor, camera: Camera) -> None:
    chen.page.set_viewport_size({"width": TABLET_7_INCH[0], "height": TABLET_7_INCH[1]})
    chen.page.locator("form textarea").fill("鞋已擦净，班前会上提醒全组")
    chen.page.locator("form input[type=file]").set_input_files(PHOTOS / "shoes.jpg")
    chen.page.locator("form img").wait_for()
    chen.page.locator("form .strong").click()
    chen.page.locator(".list a .tag").first.wait_for()
    chen.page.locator(".list a").first.click()
    chen.page.locator(".thumb img").wait_for()
    camera.shoot(chen, "action-reported-portrait")


def refused(people: Supervisors, camera: Camera) -> None:
    liu = people.new("liu")
    liu.begin("罗斌", "仪容仪表")
    item = liu.item("头发梳理整齐")
    liu.answer(item, "to-fail")
    picture = {"name": "photo.heic", "mimeType": "image/heic", "buffer": b"cut off by the camera"}
    item.locator("input[type=file]").set_input_files(picture)
    liu.page.locator("dialog.drawing .strong:not([disabled])").click()
    item.locator(".photos button").wait_for()
    liu.go("sending")
    liu.tap("sync.now")
    liu.page.locator(".problem").wait_for()
    camera.shoot(liu, "refused-portrait")


def drawing(people: Supervisors, camera: Camera) -> None:
    wang = people.new("wang")
    wang.go(f"inspect/{wang.begin('徐娜', '仪容仪表')}/{BADGE}")
    item = wang.page.locator(f".item[id^='item-{BADGE}']").first
    item.locator("input[type=file]").set_input_files(PHOTOS / "badge.jpg")
    wang.page.locator("dialog.drawing .strong:not([disabled])").wait_for()
    wang.circle(wang.page.locator("dialog.drawing canvas"))
    camera.shoot(wang, "photo-portrait")
    wang.page.keyboard.press("Escape")
    wang.page.reload()
    wang.page.locator(".pin-pad").wait_for()
    camera.shoot(wang, "pin-portrait")


def english(people: Supervisors, camera: Camera) -> None:
    liu = people.new("liu", TABLET_LANDSCAPE, "en", "dark")
    camera.shoot(liu, "today-landscape-dark-en")
    liu.begin("赵丽", "Grooming")
    camera.shoot(liu, "inspect-landscape-dark-en")
    liu.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    camera.shoot(liu, "inspect-phone-dark-en")


def conflict(people: Supervisors, camera: Camera) -> None:
    chen, liu = people.new("chen"), people.new("liu")
    chen.begin("郭涛", "仪容仪表")
    chen.answer(chen.item("头发干净"), "to-pass")
    chen.send()
    liu.send()
    for one, look in ((chen, "to-none"), (liu, "to-fail")):
        one.context.set_offline(True)
        one.go("inspections")
        one.page.locator(".state-line", has_text="郭涛").first.click()
        one.answer(one.item("头发干净"), look)
        one.page.wait_for_timeout(500)
    for one in (chen, liu, chen):
        one.context.set_offline(False)
        one.send()
    chen.go("inspections")
    chen.page.locator(".state-line", has_text="郭涛").first.click()
    chen.page.locator(".version").first.wait_for()
    camera.shoot(chen, "conflict-portrait")


def main(wanted: tuple[str, ...]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    camera = Camera(wanted)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_server(Path(folder)) as (server, _),
        sync_playwright() as playwright,
    ):
        browser: Browser = playwright.chromium.launch(**LAUNCH)
        takes: tuple[Callable[[Supervisors], None], ...] = (
            lambda people: door(people, camera),
            lambda people: daily(people, camera, server.url),
            lambda people: drawing(people, camera),
            lambda people: english(people, camera),
            lambda people: conflict(people, camera),
            lambda people: refused(people, camera),
        )
        for take in takes:
            with Supervisors(browser, server.url) as people:
                take(people)
        browser.close()


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
