"""What becomes of each run: sent, tried again, or visible with its reason."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa

from checklists.tables import RoleGrant, RunState, User, table_of
from inspect_api.mail.mailer import HandingOver, MailError, OutcomeUnknown, RecipientRefused
from inspect_api.reports import runs
from inspect_api.reports.plan import plan_weekly
from inspect_api.reports.sending import NO_ADDRESS, NOT_FOR_THEM, send_due
from tests.inspect_api.reports.office import BUILDERS, Office


class Recorder:
    """Takes every mail and keeps who it was for; ``before`` and ``after`` the hand-over a test may interfere."""

    def __init__(
        self, before: Callable[[], Any] = lambda: None, after: Callable[[], Any] = lambda: None, pause: float = 0
    ) -> None:
        self.recipients: list[str] = []
        self.before, self.after, self.pause = before, after, pause

    async def send(self, message: EmailMessage, recipient: str, handing_over: HandingOver) -> str:
        assert message["To"] == recipient
        self.before()
        await asyncio.sleep(self.pause)
        await handing_over()
        self.recipients.append(recipient)
        self.after()
        return "250 OK"

    async def check(self) -> None:
        return None


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def plan(office: Office, *emails: str | None) -> None:
    site = office.site()
    for email in emails:
        office.grant(office.user(email=email), site, granted_at=office.now - timedelta(days=1))
    plan_weekly(office.database, office.settings(), office.now)


async def send(office: Office, mailer: Recorder, **settings: Any) -> int:
    return await send_due(office.services(mailer, **settings), "test", BUILDERS)


async def test_everyone_gets_theirs_and_only_once(office: Office) -> None:
    plan(office, "a@example.com", "b@example.com", "c@example.com")
    mailer = Recorder()
    assert await send(office, mailer) == 3
    office.later(days=2)
    assert await send(office, mailer) == 0
    assert sorted(mailer.recipients) == ["a@example.com", "b@example.com", "c@example.com"]
    assert all(run.state == RunState.SENT and run.sent_at is not None for run in office.runs())


async def test_one_that_fails_stops_no_other_and_is_tried_again(office: Office) -> None:
    plan(office, "a@example.com", "not an address", "c@example.com")
    mailer = Recorder()
    assert await send(office, mailer) == 2
    [failed] = [run for run in office.runs() if run.state == RunState.PLANNED]
    assert failed.last_error == NO_ADDRESS
    with office.database.write() as connection:
        user = table_of(User)
        connection.execute(sa.update(user).where(user.c.id == failed.recipient_id).values(email="b@example.com"))
    office.later(minutes=1)
    assert await send(office, mailer) == 1
    assert mailer.recipients[-1] == "b@example.com"


async def test_a_manager_without_an_address_is_a_visible_problem(office: Office) -> None:
    plan(office, None)
    assert await send(office, Recorder()) == 0
    assert (office.run().state, office.run().last_error) == (RunState.PLANNED, NO_ADDRESS)


async def test_who_has_left_the_site_since_monday_gets_nothing(office: Office) -> None:
    plan(office, "a@example.com")
    with office.database.write() as connection:
        connection.execute(sa.delete(table_of(RoleGrant)))
    mailer = Recorder()
    assert await send(office, mailer) == 0
    assert mailer.recipients == []
    assert (office.run().state, office.run().last_error) == (RunState.FAILED, NOT_FOR_THEM)


async def test_a_recipient_refused_for_good_is_not_tried_again(office: Office) -> None:
    plan(office, "a@example.com")
    assert await send(office, Recorder(before=failing(RecipientRefused("550 5.1.1 no such user")))) == 0
    assert (office.run().state, office.run().last_error) == (RunState.FAILED, "550 5.1.1 no such user")


async def test_a_server_that_says_no_after_everything_is_tried_again(office: Office) -> None:
    plan(office, "a@example.com")
    assert await send(office, Recorder(after=failing(MailError("451 try later")))) == 0
    assert office.run().state == RunState.PLANNED
    office.later(minutes=1)
    assert await send(office, Recorder()) == 1


async def test_no_answer_is_unconfirmed_at_once(office: Office) -> None:
    plan(office, "a@example.com")
    assert await send(office, Recorder(after=failing(OutcomeUnknown("connection lost")))) == 0
    assert office.run().state == RunState.UNCONFIRMED
    assert "connection lost" in office.run().last_error
    office.later(days=1)
    assert await send(office, Recorder()) == 0


async def test_a_bug_after_the_hand_over_never_sends_twice(office: Office) -> None:
    plan(office, "a@example.com")
    mailer = Recorder(after=failing(ZeroDivisionError("a bug")))
    assert await send(office, mailer) == 0
    for _ in range(3):
        office.later(days=1)
        assert await send(office, mailer) == 0
    assert mailer.recipients == ["a@example.com"]
    assert office.run().state == RunState.UNCONFIRMED


async def test_a_report_that_cannot_be_made_is_tried_again_and_says_so(office: Office) -> None:
    plan(office, "a@example.com")

    def broken(*_: Any) -> EmailMessage:
        raise KeyError("secret detail")

    assert await send_due(office.services(Recorder()), "test", {"weekly": broken}) == 0
    assert office.run().state == RunState.PLANNED
    assert "KeyError" in office.run().last_error
    assert "secret detail" not in office.run().last_error


async def test_a_slow_server_is_not_taken_for_a_dead_process(office: Office) -> None:
    plan(office, "a@example.com")
    started = office.now
    mailer = Recorder(pause=0.6)
    sending = asyncio.create_task(send(office, mailer, lease_seconds=0.3))
    for tenth in range(1, 6):
        await asyncio.sleep(0.1)
        office.now = started + timedelta(seconds=tenth / 10)
        assert runs.claim_due(office.database, office.now, "another", 60) == []
    assert await sending == 1
    assert mailer.recipients == ["a@example.com"]


async def test_a_service_that_shuts_down_begins_no_new_run(office: Office) -> None:
    plan(office, "a@example.com")
    assert await send_due(office.services(Recorder()), "test", BUILDERS, keep_going=lambda: False) == 0
    assert office.run().state == RunState.PLANNED
