"""The running service: its parts put together from the settings, behind uvicorn."""

import gc
import logging

import uvicorn

from inspect_api.app import create_app
from inspect_api.blobs import open_blob_store
from inspect_api.database import Database
from inspect_api.mail import make_mailer
from inspect_api.migrate import upgrade
from inspect_api.services import Services, system_clock
from inspect_api.settings import Settings

_COLLECT_AFTER = (20_000, 20, 50)
"""Pushes make many small objects and no cycles; the default of 700 has the collector run several times in each."""

GRACE_SECONDS = 20
"""How long a stopping server lets running requests finish: less than the 30 s after which most supervisors kill."""

KEEP_ALIVE_SECONDS = 75  # longer than the 60 s that proxies keep an idle line, so that the proxy is the one to close it


def build_services(settings: Settings) -> Services:
    """The services of a process; ``dispose()`` of its database ends them. Makes ``data_dir`` where it is missing."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.effective_database_url())
    return Services(settings, database, system_clock, open_blob_store(settings), make_mailer(settings))


def serve(settings: Settings, *, migrate: bool = True) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is running. ``migrate``: bring the schema up to date first."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # One line for each request of its own client would be noise, and addresses in it may be personal data.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every wake-up
    services = build_services(settings)
    try:
        if migrate:
            upgrade(services.database)
        app = create_app(services)
        # What start-up made lives as long as the process: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            loop="auto",  # uvloop, where it is installed: not on Windows
            http="httptools",
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    finally:
        services.database.dispose()
