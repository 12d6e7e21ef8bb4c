"""Send the report runs that are due, each exactly once. See ``docs/adr/0004-one-mail-each.md``."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

import sqlalchemy as sa

from checklists.tables import Role, RoleGrant, User, table_of
from inspect_api.mail.addresses import usable
from inspect_api.mail.mailer import MailError, OutcomeUnknown, RecipientRefused
from inspect_api.reports import runs
from inspect_api.reports.runs import LeaseLost, Run
from inspect_api.services import Services

AT_ONCE = 4
NO_ADDRESS = "收件人没有可用的邮箱地址 / The recipient has no usable mail address"
NOT_A_MANAGER = "收件人已不再负责该场所 / The recipient no longer manages this site"
CANNOT_BUILD = "报告生成失败 / The report could not be made"
UNKNOWN_REPORT = "未知的报告种类 / Unknown kind of report"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipient:
    user_id: str
    name: str
    email: str
    language: str


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
    database = services.database
    try:
        async with _signs_of_life(services, run):
            recipient, message = await asyncio.to_thread(_prepare, services, run, builders)
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
        return True
    return False


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
    user, grant = table_of(User), table_of(RoleGrant)
    row = connection.execute(
        sa.select(user.c.id, user.c.name, user.c.email, user.c.language)
        .join(grant, grant.c.user_id == user.c.id)
        .where(
            user.c.id == run.recipient_id,
            user.c.organisation_id == run.organisation_id,
            user.c.active,
            (grant.c.role == Role.MANAGER) & (grant.c.site_id == run.site_id) & grant.c.revoked_at.is_(None),
        )
    ).first()
    if row is None:
        raise _Undeliverable(NOT_A_MANAGER, final=True)
    if not row.email or not usable(row.email):
        # Not for good: the address may be added tomorrow, and until then the run shows what is missing.
        raise _Undeliverable(NO_ADDRESS, final=False)
    return Recipient(user_id=row.id, name=row.name, email=row.email, language=row.language)
