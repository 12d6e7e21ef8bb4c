"""How somebody gets in: by a scanned code or a password, and each to their own work on a shared tablet."""

import httpx
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from checklists.tables import User
from checklists.tables.columns import table_of
from inspect_api.demo import people
from inspect_api.services import Services
from tests.browser.access import complaints
from tests.browser.chromium import INSECURE
from tests.browser.screens import Supervisors, texts_of
from tests.server_process import ServerProcess


def one_time_code(url: str, services: Services, login: str) -> str:
    """As an administrator makes it."""
    user = table_of(User)
    with services.database.read() as connection:
        user_id = connection.execute(sa.select(user.c.id).where(user.c.login == login)).scalar_one()
    with httpx.Client(base_url=url, timeout=60) as client:
        answer = client.post("/api/v1/auth/login", json={"login": "admin", "password": people.PASSWORD})
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        made = client.post("/api/v1/enrolment-codes", json={"user_id": user_id}, headers=headers)
    assert made.status_code == 201
    return str(made.json()["code"])


def test_a_scanned_code_brings_the_tablet_into_use_and_works_once(
    supervisors: Supervisors, demo: tuple[ServerProcess, Services]
) -> None:
    server, services = demo
    code = one_time_code(server.url, services, "liu")
    liu = supervisors.new()
    liu.page.goto(f"{server.url}/tablet/#enrol={code}")
    expect(liu.page.locator("input.code")).to_have_value(code)
    assert code not in liu.page.url
    liu.tap("enrol.do")
    liu.pin(liu.words("pin.choose"))
    liu.pin(liu.words("pin.repeat"))
    expect(liu.page.locator(".top p")).to_have_text("刘督导")
    expect(liu.page.locator(".person")).not_to_have_count(0)

    again = supervisors.new()
    again.page.goto(f"{server.url}/tablet/#enrol={code}")
    again.tap("enrol.do")
    expect(again.page.locator("[role=alert]")).to_have_text(again.words("error.bad_code"))


def test_two_share_a_tablet_and_each_finds_only_their_own_work(supervisors: Supervisors) -> None:
    chen = supervisors.new("chen")
    page = chen.page
    chen.context.set_offline(True)
    chen.begin("郑洁", "仪容仪表")
    chen.answer(page.locator(".item").first, "to-fail")
    expect(page.locator(".item.fail")).to_have_count(1)
    chen.go("settings")
    chen.tap("settings.logout")
    for words in ("waiting", "lead", "instead"):  # what stays, what it takes to come back, and what is less
        expect(page.locator("dialog")).to_contain_text(chen.words(f"settings.logout.{words}", count=1))
    chen.tap("settings.logout", inside=page.locator("dialog .foot"))
    who = page.locator(".people-pick")
    expect(who).to_contain_text("陈督导")
    expect(who).to_contain_text(chen.words("login.waiting", count=1))
    expect(who).to_contain_text(chen.words("login.with_password.tag"))
    chen.tap("login.someone_else")
    chen.context.set_offline(False)
    page.locator("input[name=login]").fill("wang")
    page.locator("input[name=password]").fill(people.PASSWORD)
    chen.tap("login.do")
    chen.pin(chen.words("pin.choose"))
    chen.pin(chen.words("pin.repeat"))
    page.locator(".person").first.wait_for()
    expect(page.locator(".go-on")).to_have_count(0)  # nothing of the other one


def test_without_https_the_app_says_so_instead_of_half_working(
    chromium: Browser, demo: tuple[ServerProcess, Services]
) -> None:
    page = chromium.new_page()
    page.goto(demo[0].url.replace("127.0.0.1", INSECURE) + "/tablet/")
    expect(page.locator("[role=alert]")).to_have_text(texts_of("zh")["error.insecure"])
    page.close()


def test_the_door_is_open_to_everybody(supervisors: Supervisors) -> None:
    somebody = supervisors.new()
    page = somebody.page
    somebody.open_app()
    found = complaints(page, "enrol")
    somebody.tap("login.with_password")
    found += complaints(page, "log in")
    page.locator("input[name=login]").fill("wang")
    page.locator("input[name=password]").fill("wrong")
    somebody.tap("login.do")
    expect(page.locator("[role=alert]")).to_have_text(somebody.words("error.bad_login"))
    found += complaints(page, "wrong password")
    page.locator("input[name=password]").fill(people.PASSWORD)
    somebody.tap("login.do")
    page.get_by_role("heading", name=somebody.words("pin.choose")).wait_for()
    found += complaints(page, "choose a PIN")
    somebody.pin(somebody.words("pin.choose"))
    somebody.pin(somebody.words("pin.repeat"))
    page.locator(".person").first.wait_for()
    page.reload()
    page.get_by_role("heading", name=somebody.words("pin.hello", name="王督导")).wait_for()
    found += complaints(page, "PIN")
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    expect(page.locator(".pin-problem")).to_have_text(somebody.words("pin.left", left=4))
    found += complaints(page, "wrong PIN")
    somebody.tap("pin.forgot")
    page.locator("input[name=password]").wait_for()
    found += complaints(page, "PIN forgotten")
    somebody.tap("app.back")
    somebody.tap("pin.other")
    page.locator(".people-pick").wait_for()
    found += complaints(page, "who is it")
    assert found == []
