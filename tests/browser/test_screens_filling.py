"""All three checklists through the real screens: offline, with photos, then sent. What was shown is what is held."""

from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, expect

from checklists.scoring.arithmetic import display, from_text
from checklists.tables import Evidence, Inspection, Photo
from checklists.tables.columns import table_of
from inspect_api.services import Services
from tests.browser.screens import Supervisor, Supervisors
from tests.photo_fixtures import jpeg
from tests.server_process import ServerProcess

WANG, DESK = "王芳", "一号窗口"


@pytest.fixture
def chen(supervisors: Supervisors) -> Supervisor:
    return supervisors.new("chen")


def held(services: Services, inspection_id: str) -> Any:
    """What the server has of it: state, score, photos declared and stored."""
    inspection, evidence, photo = table_of(Inspection), table_of(Evidence), table_of(Photo)
    of_it = evidence.c.inspection_id == inspection.c.id
    arrived = (
        sa.select(sa.func.count()).select_from(evidence.join(photo, photo.c.sha256 == evidence.c.sha256)).where(of_it)
    )
    columns = (
        inspection.c.state,
        inspection.c.score,
        inspection.c.missing_photos,
        arrived.scalar_subquery().label("stored"),
    )
    with services.database.read() as connection:
        return connection.execute(sa.select(*columns).where(inspection.c.id == inspection_id)).one()


def line(chen: Supervisor, inspection_id: str) -> Locator:
    """Of the list of inspections."""
    return chen.page.locator(f"a.state-line[href='#/inspect/{inspection_id}']")


def test_three_checklists_filled_offline_arrive_with_the_scores_that_the_screens_showed(
    chen: Supervisor, demo: tuple[ServerProcess, Services]
) -> None:
    chen.context.set_offline(True)
    shown: dict[str, tuple[str, int]] = {}

    grooming = chen.begin(WANG, "仪容仪表")
    combed = chen.item("头发梳理整齐")
    chen.answer(combed, "to-fail")
    chen.photograph(combed, jpeg(seed=1), mark=True)
    chen.answer(chen.item("头发干净"), "to-none")
    chen.pass_rest()
    shown[grooming] = (chen.submit(), 1)

    standing = chen.begin(WANG, "站岗与站姿")
    off_post = chen.item("未经批准离岗")
    more = off_post.get_by_role("button", name=chen.words("item.one_more"))
    more.click()
    expect(off_post.locator("output")).to_contain_text(chen.words("item.times", count=1))
    more.click()
    expect(off_post.locator("output")).to_contain_text(chen.words("item.minus_points", points=20))
    off_post.locator("textarea").fill("10:20 空岗，无人替岗")
    chen.photograph(off_post, jpeg(seed=2))
    chen.pass_rest()
    shown[standing] = (chen.submit(), 1)

    workspace = chen.begin(DESK, "工位 5S")
    food = chen.item("工位无零食")
    food.get_by_role("radio", name="开封食物在客人可见处").click()
    chen.photograph(food, jpeg(seed=3))
    chen.pass_rest()
    shown[workspace] = (chen.submit(), 1)

    chen.go("inspections")
    for inspection_id in shown:
        expect(line(chen, inspection_id)).to_contain_text(chen.words("sent.on_tablet"))
    expect(chen.page.locator(".top .sending.waiting")).to_be_visible()  # never "all sent" while something waits
    chen.context.set_offline(False)
    chen.send()
    chen.go("inspections")
    for inspection_id in shown:
        expect(line(chen, inspection_id)).to_contain_text(chen.words("sent.complete"))
    for inspection_id, (score, photos) in shown.items():
        row = held(demo[1], inspection_id)
        assert (row.state, row.missing_photos, row.stored) == ("complete", 0, photos)
        assert row.score is not None
        assert display(from_text(row.score)) == score
        assert float(score) < 100


def test_what_is_missing_is_said_and_a_tap_goes_there(chen: Supervisor) -> None:
    chen.begin("李强", "仪容仪表")
    combed = chen.item("头发梳理整齐")
    chen.answer(combed, "to-fail")  # owes a photo
    chen.pass_rest()
    chen.go(f"submit/{chen.inspection_id()}")
    notice = chen.page.locator(".notice.warn")
    expect(notice).to_contain_text(chen.words("submit.missing", count=1))
    assert not chen.page.get_by_text(chen.words("submit.do")).count()
    chen.page.locator(".owes a").click()
    asked = chen.page.locator(".item.asked")
    expect(asked).to_be_in_viewport()
    expect(asked).to_contain_text("头发梳理整齐")
    chen.photograph(asked, jpeg(seed=4))
    chen.submit()
    chen.go("today")
    chen.page.locator("input[type=search]").fill("服务窗口 李强")
    row = chen.page.locator(".person")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("陈督导")
    expect(row.locator(".pips i.on")).to_have_count(1)
    chen.page.locator("input[type=search]").fill("没有这个人")
    expect(chen.page.locator(".empty")).to_contain_text("没有这个人")


def test_what_failed_last_time_stands_at_the_item_until_it_passes(supervisors: Supervisors) -> None:
    """Seen by whoever comes next, who is somebody else, and begins without network."""
    liu, wang = supervisors.new("liu"), supervisors.new("wang")
    liu.begin("胡燕", "仪容仪表")
    combed = liu.item("头发梳理整齐")
    liu.answer(combed, "to-fail")
    liu.photograph(combed, jpeg(seed=6))
    combed.get_by_role("button", name=liu.words("item.note")).click()
    combed.locator("textarea").fill("鬓角散乱")
    liu.pass_rest()
    liu.submit()
    liu.send()
    wang.send()
    wang.context.set_offline(True)
    wang.begin("胡燕", "仪容仪表")
    failed = wang.words("item.last_failed.when", when="").split("（")[0]
    expect(wang.item("头发梳理整齐").locator(".tag.warn")).to_contain_text(failed)
    expect(wang.item("头发梳理整齐").locator(".tag.warn")).to_contain_text("鬓角散乱")
    expect(wang.page.locator(".item .tag.warn")).to_have_count(1)
    wang.pass_rest()
    wang.submit()
    wang.begin("胡燕", "仪容仪表")
    expect(wang.page.locator(".item .tag.warn")).to_have_count(0)


def test_every_tap_outlives_the_page_and_the_rest_can_be_taken_back(chen: Supervisor) -> None:
    inspection_id = chen.begin("张敏", "仪容仪表")
    first = chen.page.locator(".item").first
    chen.answer(first, "to-fail")
    expect(first).to_have_class("item fail short")
    first.get_by_role("button", name=chen.words("item.note")).click()
    first.locator("textarea").press_sequentially("肩上有")  # the field is never left
    expect(first.locator("textarea")).to_have_attribute("data-kept", "肩上有")
    chen.page.reload()
    chen.page.get_by_role("heading", name=chen.words("pin.hello", name="陈督导")).wait_for()
    chen.pin(chen.words("pin.hello", name="陈督导"))
    expect(chen.page.locator(".item.fail")).to_have_count(1)
    expect(chen.page.locator(".item.fail .said")).to_have_text("肩上有")
    chen.page.locator(".rest").click()
    undo = chen.page.locator(".section-foot .undo")
    expect(undo).to_be_visible()
    expect(chen.page.locator(".item.open")).to_have_count(0)
    undo.click()
    expect(chen.page.locator(".item.open")).not_to_have_count(0)
    expect(chen.page.locator(".item.fail")).to_have_count(1)  # what was judged before stays
    assert chen.inspection_id() == inspection_id


def test_after_submission_it_is_revised_with_a_reason_and_never_without(chen: Supervisor) -> None:
    chen.begin("刘洋", "仪容仪表")
    chen.pass_rest()
    assert chen.submit() == "100.0"
    chen.tap("submit.stay")
    item = chen.item("头发干净")
    expect(item.locator(".to-fail")).to_be_disabled()
    chen.tap("revise.title")
    dialog = chen.page.locator("dialog")
    dialog.locator(".strong").click()
    expect(dialog).to_be_visible()  # no reason, no revision
    dialog.get_by_text(chen.words("reason.revise.misjudged")).click()
    dialog.locator(".strong").click()
    chen.answer(item, "to-fail")
    expect(item).to_have_class("item fail short")
    chen.page.locator(".menu").click()
    expect(chen.page.locator("dialog")).to_contain_text(chen.words("reason.revise.misjudged"))
