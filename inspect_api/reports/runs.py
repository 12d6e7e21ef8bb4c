"""The life of a report run, as rows.

``planned`` → ``claimed`` → ``handed_over`` → ``sent``. Every step holds only while the row still carries the claim it
began with, so a process that was frozen past its lease cannot send what another one has taken over.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables import ReportRun, RunState, table_of
from inspect_api.database import Database

FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=7)
INTERRUPTED = "交付时中断，未收到邮件服务器的答复 / Interrupted at the hand-over, the mail server's answer is not known"

_RUN = table_of(ReportRun)
_LONGEST_ERROR = 500


class LeaseLost(Exception):
    """Somebody else has taken the run over; whoever gets this must stop."""


@dataclass(frozen=True)
class Run:
    """A claimed run. ``claim``: what ``claimed_by`` holds as long as the run is ours, different for each claim."""

    id: str
    organisation_id: str
    report: str
    site_id: str
    period: str
    revision: int
    recipient_id: str
    message_id: str
    attempts: int
    planned_at: datetime
    claim: str
    about: str = ""


def claim_due(database: Database, now: datetime, owner: str, lease_seconds: float, limit: int = 1) -> list[Run]:
    """Take up to ``limit`` runs that are due, oldest first; what a dead process had claimed is due when its lease ends.

    What a dead process had handed over is never taken again: it becomes ``unconfirmed`` for people to look at.
    """
    with database.read() as connection:
        if connection.execute(sa.select(sa.exists().where(_due(now) | _interrupted(now)))).scalar() is not True:
            return []
    with database.write() as connection:
        connection.execute(
            sa.update(_RUN).where(_interrupted(now)).values(state=RunState.UNCONFIRMED, last_error=INTERRUPTED)
        )
        rows = connection.execute(
            sa.select(_RUN)
            .where(_due(now))
            .order_by(_RUN.c.next_attempt_at, _RUN.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        claimed = [_claimed(row, f"{owner} {new_id()}") for row in rows]
        for run in claimed:
            connection.execute(
                sa.update(_RUN)
                .where(_RUN.c.id == run.id)
                .values(
                    state=RunState.CLAIMED, claimed_by=run.claim, lease_until=now + timedelta(seconds=lease_seconds)
                )
            )
        return claimed


def _due(now: datetime) -> sa.ColumnElement[bool]:
    planned = (_RUN.c.state == RunState.PLANNED) & (_RUN.c.next_attempt_at <= now)
    abandoned = (_RUN.c.state == RunState.CLAIMED) & (_RUN.c.lease_until <= now)
    return planned | abandoned


def _interrupted(now: datetime) -> sa.ColumnElement[bool]:
    return (_RUN.c.state == RunState.HANDED_OVER) & (_RUN.c.lease_until <= now)


def _claimed(row: sa.Row[tuple[object, ...]], claim: str) -> Run:
    return Run(
        id=row.id,
        organisation_id=row.organisation_id,
        report=row.report,
        site_id=row.site_id,
        period=row.period,
        revision=row.revision,
        recipient_id=row.recipient_id,
        message_id=row.message_id,
        attempts=row.attempts,
        planned_at=row.planned_at,
        claim=claim,
        about=row.about,
    )


def renew(database: Database, run: Run, now: datetime, lease_seconds: float) -> bool:
    """A sign of life; False when the run is no longer ours."""
    return _set(
        database,
        run,
        (RunState.CLAIMED, RunState.HANDED_OVER),
        lease_until=now + timedelta(seconds=lease_seconds),
    )


def hand_over(database: Database, run: Run, now: datetime, lease_seconds: float) -> None:
    """Commit that the mail is about to be complete at the server. LeaseLost when the run is no longer ours."""
    lease = now + timedelta(seconds=lease_seconds)
    if not _set(database, run, (RunState.CLAIMED,), state=RunState.HANDED_OVER, lease_until=lease):
        raise LeaseLost(run.id)


def record_sent(database: Database, run: Run, now: datetime) -> bool:
    """The server has taken it. Also after others have already written it down as unconfirmed: now it is known."""
    return _set(
        database,
        run,
        (RunState.HANDED_OVER, RunState.UNCONFIRMED),
        state=RunState.SENT,
        sent_at=now,
        attempts=run.attempts + 1,
        last_error=None,
        lease_until=None,
    )


def record_failure(
    database: Database, run: Run, now: datetime, error: str, *, final: bool = False, answered: bool = False
) -> bool:
    """It did not go out: try again later, or not at all when ``final`` or a week has passed since it was planned.

    ``answered``: the server itself said no. Only then may a mail that was handed over be tried again.
    """
    attempts = run.attempts + 1
    given_up = final or now - run.planned_at >= GIVE_UP_AFTER
    return _set(
        database,
        run,
        (RunState.CLAIMED, RunState.HANDED_OVER) if answered else (RunState.CLAIMED,),
        state=RunState.FAILED if given_up else RunState.PLANNED,
        attempts=attempts,
        next_attempt_at=now + backoff(attempts, secrets.randbelow(1001) / 1000),
        last_error=_shorten(error),
        lease_until=None,
    )


def record_unconfirmed(database: Database, run: Run, error: str) -> bool:
    """Handed over, and no answer came."""
    return _set(
        database,
        run,
        (RunState.HANDED_OVER,),
        state=RunState.UNCONFIRMED,
        attempts=run.attempts + 1,
        last_error=_shorten(error),
        lease_until=None,
    )


def backoff(attempts: int, chance: float) -> timedelta:
    """The pause after so many attempts: doubling up to an hour, less up to half of it by ``chance`` 0..1."""
    doubled = FIRST_DELAY * (1 << min(attempts - 1, 20))
    return min(doubled, LONGEST_DELAY) * (1 - chance / 2)


def _shorten(error: str) -> str:
    return error if len(error) <= _LONGEST_ERROR else error[: _LONGEST_ERROR - 1] + "…"


def _set(database: Database, run: Run, states: tuple[RunState, ...], **values: object) -> bool:
    """Change the run if it is still ours and in one of ``states``."""
    with database.write() as connection:
        result = connection.execute(
            sa.update(_RUN)
            .where(_RUN.c.id == run.id, _RUN.c.claimed_by == run.claim, _RUN.c.state.in_(states))
            .values(**values)
        )
        return result.rowcount == 1
