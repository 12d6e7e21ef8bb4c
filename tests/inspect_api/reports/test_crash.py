"""Processes that are killed while they send: in the end there is one mail each, and what is not known is visible."""

import asyncio
import signal
import sys
from datetime import timedelta

import pytest

from checklists.tables import RunState
from inspect_api.mail import SmtpMailer
from inspect_api.reports.plan import plan_weekly
from inspect_api.reports.resend import resend
from inspect_api.reports.sending import send_due
from tests.inspect_api.mail.server import Inbox, mail_server
from tests.inspect_api.reports.office import BUILDERS, Office

MODULE = "tests.inspect_api.reports.mailing_process"


async def process(office: Office, port: int, step: str = "") -> int:
    url = office.database.engine.url.render_as_string(hide_password=False)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, url, str(office.folder), str(port), office.now.isoformat(), step
    )
    return await child.wait()


async def send_again(office: Office, port: int) -> int:
    """Another process of the service, here in this one, looks for due work."""
    mailer = SmtpMailer(office.settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none"))
    return await send_due(office.services(mailer), "the next process", BUILDERS)


def plan(office: Office, managers: int = 1) -> None:
    site = office.site()
    for number in range(managers):
        user = office.user(f"经理{number}", f"manager{number}@example.com")
        office.grant(user, site, granted_at=office.now - timedelta(days=1))
    assert plan_weekly(office.database, office.settings(), office.now) == managers


@pytest.mark.parametrize(
    "step",
    ["before the claim", "after the claim", "in the middle of the message", "before the hand-over is recorded"],
)
async def test_killed_before_the_hand_over_the_mail_goes_out_when_the_lease_ends(
    sqlite_office: Office, step: str
) -> None:
    office, inbox = sqlite_office, Inbox()
    plan(office)
    async with mail_server(inbox) as server:
        assert await process(office, server.port, step) == -signal.SIGKILL
        assert inbox.taken == []
        office.later(seconds=61)
        assert await send_again(office, server.port) == 1
        assert await send_again(office, server.port) == 0
    assert len(inbox.taken) == 1
    assert office.run().state == RunState.SENT


async def test_killed_after_the_dot_nothing_is_sent_twice(sqlite_office: Office) -> None:
    office, inbox = sqlite_office, Inbox()
    plan(office)
    async with mail_server(inbox) as server:
        killed = await process(office, server.port, "after the dot, before the answer is recorded")
        assert killed == -signal.SIGKILL
        assert len(inbox.taken) == 1
        assert office.run().state == RunState.HANDED_OVER
        for _ in range(2):
            office.later(days=1)
            assert await send_again(office, server.port) == 0
    assert len(inbox.taken) == 1
    assert office.run().state == RunState.UNCONFIRMED
    assert office.run().last_error


async def test_killed_between_hand_over_and_dot_it_is_visible_and_goes_out_on_request(sqlite_office: Office) -> None:
    office, inbox = sqlite_office, Inbox()
    plan(office)
    async with mail_server(inbox) as server:
        assert await process(office, server.port, "before the dot") == -signal.SIGKILL
        office.later(seconds=61)
        assert await send_again(office, server.port) == 0
        assert inbox.taken == []
        assert office.run().state == RunState.UNCONFIRMED
        administrator = office.administrator()
        with office.database.write() as connection:
            resend(connection, administrator, office.run().id, office.now, "example.com")
        assert await send_again(office, server.port) == 1
    assert len(inbox.taken) == 1
    assert [(run.revision, run.state) for run in office.runs()] == [(1, RunState.UNCONFIRMED), (2, RunState.SENT)]


async def test_four_processes_at_once_send_every_mail_once(office: Office) -> None:
    plan(office, managers=20)
    inbox = Inbox()
    async with mail_server(inbox) as server:
        assert await asyncio.gather(*(process(office, server.port) for _ in range(4))) == [0, 0, 0, 0]
    assert sorted(recipient for recipient, _ in inbox.taken) == sorted(f"manager{n}@example.com" for n in range(20))
    assert {run.state for run in office.runs()} == {RunState.SENT}
