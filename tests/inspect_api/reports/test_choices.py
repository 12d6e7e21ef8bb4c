"""What recipients and organisations choose: whether a mail comes, when, and with which table."""

import io
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from checklists.periods import Week
from checklists.tables import MailAddress, MailChoice, ReportSchedule, RunState, table_of
from inspect_api.mail import SmtpMailer, bounces, choices
from inspect_api.problems import Problem
from inspect_api.reports.due import due_at
from inspect_api.reports.kinds import WEEKLY
from inspect_api.reports.plan import plan_weekly
from inspect_api.reports.resend import resend
from inspect_api.reports.runs import Run
from inspect_api.reports.sending import DECLINED, STOPPED, Recipient, send_due
from inspect_api.reports.weekly import weekly_mail
from tests.inspect_api.mail.server import Inbox, mail_server
from tests.inspect_api.pages.browser import browser
from tests.inspect_api.reports.office import BUILDERS, Office
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import WEEK, ZONE
from tests.world import World

BERLIN = ZoneInfo("Europe/Berlin")


def plan(office: Office) -> int:
    return plan_weekly(office.database, office.settings(), office.now)


def new_manager(office: Office, **site: str) -> str:
    """Since yesterday, so that one report is due and none of the weeks before."""
    user = office.user()
    office.grant(user, office.site(**site), granted_at=office.now - timedelta(days=1))
    return user


async def send(office: Office, port: int) -> int:
    mailer = SmtpMailer(office.settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none"))
    return await send_due(office.services(mailer), "test", BUILDERS)


def mail_to(world: World, login: str = "manager", language: str = "zh", attachment: bool | None = None) -> EmailMessage:
    user_id, now = world.users[login], world.services.clock()
    run = Run("r", world.organisation_id, WEEKLY, world.sites["lobby"], str(WEEK), 1, user_id, "<1@x>", 0, now, "")
    recipient = Recipient(user_id, login, f"{login}@example.test", language, attachment=attachment)
    with world.services.database.read() as connection:
        return weekly_mail(world.services, connection, run, recipient)


def table_in(message: EmailMessage) -> list[list[object]] | None:
    found = [part for part in message.iter_attachments() if str(part.get_filename()).endswith(".xlsx")]
    if not found:
        return None
    book = load_workbook(io.BytesIO(found[0].get_payload(decode=True)), read_only=True)  # type: ignore[arg-type]
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


@pytest.mark.parametrize(
    ("organisation", "recipient", "comes"),
    [(False, None, False), (True, None, True), (False, True, True), (True, False, False)],
)
def test_the_table_comes_as_the_recipient_chose_else_as_the_organisation_has_it(
    world: World, organisation: bool, recipient: bool | None, comes: bool
) -> None:
    Desk(world).send_all()
    row = {"organisation_id": world.organisation_id, "attachment": organisation, "weekday": 0, "hour": 8}
    with world.services.database.write() as connection:
        connection.execute(table_of(ReportSchedule).insert(), row | {"changed_at": world.services.clock()})
    table = table_in(mail_to(world, attachment=recipient))
    assert (table is not None) is comes
    if table is not None:
        assert table[0][:4] == ["工号", "员工", "岗位", "总分"]
        assert [row[1] for row in table[1:]] == ["王芳", "李强"]
        assert str(table[1][3]) == "88.3"


async def test_one_click_unsubscribes_without_a_log_in_and_looking_does_not(world: World) -> None:
    message = mail_to(world)
    link = str(message["List-Unsubscribe"]).strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    path = link.removeprefix(world.services.settings.effective_public_url())

    def choice() -> object:
        with world.services.database.read() as connection:
            return choices.choice_of(connection, world.users["manager"], WEEKLY)

    async with world.client() as client:
        assert "停收这种邮件" in (await client.get(path)).text
        assert choice() is None
        foreign = {"origin": "https://mail.example", "sec-fetch-site": "cross-site"}
        done = await client.post(path, data={"List-Unsubscribe": "One-Click"}, headers=foreign)
        assert (done.status_code, "您已停收这种邮件" in done.text) == (200, True)
        assert "You no longer get this mail" in (await client.get(f"{path}?lang=en")).text
        for bad in (path[:-3] + "abc", "/unsubscribe/x", "/unsubscribe/" + "a" * 300):
            assert (await client.post(bad, data={})).status_code == 404
        await client.post(path, data={"step": "without_table"})
        again = await client.post(path, data={"step": "again"})
        assert again.status_code == 200
    found = choice()
    assert (found.unsubscribed_at, found.attachment) == (None, False)  # type: ignore[attr-defined]


async def test_administrators_see_who_unsubscribed_and_a_preview_has_no_link(world: World) -> None:
    now = world.services.clock()
    with world.services.database.write() as connection:
        choices.choose(connection, world.organisation_id, world.users["manager"], WEEKLY, now, wanted=False)
    async with browser(world, "admin") as client:
        page = (await client.get("/admin/mail")).text
        preview = (await client.get("/admin/mail/preview")).text
    assert "Manager · 周报" in page
    assert "unsubscribe" not in preview


async def test_who_unsubscribed_is_planned_no_more_and_what_was_planned_does_not_go_out(office: Office) -> None:
    inbox, user = Inbox(), new_manager(office)
    assert plan(office) == 1
    office.add(
        MailChoice,
        user_id=user,
        report=WEEKLY,
        organisation_id=office.organisation_id,
        unsubscribed_at=office.now,
        changed_at=office.now,
    )
    async with mail_server(inbox) as server:
        assert await send(office, server.port) == 0
    assert inbox.taken == []
    assert (office.run().state, office.run().last_error) == (RunState.FAILED, DECLINED)
    office.later(weeks=1)
    assert plan(office) == 0


async def test_after_three_permanent_refusals_no_mail_goes_there_until_it_is_cleared(office: Office) -> None:
    inbox = Inbox(rcpt_answer="550 5.1.1 no such user")
    new_manager(office)
    plan(office)
    administrator = office.administrator()
    async with mail_server(inbox) as server:
        for _ in range(3):
            await send(office, server.port)
            last = office.runs()[-1]
            assert last.state == RunState.FAILED
            with office.database.write() as connection:
                resend(connection, administrator, last.id, office.now, "example.com")
        inbox.rcpt_answer = "250 OK"
        assert await send(office, server.port) == 0
        waiting = office.runs()[-1]
        assert (waiting.state, waiting.last_error) == (RunState.PLANNED, STOPPED)
        with office.database.read() as connection:
            [row] = bounces.refused_addresses(connection, administrator)
        assert (row.address, row.bounces) == ("wang@example.com", 3)
        assert "no such user" in row.last_answer
        with office.database.write() as connection:
            connection.execute(table_of(MailAddress).delete())
        office.later(hours=2)
        assert await send(office, server.port) == 1
    assert len(inbox.taken) == 1


async def test_a_mail_that_is_taken_ends_the_count(office: Office) -> None:
    inbox = Inbox(rcpt_answer="550 no")
    new_manager(office)
    plan(office)
    administrator, run_id = office.administrator(), office.run().id
    async with mail_server(inbox) as server:
        await send(office, server.port)
        inbox.rcpt_answer = "250 OK"
        with office.database.write() as connection:
            resend(connection, administrator, run_id, office.now, "example.com")
        assert await send(office, server.port) == 1
    with office.database.read() as connection:
        assert bounces.refused_addresses(connection, administrator) == []


def test_the_day_and_the_hour_are_those_of_the_organisation_also_when_clocks_change() -> None:
    sunday = 6
    spring, autumn = Week(2026, 12), Week(2026, 42)  # the Sundays after them are 29 March and 25 October
    assert due_at(spring, BERLIN, 2, sunday) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 02:00 is skipped: 03:00
    assert due_at(autumn, BERLIN, 2, sunday) == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00 comes twice: the first
    assert due_at(spring, ZONE, 2, sunday) == datetime(2026, 3, 28, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_on_the_day_of_a_clock_change_each_mail_is_planned_once_however_often_one_looks(
    office: Office, day: datetime
) -> None:
    office.manager(office.site(zone="Asia/Shanghai"))
    schedule = {"weekday": 6, "hour": 2, "zone": "Europe/Berlin", "changed_at": office.now}
    office.add(ReportSchedule, organisation_id=office.organisation_id, **schedule)
    office.now = day - timedelta(days=3)
    plan(office)  # what is due already is not what is looked at
    planned = 0
    for step in range(-4, 9):
        office.now = day + timedelta(minutes=30 * step)
        planned += plan(office)
    assert planned == 1


def test_after_downtime_each_missed_mail_is_planned_once(office: Office) -> None:
    office.manager(office.site())
    office.add(
        ReportSchedule,
        organisation_id=office.organisation_id,
        weekday=2,
        hour=6,
        zone="America/New_York",
        changed_at=office.now,
    )
    office.later(days=16)
    assert plan(office) == 4
    assert plan(office) == 0


async def test_only_administrators_set_the_schedule_and_wrong_values_are_refused(world: World) -> None:
    form = {"step": "schedule", "weekday": "3", "hour": "7", "zone": "Europe/Berlin", "attachment": "yes"}
    async with browser(world, "manager") as client:
        assert (await client.post("/admin/mail", data=form)).status_code == 403
    async with browser(world, "admin") as client:
        for wrong in ({"zone": "Mars/Base"}, {"hour": "24"}, {"weekday": "x"}):
            assert (await client.post("/admin/mail", data=form | wrong)).status_code == 400
        page = (await client.post("/admin/mail", data=form)).text
        assert '<option value="3" selected>周四' in page
        assert "<option selected>Europe/Berlin" in page
        log = (await client.get("/admin/audit?action=report_schedule")).text
    assert "report_schedule.set" in log


def test_a_link_of_another_kind_of_token_is_none(world: World) -> None:
    secret = world.services.settings.effective_secret_key()
    link = choices.unsubscribe_link("", secret, "u", WEEKLY).rpartition("/")[2]
    assert choices.read_link(secret, link) == ("u", WEEKLY)
    with pytest.raises(Problem):
        choices.read_link("another secret, thirty-two letters long", link)
