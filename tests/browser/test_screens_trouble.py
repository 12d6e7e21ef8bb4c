"""What a supervisor sees when something is wrong: why, since when, and the tap that helps. Nothing is lost."""

import httpx
import sqlalchemy as sa
from playwright.sync_api import expect

from checklists.tables import Inspection, User
from checklists.tables.columns import table_of
from inspect_api.demo import people
from inspect_api.services import Services
from sync.tables import RefreshToken
from tests.browser.access import complaints
from tests.browser.screens import Supervisor, Supervisors
from tests.photo_fixtures import jpeg
from tests.server_process import ServerProcess

DAY_SECONDS = 86_400
CRITICAL_FREE_ITEM = "头发梳理整齐"


def state_of(services: Services, inspection_id: str) -> str:
    inspection = table_of(Inspection)
    with services.database.read() as connection:
        state: str = connection.execute(
            sa.select(inspection.c.state).where(inspection.c.id == inspection_id)
        ).scalar_one()
    return state


def test_what_was_written_after_a_site_was_taken_away_says_why_and_goes_when_it_is_given_back(
    supervisors: Supervisors, demo: tuple[ServerProcess, Services], office: httpx.Client
) -> None:
    services, user = demo[1], table_of(User)
    with services.database.read() as connection:
        wang_id = connection.execute(sa.select(user.c.id).where(user.c.login == "wang")).scalar_one()
    held = [one for one in office.get(f"/users/{wang_id}/grants").json() if not one["revoked_at"]]
    wang = supervisors.new("wang")
    wang.context.set_offline(True)
    for grant in held:
        assert office.delete(f"/users/{wang_id}/grants/{grant['id']}").status_code == 204
    inspection = wang.begin("孙鹏", "仪容仪表")
    wang.pass_rest()
    wang.submit()
    wang.context.set_offline(False)
    wang.go("sending")
    wang.tap("sync.now")
    problem = wang.page.locator(".problem")
    expect(problem.first).to_contain_text(wang.words("refused.foreign_site"))
    expect(problem.first).to_contain_text(wang.words("refused.foreign_site.do"))
    for grant in held:
        body = {"role": grant["role"], "site_id": grant["site_id"]}
        assert office.post(f"/users/{wang_id}/grants", json=body).status_code == 200
    while problem.count():
        left = problem.count()
        problem.first.get_by_role("button", name=wang.words("sync.send_anew")).click()
        expect(problem).to_have_count(left - 1)
    wang.send()
    assert state_of(services, inspection) == "complete"


def test_a_photo_that_the_server_refuses_says_why_and_is_taken_again(
    supervisors: Supervisors, demo: tuple[ServerProcess, Services]
) -> None:
    chen = supervisors.new("chen")
    inspection = chen.begin("罗斌", "仪容仪表")
    combed = chen.item(CRITICAL_FREE_ITEM)
    chen.answer(combed, "to-fail")
    # A picture that this browser cannot open goes as it is; only the server finds out that it is none.
    picture = {"name": "photo.heic", "mimeType": "image/heic", "buffer": b"cut off by the camera"}
    combed.locator("input[type=file]").set_input_files(picture)
    chen.page.locator("dialog.drawing .strong:not([disabled])").click()
    expect(combed.locator(".photos button")).to_have_count(1)
    chen.pass_rest()
    chen.submit()
    chen.go("sending")
    chen.tap("sync.now")
    problem = chen.page.locator(".problem")
    expect(problem).to_contain_text(chen.words("photo.refused.damaged"))
    expect(problem).to_contain_text(chen.words("photo.refused.do"))
    expect(problem).to_contain_text(CRITICAL_FREE_ITEM)
    assert complaints(chen.page, "refused photo") == []
    chen.go("today")
    expect(chen.page.locator(".alerts")).to_contain_text(chen.words("today.refused", count=1))
    chen.go("sending")
    chen.tap("sync.refused_photo.again", inside=problem)
    asked = chen.page.locator(".item.asked")
    expect(asked).to_contain_text(CRITICAL_FREE_ITEM)
    chen.tap("revise.title")
    dialog = chen.page.locator("dialog")
    dialog.get_by_text(chen.words("reason.revise.rechecked")).click()
    dialog.locator(".strong").click()
    chen.photograph(asked, jpeg(seed=41))
    chen.go("sending")
    chen.tap("photo.remove", inside=problem)
    expect(problem).to_have_count(0)
    chen.send()
    assert state_of(demo[1], inspection) == "complete"


def test_what_waits_for_more_than_a_day_is_said_on_every_screen(supervisors: Supervisors) -> None:
    chen = supervisors.new("chen")
    page = chen.page
    chen.context.set_offline(True)
    chen.begin("梁辉", "仪容仪表")
    chen.answer(page.locator(".item").first, "to-pass")
    expect(page.locator(".item.pass")).to_have_count(1)
    chen.go("today")
    expect(page.locator(".top .sending.waiting")).to_be_visible()
    expect(page.locator(".notice.bad")).to_have_count(0)
    page.clock.set_fixed_time(page.evaluate("Date.now()") / 1000 + DAY_SECONDS + 60)
    for place in ("today", "sending"):
        chen.go(place)
        late = page.locator(".notice.bad[role=alert]")
        expect(late).to_contain_text(chen.words("today.late"))
        expect(late).to_contain_text(chen.words("today.late.do"))
    for place in ("inspections", "actions", "settings"):
        chen.go(place)
        expect(page.locator(".top .sending.late")).to_be_visible()


def test_a_void_inspection_keeps_its_reason_and_counts_nowhere(
    supervisors: Supervisors, demo: tuple[ServerProcess, Services]
) -> None:
    chen = supervisors.new("chen")
    inspection = chen.begin("韩梅", "仪容仪表")
    chen.pass_rest()
    chen.submit()
    chen.tap("submit.stay")
    chen.page.locator(".menu").click()
    dialog = chen.page.locator("dialog")
    chen.tap("inspect.void", inside=dialog)
    dialog.locator(".danger").click()
    expect(dialog).to_be_visible()  # not without a reason
    assert complaints(chen.page, "void") == []
    dialog.get_by_text(chen.words("reason.void.wrong_person")).click()
    dialog.locator(".danger").click()
    expect(chen.page.locator(".notice.warn")).to_contain_text(chen.words("inspect.readonly"))
    expect(chen.page.locator(".item .to-fail").first).to_be_disabled()
    chen.page.locator(".menu").click()
    expect(dialog).to_contain_text(chen.words("reason.void.wrong_person"))
    expect(dialog.locator(".danger")).to_have_count(0)
    chen.page.keyboard.press("Escape")
    chen.go("inspections")
    expect(chen.page.locator(f"a[href='#/inspect/{inspection}']")).to_contain_text(chen.words("state.void"))
    chen.go("today")
    chen.page.locator("input[type=search]").fill("韩梅")
    expect(chen.page.locator(".person .pips i.on")).to_have_count(0)
    chen.send()
    assert state_of(demo[1], inspection) == "void"


def test_a_queue_is_saved_as_a_file_and_brought_in_by_an_administrator(
    supervisors: Supervisors, demo: tuple[ServerProcess, Services]
) -> None:
    server, services = demo
    liu = supervisors.new("liu")
    liu.context.set_offline(True)
    inspection = liu.begin("梁辉", "仪容仪表")
    liu.answer(liu.item(CRITICAL_FREE_ITEM), "to-fail")
    liu.photograph(liu.item(CRITICAL_FREE_ITEM), jpeg(seed=42))
    liu.pass_rest()
    liu.submit()
    liu.go("sending")
    with liu.page.expect_download() as download:
        liu.tap("sync.export")
    saved = download.value.path()
    assert download.value.suggested_filename.endswith(".queue")

    desk: Supervisor = supervisors.new()
    page = desk.page
    page.goto(f"{server.url}/login")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill(people.PASSWORD)
    page.locator("form button.strong").click()
    page.wait_for_url(lambda address: "/login" not in address)
    page.goto(f"{server.url}/replicas/import")
    page.locator("input[name=queue]").set_input_files(saved)
    page.locator("form:has(input[name=queue]) button").click()
    expect(page.locator("#imported")).to_contain_text("刘督导")
    assert state_of(services, inspection) == "complete"

    liu.context.set_offline(False)
    liu.send()  # the tablet found a network after all
    liu.go("inspections")
    expect(liu.page.locator(f"a[href='#/inspect/{inspection}']")).to_contain_text(liu.words("sent.complete"))


def test_a_log_in_that_has_ended_is_renewed_where_it_is_said(
    supervisors: Supervisors, demo: tuple[ServerProcess, Services]
) -> None:
    liu = supervisors.new("liu")
    page = liu.page
    liu.begin("马兰", "仪容仪表")
    liu.answer(page.locator(".item").first, "to-pass")
    expect(page.locator(".item.pass")).to_have_count(1)
    token = table_of(RefreshToken)
    with demo[1].database.write() as connection:
        connection.execute(token.update().values(revoked_at=demo[1].clock()))
    nobody = {"content_type": "application/problem+json", "body": '{"code": "bad_token", "detail": ""}'}
    page.route("**/api/v1/sync/*", lambda route: route.fulfill(status=401, **nobody))
    liu.go("sending")
    liu.tap("sync.now")
    expect(page.locator(".top .sending.late")).to_contain_text(liu.words("sync.login"))
    liu.tap("login.again", inside=page.locator(".notice"))
    dialog = page.locator("dialog")
    expect(dialog.locator("input[name=login]")).to_have_value("liu")
    assert complaints(page, "log in again") == []
    dialog.locator("input[name=password]").fill(people.PASSWORD)
    dialog.locator(".strong").click()
    page.get_by_role("heading", name=liu.words("pin.hello", name="刘督导")).wait_for()
    page.unroute_all()
    liu.pin(liu.words("pin.hello", name="刘督导"))
    liu.send()


def test_a_new_version_of_the_app_waits_while_an_inspection_is_open_anywhere(supervisors: Supervisors) -> None:
    liu = supervisors.new("liu")
    page = liu.page
    liu.begin("郑洁", "仪容仪表")
    page.evaluate(_UNTIL_ACTIVATED)
    # To the browser another address of the worker is what another byte in it is: a new version, beside the old one.
    # Pages that start from now on are of the new version's time: they ask for the same.
    liu.context.add_init_script(_NEW_VERSION)
    page.evaluate(_NEW_VERSION)
    page.evaluate(_UNTIL_WAITING)
    other = liu.context.new_page()
    other.goto(page.url.partition("#")[0])
    liu.answer(page.locator(".item").first, "to-pass")  # the old version goes on
    expect(page.locator(".item.pass")).to_have_count(1)

    other.get_by_role("heading", name=liu.words("pin.hello", name="刘督导")).wait_for()
    other.keyboard.type("2580")
    other.keyboard.press("Enter")
    other.locator(".tabs .badge").last.wait_for()
    other.evaluate("location.hash = '#/settings'")
    update = other.get_by_role("button", name=liu.words("settings.update.do"))
    update.click()
    expect(other.locator(".toast.bad")).to_have_text(liu.words("error.inspection_open"))
    expect(page.locator(".item.pass")).to_have_count(1)
    liu.go("today")
    other.evaluate("name => navigator.locks.request(name, () => {})", "inspect-open-inspection")  # until it is closed
    with other.expect_navigation():
        update.click()
    assert other.evaluate(_WORKERS) == {"waiting": None, "active": "/tablet/service_worker.js?new"}
    other.get_by_role("heading", name=liu.words("pin.hello", name="刘督导")).wait_for()


_UNTIL_ACTIVATED = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  const change = () => new Promise((done) => active.addEventListener('statechange', done, { once: true }));
  while (active.state !== 'activated') await change();
}"""
_NEW_VERSION = """(() => {
  const register = ServiceWorkerContainer.prototype.register;
  ServiceWorkerContainer.prototype.register = function (url, options) {
    return register.call(this, `${url}?new`, options);
  };
})()"""
_UNTIL_WAITING = """async () => {
  const registration = await navigator.serviceWorker.register('/tablet/service_worker.js', { scope: '/tablet/' });
  const { installing } = registration;
  const change = () => new Promise((done) => installing.addEventListener('statechange', done, { once: true }));
  while (installing?.state === 'installing') await change();
  if (!registration.waiting) throw new Error('the new version does not wait');
}"""
_WORKERS = """async () => {
  const { waiting, active } = await navigator.serviceWorker.getRegistration('/tablet/');
  return { waiting, active: new URL(active.scriptURL).pathname + new URL(active.scriptURL).search };
}"""
