"""What the tablet is for, from end to end and through its screens: started cold without a server, all three checklists
for several people with photos, a browser that is killed, a server that is killed in the middle of pushes and photos;
then everything is there, once, with the scores that the screens had shown.
"""

import os
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import expect

from checklists.scoring.arithmetic import display, from_text
from checklists.tables import Inspection, Photo
from checklists.tables.columns import table_of
from inspect_api.photos.verify import verify_stored_photos
from inspect_api.services import Services
from tests.browser.chromium import BrowserProcess
from tests.browser.killing import kill_in_the_middle
from tests.browser.screens import PIN, Supervisor, demo_server, texts_of
from tests.browser.test_offline import wait_for_the_worker
from tests.photo_fixtures import jpeg

KILLS = 5 if os.environ.get("THIRTY_DAYS") == "whole" else 2  # of pushes, and as many of photos
COMBED = "头发梳理整齐"


def test_everything_that_is_filled_without_a_server_arrives_once_with_its_score(
    browser_process: BrowserProcess, tmp_path: Path
) -> None:
    with demo_server(tmp_path / "server") as (server, services):
        context = browser_process.start()
        wait_for_the_worker(context, server)
        Supervisor(context, server.url, texts_of("zh")).log_in("chen")
        server.kill()
        browser_process.kill()

        chen = start_cold(browser_process, server.url)
        shown = {fill_grooming(chen, "王芳"): 1, fill_grooming(chen, "李强"): 1}
        shown |= {fill_standing(chen, "王芳"): 1, fill_workspace(chen, "一号窗口"): 1}
        scores = {inspection: score_on_screen(chen, inspection) for inspection in shown}
        draft = chen.begin("刘洋", "仪容仪表")
        chen.answer(chen.item(COMBED), "to-fail")
        chen.photograph(chen.item(COMBED), jpeg(seed=5))
        browser_process.kill()

        chen = start_cold(browser_process, server.url)
        for inspection, score in scores.items():
            assert score_on_screen(chen, inspection) == score
        chen.go("today")
        chen.page.locator(".go-on a", has_text="刘洋").click()
        expect(chen.item(COMBED).locator(".photos button")).to_have_count(1)
        chen.pass_rest()
        scores[draft], shown[draft] = chen.submit(), 1
        assert chen.page.locator(".top .sending.waiting").count() == 1

        killed = kill_in_the_middle(chen.page, server, KILLS)
        server.start()
        chen.send()
        assert killed == {"push": KILLS, "photo": KILLS}
        chen.page.unroute_all()
        chen.send()
        chen.go("inspections")
        for inspection, score in scores.items():
            line = chen.page.locator(f"a.state-line[href='#/inspect/{inspection}']")
            expect(line).to_contain_text(chen.words("sent.complete"))
            expect(line.locator(".score")).to_have_text(score)
        assert held(services) == {inspection: ("complete", score, 0) for inspection, score in scores.items()}
        everything_is_there_once(services, sum(shown.values()))
        assert chen.errors == []


def start_cold(browser_process: BrowserProcess, url: str) -> Supervisor:
    """After the tablet was switched off: nothing is left of the page but what was on the disk."""
    chen = Supervisor(browser_process.start(), url, texts_of("zh"))
    chen.open_app()
    chen.page.locator(".pin-pad").wait_for()
    chen.page.keyboard.type(PIN)
    chen.tap("pin.ok")
    chen.page.locator(".person").first.wait_for()
    return chen


def fill_grooming(chen: Supervisor, name: str) -> str:
    inspection = chen.begin(name, "仪容仪表")
    chen.answer(chen.item("头发干净"), "to-none")
    chen.answer(chen.item(COMBED), "to-fail")
    chen.photograph(chen.item(COMBED), jpeg(seed=len(name.encode()) + ord(name[0])), mark=True)
    chen.pass_rest()
    chen.submit()
    return inspection


def fill_standing(chen: Supervisor, name: str) -> str:
    inspection = chen.begin(name, "站岗与站姿")
    off_post = chen.item("未经批准离岗")
    off_post.get_by_role("button", name=chen.words("item.one_more")).click()
    off_post.locator("textarea").fill("10:20 空岗，无人替岗")
    chen.photograph(off_post, jpeg(seed=2))
    chen.pass_rest()
    chen.submit()
    return inspection


def fill_workspace(chen: Supervisor, name: str) -> str:
    inspection = chen.begin(name, "工位 5S")
    food = chen.item("工位无零食")
    food.get_by_role("radio", name="开封食物在客人可见处").click()
    chen.photograph(food, jpeg(seed=3))
    chen.pass_rest()
    chen.submit()
    return inspection


def score_on_screen(chen: Supervisor, inspection: str) -> str:
    chen.go(f"submit/{inspection}")
    expect(chen.page.locator("h1")).to_have_text(chen.words("submit.done.title"))
    return chen.page.locator(".big-score b").inner_text()


def held(services: Services) -> dict[str, tuple[str, str, int]]:
    """What the server has: state, score and missing photos of each inspection."""
    inspection = table_of(Inspection)
    with services.database.read() as connection:
        rows = connection.execute(
            sa.select(inspection.c.id, inspection.c.state, inspection.c.score, inspection.c.missing_photos)
        ).all()
    return {row.id: (row.state, display(from_text(row.score)), row.missing_photos) for row in rows}


def everything_is_there_once(services: Services, photos: int) -> None:
    photo = table_of(Photo)
    with services.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(photo)).scalar_one() == photos
    assert verify_stored_photos(services.database, services.blobs).is_whole
