from email.message import EmailMessage
from pathlib import Path

from checklists.ids import new_id
from checklists.tables import Employee, ReportRun, RunState, table_of
from inspect_api.mail.folder import FolderMailer
from inspect_api.mail.mailer import to_wire
from sync.quarantine import Refused, keep
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import GROOMING, site_time
from tests.world import World, build_world


def write_mail(world: World, name: str, to: str, date: str | None = None) -> None:
    message = EmailMessage()
    if date:
        message["Date"] = date
    message["Subject"], message["To"], message["From"] = "周报", to, "reports@example.test"
    message.set_content("纯文本的内容")
    message.add_alternative('<p>网页的内容</p><script>alert("no")</script>', subtype="html")
    mailer = world.services.mailer
    assert isinstance(mailer, FolderMailer)
    folder: Path = mailer.folder
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.eml").write_bytes(to_wire(message))


async def test_written_mail_is_shown_in_a_frame_that_can_do_nothing(world: World) -> None:
    write_mail(world, "one@example.test", "manager@example.test")
    async with browser(world, "admin") as client:
        listed = await client.get("/mails")
        shown = await client.get("/mails/one@example.test.eml")
        html = await client.get("/mails/one@example.test.eml/html")
    assert "周报" in listed.text
    assert 'sandbox=""' in shown.text
    assert "纯文本的内容" in shown.text
    assert "网页的内容" in html.text
    assert html.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


async def test_mail_to_an_address_of_the_register_is_listed_with_its_time(world: World) -> None:
    """An employee whose log-in has no address gets mail at the one in the register."""
    write_mail(world, "own@example.test", "wangfang@example.test", date="Mon, 23 Nov 2026 00:00:05 +0000")
    async with browser(world, "admin") as client:
        assert "wangfang" not in (await client.get("/mails")).text
        employee = table_of(Employee)
        with world.services.database.write() as connection:
            mine = employee.c.id == world.employees["lobby-1"]
            connection.execute(employee.update().where(mine).values(email="WangFang@example.test"))
        listed = (await client.get("/mails?lang=en")).text
        shown = (await client.get("/mails/own@example.test.eml?lang=en")).text
    for page in (listed, shown):
        assert "wangfang@example.test" in page
        assert "Mon 23 Nov, 08:00" in page


async def test_nobody_reads_another_organisations_mail(world: World) -> None:
    """Both organisations have a manager; the second one's address is not known to the first."""
    other = build_world(world.services, (GROOMING,), prefix="other-")
    write_mail(world, "theirs@example.test", "stranger@elsewhere.test")
    assert other.organisation_id != world.organisation_id
    async with browser(world, "admin") as client:
        assert "周报" not in (await client.get("/mails")).text
        assert (await client.get("/mails/theirs@example.test.eml")).status_code == 404
        assert (await client.get("/mails/theirs@example.test.eml/html")).status_code == 404
        for name in ("..%2Finspect.db", "%2E%2E%2Finspect.db", "none.eml"):
            assert (await client.get(f"/mails/{name}")).status_code == 404


async def test_only_administrators_get_in(world: World) -> None:
    write_mail(world, "one@example.test", "manager@example.test")
    async with browser(world, "manager") as client:
        for path in (
            "/reports",
            "/quarantine",
            "/mails",
            "/mails/one@example.test.eml",
            "/mails/one@example.test.eml/html",
        ):
            assert (await client.get(path)).status_code == 403


async def test_runs_and_refused_changes_are_listed_with_their_reasons(world: World, desk: Desk) -> None:
    at = site_time(23, 8)
    desk.pen("chen")
    with world.services.database.write() as connection:
        connection.execute(
            table_of(ReportRun)
            .insert()
            .values(
                id=new_id(),
                organisation_id=world.organisation_id,
                report="weekly",
                site_id=world.sites["lobby"],
                period="2026-W47",
                revision=1,
                recipient_id=world.users["manager"],
                state=RunState.FAILED,
                message_id="<1@example.test>",
                attempts=3,
                next_attempt_at=at,
                last_error="550 no such mailbox",
                planned_at=at,
            )
        )
        refused = Refused("x", "out_of_range", "/fields", "取值超出范围 / out of range", b'{"id": "x"}')
        keep(connection, world.organisation_id, desk.pen("chen").replica_id, world.users["chen"], [refused], at)
    async with browser(world, "admin") as client:
        runs = (await client.get("/reports?lang=en")).text
        changes = (await client.get("/quarantine")).text
    for text in ("550 no such mailbox", "failed", "Manager", "2026-W47"):
        assert text in runs
    for text in ("out_of_range", "平板 chen", "{&#34;id&#34;: &#34;x&#34;}"):
        assert text in changes


async def test_what_did_not_arrive_is_sent_again_once_by_an_administrator(world: World) -> None:
    at, run = site_time(23, 8), table_of(ReportRun)
    key = {"report": "weekly", "site_id": world.sites["lobby"], "period": "2026-W47", "revision": 1, "attempts": 1}
    common = {"organisation_id": world.organisation_id, "planned_at": at, "next_attempt_at": at, "message_id": "<x@y>"}
    ids = {state: new_id() for state in (RunState.UNCONFIRMED, RunState.SENT, RunState.PLANNED)}
    logins = dict(zip(ids, ("manager", "chen", "liu"), strict=True))
    with world.services.database.write() as connection:
        for state, run_id in ids.items():
            own = {"id": run_id, "state": state, "recipient_id": world.users[logins[state]]}
            connection.execute(run.insert(), {**key, **common, **own})
    lost = ids[RunState.UNCONFIRMED]
    async with browser(world, "admin") as client:
        page = (await client.get("/reports")).text
        assert [f"/reports/{one}/resend" in page for one in ids.values()] == [True, False, False]
        assert (await client.post(f"/reports/{ids[RunState.PLANNED]}/resend")).status_code == 409
        assert (await client.post(f"/reports/{lost}/resend", follow_redirects=False)).status_code == 303
        assert (await client.post(f"/reports/{lost}/resend")).status_code == 409
        page = (await client.get("/reports?lang=en")).text
    assert "re-send 1" in page
    assert f"/reports/{lost}/resend" not in page
