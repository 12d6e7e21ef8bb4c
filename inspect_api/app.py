"""The web application: the one place where its parts are put together."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig

from inspect_api.api import (
    actions,
    auth,
    calendar,
    decisions,
    disputes,
    employees,
    enrolment,
    exports,
    health,
    photos,
    quarantine,
    queues,
    replicas,
    reports,
    roster,
    scorecards,
    sync,
    templates,
    uploads,
    users,
)
from inspect_api.auth.middleware import AuthenticationMiddleware
from inspect_api.bad_input import CheckedAddress, CheckedRequest
from inspect_api.jobs import start_jobs
from inspect_api.limits import RequestLimit
from inspect_api.pages import enrolment as enrolment_pages
from inspect_api.pages import handlers as pages
from inspect_api.pages import queues as queue_pages
from inspect_api.pages.failures import FAILURES
from inspect_api.services import Services
from inspect_api.web import handlers as web

WORKER_THREADS = 24
API = [
    auth,
    health,
    sync,
    uploads,
    photos,
    replicas,
    scorecards,
    roster,
    templates,
    quarantine,
    reports,
    users,
    disputes,
    actions,
    calendar,
    decisions,
    employees,
    exports,
    pages,
    web,
    enrolment,
    enrolment_pages,
    queues,
    queue_pages,
]


def create_app(services: Services) -> Litestar:
    """The application over these services. It does not migrate the database and owns none of what it is given."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        workers = ThreadPoolExecutor(WORKER_THREADS, thread_name_prefix="work")
        asyncio.get_running_loop().set_default_executor(workers)
        running: Services = app.state.services
        jobs = start_jobs(running) if running.settings.jobs else None
        yield
        if jobs is not None:
            await jobs.stop()

    app = Litestar(
        route_handlers=[handler for room in API for handler in room.HANDLERS],
        dependencies={"services": Provide(_services, sync_to_thread=False)},
        request_class=CheckedRequest,
        middleware=[
            CheckedAddress(),
            DefineMiddleware(AuthenticationMiddleware, exclude_from_auth_key="public"),
            RequestLimit(services.settings.requests_per_minute),
        ],
        exception_handlers=FAILURES,
        lifespan=[lifespan],
        logging_config=None,  # whoever runs the application decides how it logs
        request_max_body_size=services.settings.push_body_limit,
        openapi_config=OpenAPIConfig(title="inspect-api", version="1", path="/api/schema"),
    )
    app.state.services = services
    return app


def _services(state: State) -> Services:
    found: Services = state.services
    return found
