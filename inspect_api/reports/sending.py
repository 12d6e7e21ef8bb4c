"""Send the report runs that are due, each exactly once. See ``docs/adr/0004-one-mail-each.md``."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

import sqlalchemy as sa

from checklists.tables import Employee, User, table_of
from inspect_api.mail import bounces
from inspect_api.mail.addresses import usable
from inspect_api.mail.choices import choice_of
from inspect_api.mail.mailer import MailError, OutcomeUnknown, RecipientRefused
from inspect_api.reports import runs
from inspect_api.reports.kinds import may_get
from inspect_api.reports.runs import LeaseLost, Run
from inspect_api.services import Services

AT_ONCE = 4
NO_ADDRESS = "收件人没有可用的邮箱地址 / The recipient has no usable mail address"
NOT_FOR_THEM = "该邮件已不再属于此收件人 / The mail is no longer for this recipient"
DECLINED = "收件人已退订 / The recipient has unsubscribed"
STOPPED = "该地址多次被拒收，已停发，管理员可恢复 / The address refused too often; an administrator can clear it"
CANNOT_BUILD = "报告生成失败 / The report could not be made"
UNKNOWN_REPORT = "未知的报告种类 / Unknown kind of report"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipient:
    """``attachment``: whether they chose to get the table, None when they chose nothing."""

    user_id: str
    name: str
    email: str
    language: str
    employee_id: str | None = None
    attachment: bool | None = None


Builder = Callable[[Services, sa.Connection, Run, Recipient], EmailMessage]
"""Makes the mail of a run, inside one snapshot of the database."""


class _Undeliverable(Exception):
    """The mail cannot go out as things stand; ``final`` when that cannot change by itself."""

    def __init__(self, text: str, *, final: bool) -> None:
        super().__init__(text)
        self.final = final


async def send_due(
    services: Services,
    owner: str,
    builders: Mapping[str, Builder],
    *,
    keep_going: Callable[[], bool] = lambda: True,
) -> int:
    """Send what is due, a few at a time, until nothing is; returns how many went out.

    ``owner`` names this process in the rows. ``builders``: kind of report → what makes its mail. ``keep_going`` is
    asked before each run, so that a service that is shutting down begins none.
    """

    async def worker() -> int:
        sent = 0
        while keep_going():
            claimed = await asyncio.to_thread(
                runs.claim_due, services.database, services.clock(), owner, services.settings.lease_seconds
            )
            if not claimed:
                break
            sent += await _send(services, claimed[0], builders)
        return sent

    return sum(await asyncio.gather(*(worker() for _ in range(AT_ONCE))))


async def _send(services: Services, run: Run, builders: Mapping[str, Builder]) -> bool:
    """One run, whatever happens to it. What it meets is in the row and in the log, and stops no other run."""
    database, address = services.database, ""
    try:
        async with _signs_of_life(services, run):
            recipient, message = await asyncio.to_thread(_prepare, services, run, builders)
            address = recipient.email
            answer = await services.mailer.send(message, recipient.email, lambda: _hand_over(services, run))
        await asyncio.to_thread(runs.record_sent, database, run, services.clock())
    except LeaseLost:
        log.warning("report run %s was taken over by another process before the hand-over", run.id)
    except OutcomeUnknown as error:
        log.warning("report run %s: the mail server did not answer: %s", run.id, error)
        await asyncio.to_thread(runs.record_unconfirmed, database, run, f"{runs.INTERRUPTED}: {error}")
    except _Undeliverable as error:
        log.warning("report run %s did not go out: %s", run.id, error)
        await asyncio.to_thread(runs.record_failure, database, run, services.clock(), str(error), final=error.final)
    except MailError as error:
        log.warning("report run %s did not go out: %s", run.id, error)
        final = isinstance(error, RecipientRefused)
        if final:
            await asyncio.to_thread(_bounced, services, run, address, str(error))
        await asyncio.to_thread(
            runs.record_failure, database, run, services.clock(), str(error), final=final, answered=True
        )
    except Exception as error:
        log.exception("report run %s failed", run.id)
        # Not ``answered``: if the mail was complete at the server already, it stays handed over and is not sent again.
        text = f"{CANNOT_BUILD}: {type(error).__name__}"
        await asyncio.to_thread(runs.record_failure, database, run, services.clock(), text)
    else:
        log.info("report run %s is sent: %s", run.id, answer)
        await asyncio.to_thread(bounces.record_taken, database, run.organisation_id, address)
        return True
    return False


def _bounced(services: Services, run: Run, address: str, answer: str) -> None:
    limit = services.settings.mail_bounce_limit
    bounces.record_bounce(services.database, run.organisation_id, address, answer, services.clock(), limit)


async def _hand_over(services: Services, run: Run) -> None:
    await asyncio.to_thread(runs.hand_over, services.database, run, services.clock(), services.settings.lease_seconds)


@contextlib.asynccontextmanager
async def _signs_of_life(services: Services, run: Run) -> AsyncIterator[None]:
    """Renew the lease while the mail is on its way: a slow server must not look like a dead process."""
    lease = services.settings.lease_seconds

    async def beat() -> None:
        while True:
            await asyncio.sleep(lease / 3)
            await asyncio.to_thread(runs.renew, services.database, run, services.clock(), lease)

    heart = asyncio.create_task(beat())
    try:
        yield
    finally:
        heart.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await heart


def _prepare(services: Services, run: Run, builders: Mapping[str, Builder]) -> tuple[Recipient, EmailMessage]:
    builder = builders.get(run.report)
    if builder is None:
        raise _Undeliverable(f"{UNKNOWN_REPORT}: {run.report}", final=True)
    with services.database.read() as connection:
        recipient = _recipient(connection, run)
        return recipient, builder(services, connection, run, recipient)


def _recipient(connection: sa.Connection, run: Run) -> Recipient:
    """Who gets it, as of now: what was planned on Monday must not go to somebody who has left since."""
    user, employee = table_of(User), table_of(Employee)
    row = connection.execute(
        sa.select(
            user.c.id, user.c.name, user.c.email, user.c.language, user.c.employee_id, employee.c.email.label("own")
        )
        .outerjoin(employee, employee.c.id == user.c.employee_id)
        .where(
            user.c.id == run.recipient_id,
            user.c.organisation_id == run.organisation_id,
            user.c.active,
            may_get(run),
        )
    ).first()
    if row is None:
        raise _Undeliverable(NOT_FOR_THEM, final=True)
    choice = choice_of(connection, row.id, run.report)
    if choice is not None and choice.unsubscribed_at is not None:
        raise _Undeliverable(DECLINED, final=True)
    address = row.email or row.own
    if not address or not usable(address):
        # Not for good: the address may be added tomorrow, and until then the run shows what is missing.
        raise _Undeliverable(NO_ADDRESS, final=False)
    if bounces.is_stopped(connection, run.organisation_id, address):
        raise _Undeliverable(STOPPED, final=False)
    attachment = choice.attachment if choice is not None else None
    return Recipient(row.id, row.name, address, row.language, row.employee_id, attachment)
