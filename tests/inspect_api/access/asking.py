"""Asks every route of the application as every kind of person, about every kind of place."""

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.testing import AsyncTestClient

from checklists.ids import new_id
from inspect_api.app import create_app
from tests.inspect_api.access.places import ORGANISATION, OWN, SITE, Place
from tests.inspect_api.access.sending import ADDRESSES, FIXED, PLACED_BY_BODY, QUERIES, TUS, WITH_A_DUPLICATE, body_of
from tests.world import World, log_in

ROLES = {
    "anonymous": None,
    "employee": "employee",
    "supervisor": "chen",
    "manager": "manager",
    "administrator": "admin",
}
SCOPED = ("employee", "supervisor", "manager")
NO_PLACE = "-"
Answers = dict[tuple[str, str], list[str]]
"""(method and route, place) → what each role is answered."""


def routes(app: Litestar) -> list[tuple[str, str]]:
    """Method and path as the application has them, but for OPTIONS, which says nothing of anybody."""
    found = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)]):
            if isinstance(handler, HTTPRouteHandler):
                path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
                found |= {(str(method), path) for method in handler.http_methods if method not in ("OPTIONS", "HEAD")}
    return sorted(found, key=lambda one: (one[1], one[0]))


def names_in(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path + QUERIES.get(path, ""))


def places_of(method: str, path: str) -> list[str]:
    """A route that names nothing of a site is asked once."""
    placed = set(names_in(path)) - FIXED.keys() - {"week", "day"} or f"{method} {path}" in PLACED_BY_BODY
    return [OWN, SITE, ORGANISATION] if placed else [NO_PLACE]


async def ask_everything(world: World, places: dict[str, Place]) -> Answers:
    """Whatever a request changes is taken back before the next one. For SQLite, which is a file."""
    answers: Answers = {}
    async with _asking(world) as (client, heads):
        with _kept(world):
            for method, path, name in _questions(client):
                place = places[OWN if name == NO_PLACE else name]
                row = answers[f"{method} {path}", name] = []
                for head in heads.values():
                    answer, changed = await _ask(client, head, method, path, place)
                    row.append(answer)
                    if changed:
                        _take_back(world)
    return answers


async def ask_what_is_scoped(world: World, places: dict[str, Place], said: Answers) -> Answers:
    """What is read of a site, and what is refused as ``said``, for those whose view ends at a site.

    What is not asked, because it changes something or would be answered before a database is, is answered as said.
    """
    answers = {question: list(row) for question, row in said.items()}
    async with _asking(world) as (client, heads):
        for method, path, name in _questions(client):
            row = answers[f"{method} {path}", name]
            for column, role in enumerate(heads):
                if role in SCOPED and name != NO_PLACE and (method == "GET" or row[column] >= "4"):
                    row[column], _ = await _ask(client, heads[role], method, path, places[name])
    return answers


def _questions(client: AsyncTestClient[Any]) -> list[tuple[str, str, str]]:
    """Method, path and place."""
    known = routes(client.app)  # type: ignore[arg-type]
    return [(method, path, name) for method, path in known for name in places_of(method, path)]


@asynccontextmanager
async def _asking(world: World) -> AsyncIterator[tuple[AsyncTestClient[Any], dict[str, dict[str, str]]]]:
    async with AsyncTestClient(create_app(world.services), raise_server_exceptions=False) as client:
        # The supervisor is at a tablet.
        replica = {"chen": new_id()}
        heads = {
            role: await log_in(client, login, replica.get(login)) if login else {} for role, login in ROLES.items()
        }
        client.cookies.clear()
        yield client, heads


async def _ask(
    client: AsyncTestClient[Any], head: dict[str, str], method: str, path: str, place: Place
) -> tuple[str, bool]:
    """What is answered, and whether something may have changed by it."""
    values = place.parameters | FIXED
    address = (ADDRESSES.get(path, path) + QUERIES.get(path, "")).format_map(values)
    if path in WITH_A_DUPLICATE:
        address = address.replace(values["inspection_id"], place.more["again"])
    more = body_of(method, path, place)
    answer = await client.request(
        method, address, headers=head | TUS | more.pop("headers", {}), follow_redirects=False, **more
    )
    client.cookies.clear()
    to_login = answer.status_code == 303 and answer.headers["location"].startswith("/login")
    changed = method != "GET" and answer.status_code < 400
    return "login" if to_login else str(answer.status_code), changed


class _kept:
    """Keeps a copy of the database beside it, as long as the block lasts."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __enter__(self) -> None:
        with self._world.services.database.engine.connect() as connection:
            connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        shutil.copy(_file(self._world), _copy(self._world))

    def __exit__(self, *_: object) -> None:
        _take_back(self._world)


def _take_back(world: World) -> None:
    world.services.database.dispose()
    for path in _leftovers(world):
        path.unlink(missing_ok=True)
    shutil.copy(_copy(world), _file(world))


def _file(world: World) -> Path:
    return world.services.settings.data_dir / "inspect.db"


def _copy(world: World) -> Path:
    return world.services.settings.data_dir / "inspect.db.kept"


def _leftovers(world: World) -> Iterator[Path]:
    return (_file(world).with_name(f"inspect.db{ending}") for ending in ("-wal", "-shm"))


def as_text(answers: Answers) -> list[str]:
    """The table: route, place, and a column for each role."""
    wide = max(len(route) for route, _ in answers)
    head = f"{'':<{wide}} {'':<12}" + "".join(f" {role:<13}" for role in ROLES)
    lines = [head.rstrip()]
    before = ""
    for (route, place), row in answers.items():
        shown = route if route != before else ""
        lines.append((f"{shown:<{wide}} {place:<12}" + "".join(f" {one:<13}" for one in row)).rstrip())
        before = route
    return lines
