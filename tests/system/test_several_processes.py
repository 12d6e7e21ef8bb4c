"""Several server processes over one PostgreSQL, the jobs in any of them: whichever is killed at whatever moment, every
job is done once and none is left."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checklists.tables import (
    ActionStep,
    Audit,
    CorrectiveActionEvent,
    Deletion,
    DisputeEvent,
    DisputeStep,
    Inspection,
    Photo,
    ReportRun,
    RunState,
    Scorecard,
    table_of,
)
from inspect_api.reports.sending import AT_ONCE
from inspect_api.serving import build_services
from inspect_api.settings import Settings
from tests.inspect_api.mail.server import Inbox, mail_server
from tests.postgres_server import PostgresServer
from tests.server_process import ServerProcess
from tests.system.backlog import MANAGERS, Backlog, make_backlog

PROCESSES, KILLS, LEASE_SECONDS = 2, 2, 3
SEED = 20261122
SETTLED = {RunState.SENT, RunState.UNCONFIRMED}
_audit, _deletion, _inspection, _photo, _run, _scorecard = (
    table_of(model) for model in (Audit, Deletion, Inspection, Photo, ReportRun, Scorecard)
)
_of_dispute, _of_action = table_of(DisputeEvent), table_of(CorrectiveActionEvent)


async def test_whichever_process_is_killed_at_whatever_moment_every_job_is_done_once(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = postgres.fresh()
    services = build_services(Settings(mode="development", data_dir=tmp_path, database_url=url, jobs=False))
    backlog = make_backlog(services, tmp_path)
    inbox = Inbox(before_answer=lambda: asyncio.sleep(0.03))  # a mail server takes its time, and is killed in it
    async with mail_server(inbox) as mail:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": str(mail.port), "smtp_tls": "none"}
        jobs = {"jobs": "true", "job_seconds": "0.3", "lease_seconds": str(LEASE_SECONDS)}
        servers = [ServerProcess(tmp_path, url, **jobs, **smtp) for _ in range(PROCESSES)]
        try:
            await asyncio.to_thread(_kill_at_work, servers, inbox)
            await asyncio.to_thread(_settle, backlog)
            await asyncio.to_thread(_keep_house, backlog, servers[0])
        finally:
            for server in servers:
                server.kill()
    check_mail(backlog, inbox)
    check_everything_else(backlog)
    services.database.dispose()


def _kill_at_work(servers: list[ServerProcess], inbox: Inbox) -> None:
    """Each kill falls while mail goes out, if there is any left; who was killed comes back beside the others."""
    chance = random.Random(SEED)
    for server in servers:
        server.start(wait=False)
    for _ in range(KILLS):
        enough, deadline = len(inbox.taken) + chance.randrange(1, 5), time.monotonic() + 2
        while len(inbox.taken) < enough and (not inbox.taken or time.monotonic() < deadline):
            time.sleep(0.002)
            assert time.monotonic() < deadline + 120, "no mail goes out"
        time.sleep(chance.uniform(0, 0.05))
        victim = chance.choice(servers)
        victim.kill()
        victim.start(wait=False)


def _settle(backlog: Backlog) -> None:
    """Until all that was to be told, and everything that follows from it, has found its end."""

    def settled() -> bool:
        runs = _rows(backlog, _run)
        told = {row.about for row in runs} - {""}
        return len(told) == 2 and {row.state for row in runs} <= SETTLED

    _wait(settled, lambda: Counter((row.report, row.state) for row in _rows(backlog, _run)))


def _keep_house(backlog: Backlog, server: ServerProcess) -> None:
    """What is looked for every ten minutes only, and when a process starts: if whoever was at it was killed, the next
    one does it when the lease is over."""

    def kept() -> bool:
        gone = all(row.deleted_at for row in _rows(backlog, _photo) if row.sha256 == backlog.old_photo)
        return gone and not _rows(backlog, _deletion) and _state(backlog, backlog.waiting_inspection) == "complete"

    if not kept():
        time.sleep(LEASE_SECONDS)
        server.kill()
        server.start()
    _wait(kept, lambda: _rows(backlog, _deletion))


def _wait(good: Callable[[], bool], instead: Callable[[], object]) -> None:
    deadline = time.monotonic() + 240
    while not good():
        assert time.monotonic() < deadline, instead()
        time.sleep(0.1)


def check_mail(backlog: Backlog, inbox: Inbox) -> None:
    """Every mail there ought to be is planned; each went out once, or is shown as one of which that is not known."""
    world = backlog.world
    sent = Counter(str(message_from_bytes(content, policy=policy.default)["Message-ID"]) for _, content in inbox.taken)
    runs = _rows(backlog, _run)
    assert set(sent.values()) == {1}
    assert sent.keys() <= {row.message_id for row in runs}
    unconfirmed = [row for row in runs if row.state == RunState.UNCONFIRMED]
    assert len(unconfirmed) <= KILLS * AT_ONCE
    assert all(row.message_id in sent for row in runs if row not in unconfirmed)
    managers = {world.users["manager"]} | {world.users[f"manager{number}"] for number in range(MANAGERS)}
    weekly = {(row.recipient_id, row.period) for row in runs if row.report == "weekly"}
    assert weekly == {(user_id, str(week)) for user_id in managers for week in backlog.weeks}
    events = {row.id: row.step for row in _rows(backlog, _of_dispute)}
    notices = Counter((events[row.about], row.recipient_id) for row in runs if row.report == "notice")
    concerned = managers | {world.users["chen"]}
    later = concerned | {world.users["admin"], world.users["employee"]}
    expected = {(DisputeStep.OPENED, one) for one in concerned} | {(DisputeStep.ESCALATED, one) for one in later}
    assert notices == Counter(expected)
    assert len(runs) == len(weekly) + len(expected)


def check_everything_else(backlog: Backlog) -> None:
    assert Counter(row.step for row in _rows(backlog, _of_dispute)) == {DisputeStep.OPENED: 1, DisputeStep.ESCALATED: 1}
    assert Counter(row.step for row in _rows(backlog, _of_action)) == {ActionStep.CREATED: 1, ActionStep.ESCALATED: 1}
    versions = Counter((row.employee_id, row.week, row.version) for row in _rows(backlog, _scorecard))
    assert {str(week) for week in backlog.weeks} == {week for _, week, _ in versions}
    assert set(versions.values()) == {1}
    photos = {row.sha256: row.deleted_at is not None for row in _rows(backlog, _photo)}
    assert photos == {backlog.old_photo: True, backlog.whole_upload: False}
    deleted = [row.object_id for row in _rows(backlog, _audit) if row.action == "photo.delete"]
    assert deleted == [backlog.old_photo]
    services = backlog.world.services
    assert services.blobs.keys(f"{backlog.world.organisation_id}/{backlog.old_photo}") == []


def _state(backlog: Backlog, inspection_id: str) -> str:
    return next(str(row.state) for row in _rows(backlog, _inspection) if row.id == inspection_id)


def _rows(backlog: Backlog, table: sa.Table) -> list[Any]:
    with backlog.world.services.database.read() as connection:
        return list(
            connection.execute(sa.select(table).where(table.c.organisation_id == backlog.world.organisation_id))
        )
