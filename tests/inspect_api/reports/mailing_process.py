"""A process of its own that sends what is due, and may be killed at a chosen step.

``python -m tests.inspect_api.reports.mailing_process DATABASE_URL FOLDER SMTP_PORT NOW STEP``

``STEP`` may end in ``@N``: it dies when it comes there for the N-th time.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from inspect_api.blobs import open_blob_store
from inspect_api.database import Database
from inspect_api.mail import SmtpMailer
from inspect_api.mail.smtp import SMTPProtocol
from inspect_api.reports import runs
from inspect_api.reports.sending import send_due
from inspect_api.services import Services
from inspect_api.settings import Settings
from tests.inspect_api.reports.office import BUILDERS

lives = 1


def die() -> None:
    global lives
    lives -= 1
    if lives <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def dying_before(function: Callable[..., Any]) -> Callable[..., Any]:
    def instead(*arguments: Any, **named: Any) -> Any:
        die()
        return function(*arguments, **named)

    return instead


def dying_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def instead(*arguments: Any, **named: Any) -> Any:
        function(*arguments, **named)
        die()

    return instead


def arrange(step: str) -> None:
    match step:
        case "before the claim":
            runs.claim_due = dying_before(runs.claim_due)
        case "after the claim":
            BUILDERS["weekly"] = dying_before(BUILDERS["weekly"])
        case "in the middle of the message":
            write = SMTPProtocol.write

            def half(self: SMTPProtocol, data: bytes) -> None:
                write(self, data if len(data) < 500 or lives > 1 else data[: len(data) // 2])

            SMTPProtocol.write = half
            runs.hand_over = dying_before(runs.hand_over)
        case "before the hand-over is recorded":
            runs.hand_over = dying_before(runs.hand_over)
        case "before the dot":
            runs.hand_over = dying_after(runs.hand_over)
        case "after the dot, before the answer is recorded":
            runs.record_sent = dying_before(runs.record_sent)


def main() -> None:
    global lives
    url, folder, port, now, step = sys.argv[1:]
    step, _, times = step.partition("@")
    lives = int(times or 1)
    arrange(step)
    settings = Settings(
        mode="development",
        data_dir=Path(folder),
        database_url=url,
        smtp_host="127.0.0.1",
        smtp_port=int(port),
        smtp_tls="none",
        mail_from="reports@example.com",
    )
    services = Services(
        settings=settings,
        database=Database(url),
        clock=lambda: datetime.fromisoformat(now),
        blobs=open_blob_store(settings),
        mailer=SmtpMailer(settings),
    )
    asyncio.run(send_due(services, f"process {os.getpid()}", BUILDERS))


if __name__ == "__main__":
    main()
