"""Every page of managers, employees and administrators: no violation that axe-core knows, in light and dark, in both
languages; and no page scrolls sideways, on a phone, a tablet or a desk."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser

from checklists.periods import final_at
from checklists.tables import table_of
from inspect_api.scorecards.publication import publish_due
from sync.tables import Replica
from tests.browser.pages_browser import DESKTOP, PHONE, TABLET, Site, serving, too_wide, violations
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
        "/actions/new?inspection={inspection}&item=worked_grooming.badge",
    ],
    "employee": ["/employees/{employee}/weeks/{week}", "/disputes", "/disputes/{dispute}", "/actions"],
    "admin": [
        "/sites",
        "/replicas",
        "/reports",
        "/mails",
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
        "/admin/scoring",
        "/admin/mail",
        "/admin/mail/preview",
        "/admin/privacy",
        "/admin/roster",
        "/admin/audit",
    ],
    None: ["/login"],
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


def _named(site: Site, desk: Desk) -> dict[str, str]:
    """What stands in the addresses; the dispute is opened here, as the employee does, with a photo."""
    world = site.world
    with httpx.Client(base_url=site.url, timeout=60) as client:
        client.post("/login", data={"login": "employee", "password": PASSWORD})
        form = {"inspection": desk.sent["E"], "item": "worked_grooming.radio", "reason": "对讲机送修，有维修单"}
        answer = client.post("/disputes/new", data=form, files={"photo": ("a.jpg", jpeg(), "image/jpeg")})
    assert answer.status_code == 303, answer.text
    return {
        "site": world.sites["lobby"],
        "week": str(WEEK),
        "empty": "2026-W30",
        "employee": world.employees["lobby-1"],
        "dispute": answer.headers["location"].rpartition("/")[2],
        "inspection": desk.sent["D"],
        "user": world.users["chen"],
        "revision": world.templates["worked_grooming"],
    }


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


@pytest.mark.parametrize("login", ["manager", "employee", "admin"])
def test_no_page_scrolls_sideways(site: Site, login: str) -> None:
    wide = []
    with site.reader(login, "en") as page:
        for path in PAGES[login]:
            page.goto(site.url + path.format_map(site.named))
            for width, height in (PHONE, TABLET, DESKTOP):
                page.set_viewport_size({"width": width, "height": height})
                if too_wide(page):
                    wide.append(f"{path} at {width}")
    assert wide == []
