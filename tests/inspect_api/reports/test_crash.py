"""Processes that are killed while they send: in the end there is one mail each, and what is not known is visible."""

import asyncio
import signal
import sys
from datetime import timedelta

import pytest

from checklists.ids import new_id
from checklists.tables import Role, RoleGrant, RunState, User, table_of
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


STEPS = (
    ("before the claim", 12),
    ("after the claim", 30),
    ("in the middle of the message", 30),
    ("before the hand-over is recorded", 30),
    ("before the dot", 30),
    ("after the dot, before the answer is recorded", 30),
)
"""Where a process dies, and how many of two hundred mails it begins before that."""


@pytest.mark.parametrize(("kind", "recipients"), [("sqlite_office", 1000), ("postgres_office", 200)])
async def test_a_thousand_recipients_and_a_process_killed_at_every_step(
    request: pytest.FixtureRequest, kind: str, recipients: int
) -> None:
    """No mail twice, none missing: what nobody can know is shown, and goes out when somebody says so."""
    office, inbox = request.getfixturevalue(kind), Inbox()
    plan_many(office, recipients)
    async with mail_server(inbox) as server:
        for step, times in STEPS:
            killed = await process(office, server.port, f"{step}@{times * recipients // 200}")
            assert killed == -signal.SIGKILL, step
            office.later(seconds=61)
        assert await process(office, server.port) == 0
        taken = [recipient for recipient, _ in inbox.taken]
        assert len(taken) == len(set(taken))
        states = {run.recipient_id: run for run in office.runs()}
        assert {run.state for run in states.values()} <= {RunState.SENT, RunState.UNCONFIRMED}
        open_ = [run for run in states.values() if run.state == RunState.UNCONFIRMED]
        assert 0 < len(open_) <= 4 * len(STEPS)  # what was between the last byte and the answer when it died
        lost = [run for run in open_ if address_of(run.recipient_id) not in taken]
        assert len(taken) + len(lost) == recipients
        administrator = office.administrator()
        for run in lost:
            with office.database.write() as connection:
                resend(connection, administrator, run.id, office.now, "example.com")
        assert await send_again(office, server.port) == len(lost)
    assert sorted(recipient for recipient, _ in inbox.taken) == sorted(
        address_of(f"{number:036d}") for number in range(recipients)
    )


def address_of(user_id: str) -> str:
    return f"manager{int(user_id)}@example.com"


def plan_many(office: Office, recipients: int) -> None:
    """In two statements: a thousand commits would be half of the test."""
    site, long_ago = office.site(), office.now - timedelta(days=1)
    users = [
        {
            "id": f"{number:036d}",
            "organisation_id": office.organisation_id,
            "login": f"manager{number}",
            "name": f"经理{number}",
            "password_hash": "none",
            "email": f"manager{number}@example.com",
            "language": "zh",
            "active": True,
            "created_at": long_ago,
        }
        for number in range(recipients)
    ]
    grants = [
        {
            "id": new_id(),
            "organisation_id": office.organisation_id,
            "user_id": user["id"],
            "role": Role.MANAGER,
            "site_id": site,
            "granted_at": long_ago,
        }
        for user in users
    ]
    with office.database.write() as connection:
        connection.execute(table_of(User).insert(), users)
        connection.execute(table_of(RoleGrant).insert(), grants)
    assert plan_weekly(office.database, office.settings(), office.now) == recipients
