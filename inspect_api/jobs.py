"""Work by the clock. The scheduler only wakes these jobs; what is due is decided by rows, so a job that runs late,
twice or in several processes at once does nothing twice."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from inspect_api.actions import minding
from inspect_api.disputes import deciding
from inspect_api.privacy.erasure import erase_arrived
from inspect_api.privacy.retention import delete_due, plan_retention
from inspect_api.replay import replay_due
from inspect_api.reports.builders import BUILDERS
from inspect_api.reports.plan import plan_weekly
from inspect_api.reports.sending import send_due
from inspect_api.scorecards.preparing import prepare_large
from inspect_api.scorecards.publication import publish_due
from inspect_api.services import Services
from inspect_api.uploads.finishing import expire_uploads, finish_waiting_uploads

STOP_SECONDS = 20.0
"""How long a stopping service waits for a mail that is on its way: cut off after the dot, it would be unconfirmed."""
HOUSEKEEPING_SECONDS = 600.0

log = logging.getLogger(__name__)

KeepGoing = Callable[[], bool]


@dataclass
class JobStatus:
    """How a job did last in this process. ``error``: its exception in one line, None when it went well."""

    started_at: datetime
    ended_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True)
class Job:
    """``seconds``: its interval, None for the setting ``job_seconds``.

    ``serving``: it is for the memory of a process that serves pages, and nothing that is due.
    """

    name: str
    work: Callable[[Services, KeepGoing], Awaitable[None]]
    seconds: float | None = None
    serving: bool = False


async def publish_and_plan(services: Services, keep_going: KeepGoing) -> None:  # noqa: ARG001 (the signature of a job)
    """In this order: a report that is planned finds the numbers of its week published."""
    try:
        await asyncio.to_thread(publish_due, services)
    finally:
        await asyncio.to_thread(plan_weekly, services.database, services.settings, services.clock())


async def mind_promises(services: Services, keep_going: KeepGoing) -> None:  # noqa: ARG001 (the signature of a job)
    """What was to be answered or mended by now and was not, goes one step up; what was mended is judged."""
    await asyncio.to_thread(deciding.escalate_due, services)
    await asyncio.to_thread(minding.judge_fixed, services)
    await asyncio.to_thread(minding.escalate_due, services)


async def send_mail(services: Services, keep_going: KeepGoing) -> None:
    await send_due(services, f"{socket.gethostname()}:{os.getpid()}", BUILDERS, keep_going=keep_going)


async def mind_uploads(services: Services, keep_going: KeepGoing) -> None:  # noqa: ARG001 (the signature of a job)
    """Finish what a dead process had received whole, then remove what is past its time."""
    await asyncio.to_thread(finish_waiting_uploads, services)
    await asyncio.to_thread(expire_uploads, services)


async def understand_more(services: Services, keep_going: KeepGoing) -> None:
    """What an older server kept without understanding it counts now."""
    await asyncio.to_thread(replay_due, services, keep_going)


async def delete_by_rule(services: Services, keep_going: KeepGoing) -> None:
    """Find what is past its time, and delete it; erase what has arrived about people who were erased."""
    await asyncio.to_thread(erase_arrived, services)
    await asyncio.to_thread(plan_retention, services)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    await asyncio.to_thread(delete_due, services, owner, keep_going)


async def prepare_tables(services: Services, keep_going: KeepGoing) -> None:
    """After a start and after a publication nobody has to wait for the week of a large site."""
    await asyncio.to_thread(prepare_large, services, keep_going)


JOBS = (
    Job("scorecards", publish_and_plan),
    Job("promises", mind_promises),
    Job("mail", send_mail),
    Job("uploads", mind_uploads, HOUSEKEEPING_SECONDS),
    Job("replay", understand_more, HOUSEKEEPING_SECONDS),
    Job("retention", delete_by_rule, HOUSEKEEPING_SECONDS),
    Job("tables", prepare_tables, serving=True),
)


class Jobs:
    """The running jobs of this process. ``status``: job name → how it did last."""

    def __init__(self, services: Services, jobs: tuple[Job, ...] = JOBS) -> None:
        self.status: dict[str, JobStatus] = {}
        self._services = services
        self._jobs = jobs
        self._stopping = False
        self._running: set[asyncio.Task[None]] = set()
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def start(self) -> None:
        """Begin to run them in this event loop, at once and then at their intervals."""
        for job in self._jobs:
            self._scheduler.add_job(
                self._run_tracked,
                IntervalTrigger(seconds=job.seconds or self._services.settings.job_seconds, timezone=UTC),
                args=[job],
                id=job.name,
                next_run_time=datetime.now(UTC),
                # Never two of a kind at once, never several to catch up, and no matter how late.
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """Begin nothing new and let what is under way come to its end, for a while."""
        self._stopping = True
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)
        self._scheduler.shutdown(wait=False)

    async def run_once(self) -> None:
        """Every job with something due once, one after the other."""
        for job in self._jobs:
            if not job.serving:
                await self._run(job)

    async def _run_tracked(self, job: Job) -> None:
        # A task of our own: the scheduler's shutdown cancels its tasks, and a mail must not be cut off at the dot.
        task = asyncio.create_task(self._run(job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)

    async def _run(self, job: Job) -> None:
        status = self.status[job.name] = JobStatus(self._services.clock())
        try:
            await job.work(self._services, lambda: not self._stopping)
        except Exception as error:
            log.exception("the job %s failed", job.name)
            status.error = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        status.ended_at = self._services.clock()


def start_jobs(services: Services) -> Jobs:
    """Start the jobs in the running event loop; ``await jobs.stop()`` ends them."""
    jobs = Jobs(services)
    jobs.start()
    return jobs


async def run_once(services: Services) -> dict[str, JobStatus]:
    """Do now whatever is due, for the command line and tests; returns how each job did."""
    jobs = Jobs(services)
    await jobs.run_once()
    return jobs.status
