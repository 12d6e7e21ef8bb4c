"""Every page of managers, employees and administrators: no violation that axe-core knows, in light and dark, in both
languages; and no page scrolls sideways, on a phone, a tablet or a desk."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser

from checklists.periods import final_at
from checklists.tables import CorrectiveAction, table_of
from inspect_api.app import create_app
from inspect_api.auth.password_links import make_link
from inspect_api.jobs import run_once
from inspect_api.mail import choices
from inspect_api.reports.kinds import WEEKLY
from inspect_api.scorecards.publication import publish_due
from sync.tables import Replica
from tests.browser.pages_browser import DESKTOP, PHONE, TABLET, Site, serving, too_wide, violations
from tests.inspect_api.access.asking import routes
from tests.inspect_api.api.test_template_life import yaml_of
from tests.inspect_api.disputes.court import more_people
from tests.inspect_api.scorecards.desk import Desk
from tests.inspect_api.scorecards.test_decisions import AGAIN, LITTLE
from tests.inspect_api.scorecards.test_service import moved
from tests.photo_fixtures import jpeg
from tests.worked_numbers import ALL_CHECKS, LATE_CHECK, TEMPLATES, WEEK, ZONE, grooming_check, site_time
from tests.world import PASSWORD, SteppedClock, build_world, make_services

PAGES = {
    "manager": [
        "/sites/{site}/weeks/{week}",
        "/sites/{site}/weeks/{week}?show=flags&sort=trend",
        "/sites/{site}/weeks/{week}?q=nobody",
        "/sites/{site}/weeks/{week}/coverage",
        "/sites/{site}/weeks/{week}/items?checklist=worked_grooming&weeks=4",
        "/sites/{site}/weeks/{week}/findings",
        "/sites/{site}/weeks/{week}/supervisors?weeks=8",
        "/sites/{site}/weeks/{week}/decisions",
        "/sites/{site}/weeks/{empty}",
        "/employees/{employee}/weeks/{week}",
        "/disputes",
        "/disputes/{dispute}",
        "/actions",
        "/actions/{action}",
        "/actions/new?inspection={inspection}&item=worked_grooming.badge",
    ],
    "employee": [
        "/employees/{employee}/weeks/{week}",
        "/disputes",
        "/disputes/{dispute}",
        "/disputes/new?inspection={inspection}&item=worked_grooming.badge",
        "/actions",
    ],
    "chen": ["/", "/actions", "/actions/{action}"],
    "admin": [
        "/sites",
        "/replicas",
        "/replicas/enrol",
        "/replicas/import",
        "/reports",
        "/mails",
        "/mails/{mail}",
        "/quarantine",
        "/admin",
        "/admin/users",
        "/admin/users/{user}",
        "/admin/employees",
        "/admin/employees/{employee}",
        "/admin/sites",
        "/admin/sites/{site}",
        "/admin/templates",
        "/admin/templates/{revision}",
        "/admin/templates/{draft}",
        "/admin/scoring",
        "/admin/mail",
        "/admin/mail/preview",
        "/admin/privacy",
        "/admin/roster",
        "/admin/audit",
    ],
    None: ["/login", "/unsubscribe/{unsubscribe}", "/unsubscribe/{unsubscribed}", "/password/{password}"],
}
PROBLEMS = {
    "manager": {"/nothing-here": 404, "/sites/{other_site}": 403, "/sites/{site}/weeks/2026-W99": 400},
    None: {"/unsubscribe/no-token": 404, "/password/no-secret": 404},
}
"""What a reader sees where there is no page, and with which status."""
NO_PAGES = {
    "/me": "leads on",
    "/sites/{site_id}": "leads on",
    "/employees/{employee_id}": "leads on",
    "/employees/{employee_id}/data.zip": "a file",
    "/mails/{name}/html": "a mail, see test_mail_accessible",
    "/admin/mail/preview/html": "a mail, see test_mail_accessible",
    "/health": "for machines",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Site]:
    """A week with everything in it: red flags, a duplicate, low coverage, a correction, a dispute, an action."""
    clock = SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE))
    services = make_services(tmp_path_factory.mktemp("pages"), clock)
    world = build_world(services, TEMPLATES)
    more_people(world)
    desk = Desk(world)
    desk.send_all()
    for check in (AGAIN, LITTLE):
        desk.send(check)
    for check in ALL_CHECKS[:5]:
        desk.send(moved(check, 7))
    for supervisor, value, minute in (("chen", "fail", 1), ("liu", "pass", 2)):
        fields = {"responses/worked_grooming.badge": {"value": value}}
        change = desk.pen(supervisor).change(desk.sent["C"], fields, site_time(20, 17, minute), reason="看错了")
        desk.push(supervisor, change)
    desk.send(grooming_check("X", "liu", site_time(16, 9), hair="fail"), "lobby-2")
    desk.send(grooming_check("Y", "chen", site_time(16, 11)), "lobby-2")
    clock.now = final_at(WEEK, ZONE)
    publish_due(services)
    clock.forward(hours=1)
    desk.send(LATE_CHECK)
    publish_due(services)
    replica = table_of(Replica)
    with services.database.write() as connection:
        held = {"unsent": 3, "oldest_unsent_at": clock() - timedelta(hours=80)}
        connection.execute(replica.update().where(replica.c.id == desk.pen("liu").replica_id).values(**held))
    with serving(world, chromium) as running:
        running.named = _named(running, desk)
        yield running
    services.database.dispose()


def _sent(site: Site, login: str, path: str, form: dict[str, str], **files: tuple[str, bytes, str]) -> str:
    """The id of what somebody made with a form, from where it leads."""
    with httpx.Client(base_url=site.url, timeout=60) as client:
        client.post("/login", data={"login": login, "password": PASSWORD})
        answer = client.post(path, data=form, files=files)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def _named(site: Site, desk: Desk) -> dict[str, str]:
    """What stands in the addresses; the dispute is opened here, as the employee does, with a photo."""
    world, services, action = site.world, site.world.services, table_of(CorrectiveAction)
    form = {"inspection": desk.sent["E"], "item": "worked_grooming.radio", "reason": "对讲机送修，有维修单"}
    dispute = _sent(site, "employee", "/disputes/new", form, photo=("a.jpg", jpeg(), "image/jpeg"))
    file = ("a.yaml", yaml_of(critical_cap=50), "text/yaml")
    draft = _sent(site, "admin", "/admin/templates", {"note": "stricter"}, file=file)
    with ThreadPoolExecutor(1) as pool:  # Playwright's event loop runs in this thread
        pool.submit(lambda: asyncio.run(run_once(services))).result()
    now, secret = services.clock(), services.settings.effective_secret_key()
    with services.database.write() as connection:
        choices.choose(connection, world.organisation_id, world.users["second"], WEEKLY, now, wanted=False)
        link = make_link(connection, world.organisation_id, world.users["wang"], None, now, timedelta(hours=1))
        made = connection.execute(sa.select(action.c.id).where(action.c.site_id == world.sites["lobby"])).scalars()
        an_action = str(made.first())
    mail = next((services.settings.data_dir / "mail").glob("weekly.*.eml")).name
    unsubscribe = {
        name: choices.unsubscribe_link("", secret, world.users[login], WEEKLY).rpartition("/")[2]
        for name, login in (("unsubscribe", "manager"), ("unsubscribed", "second"))
    }
    return {
        **unsubscribe,
        "site": world.sites["lobby"],
        "other_site": world.sites["tower"],
        "action": an_action,
        "draft": draft,
        "mail": quote(mail),
        "password": link,
        "week": str(WEEK),
        "empty": "2026-W30",
        "employee": world.employees["lobby-1"],
        "dispute": dispute,
        "inspection": desk.sent["D"],
        "user": world.users["chen"],
        "revision": world.templates["worked_grooming"],
    }


def test_every_page_of_the_application_is_looked_at(site: Site) -> None:
    """A new page is to be added above, or to those that are none."""
    looked_at = {path.partition("?")[0] for paths in PAGES.values() for path in paths}
    shapes = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$") for path in looked_at]
    pages = {
        path
        for method, path in routes(create_app(site.world.services))
        if method == "GET" and not path.startswith(("/api/", "/static/", "/tablet")) and "/tables/" not in path
    }
    shown = {path for path in pages if any(shape.match(re.sub(r"\{\w+\}", "x", path)) for shape in shapes)}
    assert sorted(pages - shown - NO_PAGES.keys()) == []
    assert sorted(NO_PAGES.keys() - pages) == []


@pytest.mark.parametrize("login", list(PROBLEMS), ids=str)
def test_what_a_reader_is_told_where_there_is_no_page(site: Site, login: str | None) -> None:
    found = []
    with site.reader(login, "zh", PHONE) as page:
        for path, status in PROBLEMS[login].items():
            answer = page.goto(site.url + path.format_map(site.named))
            assert answer is not None
            assert answer.status == status, path
            assert page.locator("main h1").inner_text()
            assert page.locator("main a.button").count() == 1
            found += [f"{path}: {one}" for one in violations(page)]
            assert not too_wide(page), path
    assert found == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("login", list(PAGES), ids=str)
def test_no_page_has_a_violation_in_light_or_dark(site: Site, login: str | None, language: str) -> None:
    found = []
    with site.reader(login, language) as page:
        for path in PAGES[login]:
            address = path.format_map(site.named)
            answer = page.goto(site.url + address)
            assert answer is not None
            assert answer.status == 200, address
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                found += [f"{path} ({scheme}): {one}" for one in violations(page)]
    assert found == []


@pytest.mark.parametrize("login", list(PAGES), ids=str)
def test_no_page_scrolls_sideways(site: Site, login: str | None) -> None:
    wide = []
    with site.reader(login, "en") as page:
        for path in PAGES[login]:
            page.goto(site.url + path.format_map(site.named))
            for width, height in (PHONE, TABLET, DESKTOP):
                page.set_viewport_size({"width": width, "height": height})
                if too_wide(page):
                    wide.append(f"{path} at {width}")
    assert wide == []
