"""Little room, much work, a slow first day: the screens say how things stand, and cut nothing off without a word."""

from typing import Any

import httpx
from playwright.sync_api import BrowserContext, expect

from inspect_api.demo import people
from tests.browser.access import complaints
from tests.browser.screens import PIN, Supervisor, Supervisors

# What a browser answers about its disk cannot be brought about here: it is put into its mouth.
_COUNT_ASKING = """(() => {
  if (!navigator.storage) return;
  const persist = navigator.storage.persist.bind(navigator.storage);
  globalThis.askedToPersist = 0;
  navigator.storage.persist = () => {
    globalThis.askedToPersist += 1;
    return persist();
  };
})()"""
_NEARLY_FULL = "navigator.storage.estimate = async () => ({ usage: 950_000_000, quota: 1_000_000_000 })"
_FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...given) {
    if (this.name === "outbox") throw new DOMException("the disk is full", "QuotaExceededError");
    return put.apply(this, given);
  };
  globalThis.makeRoom = () => (IDBObjectStore.prototype.put = put);
}"""
_BEGIN_MANY = """async ([pin, count]) => {
  const { openEngine } = await import("/tablet/engine/engine.js");
  const engine = await openEngine({ automatic: false, lockAfter: 0 });
  await engine.account.unlock(pin);
  const { employees } = await engine.today();
  const [{ key }] = await engine.templates("employee");
  for (let n = 0; n < count; n++) await engine.begin(key, { kind: "employee", id: employees[n % employees.length].id });
  await engine.close();
}"""
MANY = 75


def prepared(supervisors: Supervisors, script: str) -> Supervisor:
    """Somebody whose browser runs ``script`` before the app."""
    somebody = supervisors.new()
    somebody.context.add_init_script(script)
    return somebody


def test_the_browser_is_asked_to_keep_what_it_holds(supervisors: Supervisors) -> None:
    liu = prepared(supervisors, _COUNT_ASKING)
    liu.log_in("liu")
    assert liu.page.evaluate("askedToPersist") > 0
    persisted = liu.page.evaluate("navigator.storage.persisted()")
    liu.go("settings")
    promise = liu.page.get_by_text(liu.words("today.storage.not_persisted"))
    expect(promise).to_have_count(0 if persisted else 1)  # where it does not promise, that is said


def test_little_room_is_said_before_it_is_too_late(supervisors: Supervisors) -> None:
    liu = prepared(supervisors, _NEARLY_FULL)
    liu.log_in("liu")
    expect(liu.page.locator(".alerts")).to_contain_text(liu.words("today.storage.low"))
    expect(liu.page.locator(".glance")).to_contain_text("50 MB")
    assert complaints(liu.page, "little room") == []


def test_a_tap_that_does_not_fit_is_taken_back_before_ones_eyes(supervisors: Supervisors) -> None:
    liu = supervisors.new("liu")
    inspection = liu.begin("唐莉", "仪容仪表")
    first = liu.page.locator(".item").first
    liu.answer(first, "to-pass")
    expect(liu.page.locator(".item.pass")).to_have_count(1)
    liu.page.evaluate(_FULL)
    liu.answer(first, "to-fail")
    expect(liu.page.locator(".toast.bad")).to_contain_text(liu.words("error.storage_full"))
    expect(first.locator(".to-pass")).to_have_attribute("aria-checked", "true")
    expect(first.locator(".to-fail")).to_have_attribute("aria-checked", "false")
    assert complaints(liu.page, "full") == []
    liu.go("sending")
    liu.tap("sync.now")
    expect(liu.page.locator(".notice.bad")).to_contain_text(liu.words("sync.problem.storage_full"))
    expect(liu.page.locator("main button.strong")).to_be_enabled()  # and not "sending" for ever
    liu.page.evaluate("() => void makeRoom()")
    liu.go(f"inspect/{inspection}")
    liu.answer(first, "to-fail")
    expect(liu.page.locator(".item.fail")).to_have_count(1)
    liu.send()


def test_on_the_first_day_it_says_that_people_are_on_their_way(supervisors: Supervisors) -> None:
    wang = supervisors.new()
    held: list[Any] = []
    wang.page.route("**/api/v1/sync/pull*", lambda route: held.append(route))
    wang.open_app()
    wang.tap("login.with_password")
    wang.page.locator("input[name=login]").fill("wang")
    wang.page.locator("input[name=password]").fill(people.PASSWORD)
    wang.tap("login.do")
    wang.pin(wang.words("pin.choose"))
    wang.pin(wang.words("pin.repeat"))
    expect(wang.page.locator("main .empty")).to_contain_text(wang.words("today.receiving"))
    for route in held:
        route.continue_()
    wang.page.unroute_all()
    wang.page.locator(".person").first.wait_for()


def test_of_many_inspections_all_are_counted_and_all_can_be_seen(supervisors: Supervisors) -> None:
    wang = supervisors.new("wang")
    wang.context.set_offline(True)
    begin_many(wang.context, wang.page.url)
    wang.go("inspections/unsent")
    chip = wang.page.locator(".filters button", has_text=wang.words("list.unsent"))
    expect(chip).to_contain_text(str(MANY))
    lines = wang.page.locator(".list a.state-line")
    expect(lines).to_have_count(60)
    wang.tap("today.show_all", count=MANY)
    expect(lines).to_have_count(MANY)
    wang.go("today")
    expect(wang.page.locator(".go-on li")).to_have_count(3)  # they do not push the people off the screen


def begin_many(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(address.partition("#")[0] + "theme.js")
    page.evaluate(_BEGIN_MANY, [PIN, MANY])
    page.close()


def test_a_tablet_that_was_switched_off_says_so_and_asks_for_no_password(
    supervisors: Supervisors, office: httpx.Client
) -> None:
    known = {one["id"] for one in office.get("/replicas").json()}
    liu = supervisors.new("liu")
    liu.context.set_offline(True)
    liu.begin("宋凯", "仪容仪表")
    liu.answer(liu.page.locator(".item").first, "to-pass")
    expect(liu.page.locator(".item.pass")).to_have_count(1)
    (lost,) = {one["id"] for one in office.get("/replicas").json()} - known
    assert office.post(f"/replicas/{lost}/revoke").status_code == 204
    liu.context.set_offline(False)
    liu.go("sending")
    liu.tap("sync.now")
    expect(liu.page.locator(".notice.bad")).to_contain_text(liu.words("sync.problem.replica_revoked"))
    expect(liu.page.locator(".top .sending.late")).to_contain_text(liu.words("sync.revoked"))
    assert complaints(liu.page, "switched off") == []
    with liu.page.expect_download():
        liu.tap("sync.export")
