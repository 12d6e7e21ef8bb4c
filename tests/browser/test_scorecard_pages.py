"""The worked numbers of the scoring rules as people read them: on pages in Chromium and in mail, in both languages."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email import message_from_bytes, policy
from fractions import Fraction

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser

from checklists.ids import new_id
from checklists.periods import Week
from checklists.scoring.arithmetic import to_text
from checklists.tables import PublishedWeek, ReportSchedule, Scorecard, User, table_of
from inspect_api.jobs import run_once
from tests.browser.pages_browser import Site, serving
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import LATE_CHECK, WEEK, ZONE, site_time
from tests.world import SteppedClock, World

LANGUAGES = ("zh", "en")
WEEK_PATH = f"weeks/{WEEK}"
NOT_OFFICIAL = {"zh": "检查次数不足（1/3）", "en": "not enough checks (1 of 3)"}
COUNTED = {"zh": ("8 次检查", "3 名督导"), "en": ("8 checks", "3 supervisors")}
LATE = {
    "zh": "迟到同步：Liu 于 11月22日 周日 18:00 的“仪容仪表（算例）”检查",
    "en": "Late sync: Grooming (worked example) by Liu, captured Sun 22 Nov, 18:00, arrived",
}
UPHELD = {
    "zh": "申诉成立：项目“对讲机”",
    "en": "Dispute upheld, item Radio, check: Grooming (worked example) by Liu, captured Wed 18 Nov, 10:00",
}
RADIO = {"zh": ("红旗", "对讲机"), "en": ("Red flag", "Radio")}
DISPUTED_UNTIL = {"zh": "12月3日 周四 12:00", "en": "Thu 3 Dec, 12:00"}
OWN_MAIL = {
    "zh": ("88.3 B（比上周 −2.7）", "检查次数还不够"),
    "en": ("88.3 B (−2.7 against last week)", "not enough checks yet"),
}


@pytest.fixture
def clock() -> SteppedClock:
    """Sunday evening of the worked example's week."""
    return SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE))


@pytest.fixture
def site(world: World, chromium: Browser) -> Iterator[Site]:
    earlier_weeks(world)
    with serving(world, chromium) as running:
        yield running


def earlier_weeks(world: World) -> None:
    """91.0 last week, none the week before, 84.0 the one before that: published and final."""
    with world.services.database.write() as connection:
        for week, total in ((Week(2026, 46), 91), (Week(2026, 45), None), (Week(2026, 44), 84)):
            own = {"organisation_id": world.organisation_id, "site_id": world.sites["lobby"], "week": str(week)}
            at = {"published_at": week.ends_at(ZONE)}
            connection.execute(
                table_of(PublishedWeek).insert(),
                {**own, **at, "final": True, "rules": "{}", "checked_until": week.ends_at(ZONE)},
            )
            card = {"id": new_id(), "employee_id": world.employees["lobby-1"], "version": 1, "body": "{}", "reason": ""}
            exact = None if total is None else to_text(Fraction(total))
            connection.execute(
                table_of(Scorecard).insert(),
                {**own, **at, **card, "total": exact, "grade": None, "digest": "0" * 64},
            )


def at(world: World, clock: SteppedClock, day: int, hour: int) -> None:
    """What the service does by the clock at that hour of site time."""
    clock.now = site_time(day, hour).replace(second=5)
    with ThreadPoolExecutor(1) as pool:  # Playwright's event loop runs in this thread
        status = pool.submit(lambda: asyncio.run(run_once(world.services))).result()
    assert [one.error for one in status.values() if one.error] == []


def mail_of(world: World, period: str, report: str = "weekly", kind: str = "plain") -> str:
    """What the one mail of that report and week says, with single spaces and without tags."""
    folder = world.services.settings.data_dir / "mail"
    (written,) = folder.glob(f"{report}.*.{period}.1.*.eml")
    message = message_from_bytes(written.read_bytes(), policy=policy.default)
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    return " ".join(re.sub(r"<[^>]+>", " ", str(body.get_content())).split())


def employees_get_mail(world: World, language: str) -> None:
    user, now = table_of(User), world.services.clock()
    row = {"organisation_id": world.organisation_id, "weekday": 0, "hour": 8, "attachment": False}
    with world.services.database.write() as connection:
        connection.execute(table_of(ReportSchedule).insert(), {**row, "employees_from": now, "changed_at": now})
        own = sa.update(user).where(user.c.id == world.users["employee"])
        connection.execute(own.values(language=language, email="employee@example.test"))


def managers_language(world: World, language: str) -> None:
    user = table_of(User)
    with world.services.database.write() as connection:
        connection.execute(sa.update(user).where(user.c.id == world.users["manager"]).values(language=language))


def employee_page(world: World) -> str:
    return f"/employees/{world.employees['lobby-1']}/{WEEK_PATH}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_worked_week_as_the_employee_and_the_manager_read_it(site: Site, language: str) -> None:
    Desk(site.world).send_all()
    with site.reader("employee", language) as page:
        text = site.text(page, employee_page(site.world))
    for number in ("88.3", "82.0", "93.0", "77.8", "91.0", "88.8", "88.9", "59.0"):
        assert number in text
    assert NOT_OFFICIAL[language] in text
    assert all(words in text for words in COUNTED[language])
    assert "(3 × 89.7222… + 1 × 59) ÷ 4 = 82.0416…" in text
    assert "(4 × 88.3035… + 3 × 91 + 1 × 84) ÷ 8 = 88.7767…" in text
    with site.reader("manager", language) as page:
        text = site.text(page, f"/sites/{site.world.sites['lobby']}/{WEEK_PATH}")
    row = text[text.index("lobby-1") :]
    assert row.index("88.3") < row.index("82.0") < row.index("93.0") < row.index("77.8")
    assert "−2.7" in row


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_worked_week_as_their_mail_says_it(site: Site, clock: SteppedClock, language: str) -> None:
    """The manager's report and the employee's own result, in both parts, with the numbers of the pages."""
    managers_language(site.world, language)
    employees_get_mail(site.world, language)
    Desk(site.world).send_all()
    at(site.world, clock, 23, 8)
    text, html = (mail_of(site.world, str(WEEK), kind=kind) for kind in ("plain", "html"))
    assert "88.3 B −2.7 王芳 lobby-1" in text
    for part in (text, html):
        numbers = ("88.3", "−2.7", "82.0", "93.0", "77.8")
        assert [number for number in numbers if number not in part] == []
        assert all(words in part for words in RADIO[language])
        assert DISPUTED_UNTIL[language] in part
    own, own_html = (mail_of(site.world, str(WEEK), "employee", kind) for kind in ("plain", "html"))
    for part in (own, own_html):
        wanted = (*OWN_MAIL[language], "82.0", "93.0", "77.8", DISPUTED_UNTIL[language])
        assert [words for words in wanted if words not in part] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tablet_that_syncs_on_tuesday_moves_the_provisional_number(
    site: Site, clock: SteppedClock, language: str
) -> None:
    desk = Desk(site.world)
    desk.send_all()
    at(site.world, clock, 23, 8)
    clock.now = site_time(24, 9, 12)
    desk.send(LATE_CHECK)
    at(site.world, clock, 26, 12)
    with site.reader("employee", language) as page:
        text = site.text(page, employee_page(site.world))
    assert "88.3 → 89.4" in text
    assert "84.6" in text
    assert LATE[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_arrives_after_the_final_number_is_a_correction_in_the_next_mail(
    site: Site, clock: SteppedClock, language: str
) -> None:
    managers_language(site.world, language)
    desk = Desk(site.world)
    desk.send_all()
    at(site.world, clock, 23, 8)
    at(site.world, clock, 26, 12)
    clock.now = site_time(27, 9)
    desk.send(LATE_CHECK)
    at(site.world, clock, 27, 10)
    at(site.world, clock, 30, 8)
    with site.reader("manager", language) as page:
        week = site.text(page, f"/sites/{site.world.sites['lobby']}/weeks/{WEEK.next()}")
    for text in (week, mail_of(site.world, str(WEEK.next()))):
        assert "88.3 → 89.4" in text
        assert LATE[language] in text
    assert "89.4" not in mail_of(site.world, str(WEEK))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dispute_from_the_button_to_the_correction_in_the_next_mail(
    site: Site, clock: SteppedClock, language: str
) -> None:
    """The employee objects on the page, the manager answers on the page; 88.3 becomes 92.7."""
    managers_language(site.world, language)
    desk = Desk(site.world)
    desk.send_all()
    at(site.world, clock, 23, 8)
    at(site.world, clock, 26, 12)
    clock.now = site_time(26, 15)
    with site.reader("employee", language) as page:
        site.text(page, employee_page(site.world))
        page.click(f"a[href*='disputes/new?inspection={desk.sent['E']}']")
        page.fill("textarea[name=reason]", "对讲机送修，有维修单")
        page.click("main button.strong")
        page.wait_for_url("**/disputes/*")
        address = page.url.removeprefix(site.url)
    clock.now = site_time(27, 9)
    with site.reader("manager", language) as page:
        page.goto(site.url + address)
        page.check("input[value=void]")
        page.fill("textarea[name=reason]", "查有维修单")
        page.click("main form.card button.strong")
        page.wait_for_load_state()
    at(site.world, clock, 27, 10)
    with site.reader("employee", language) as page:
        text = site.text(page, employee_page(site.world))
        assert "88.3 → 92.7" in text
        assert "92.3" in text
        assert UPHELD[language] in text
        page.click("form.receipt button")
        page.wait_for_load_state()
        assert page.locator("form.receipt").count() == 0
    at(site.world, clock, 30, 8)
    mail = mail_of(site.world, str(WEEK.next()))
    assert "88.3 → 92.7" in mail
    assert UPHELD[language] in mail
