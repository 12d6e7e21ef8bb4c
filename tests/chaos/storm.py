"""One run of chaos: a fleet of reference tablets and a real server under everything that goes wrong at once."""

import dataclasses
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import sqlalchemy as sa

from checklists.tables.columns import table_of
from inspect_api.serving import build_services
from inspect_api.settings import Settings
from sync.tables import RefreshToken, Replica
from tests.chaos.checker import Findings, check
from tests.chaos.crew import Member
from tests.chaos.journal import Journal
from tests.chaos.weather import Weather
from tests.fault_proxy import FaultProxy
from tests.migrated import migrated
from tests.postgres_server import PostgresServer
from tests.server_process import ServerProcess
from tests.worked_numbers import GROOMING, TEMPLATES
from tests.world import World, build_world

CREW = ("chen", "liu", "wang", "zhao", "chen")
AWAY = timedelta(days=60)
SECONDS = 4.0
PROCESSES = 2
_COMPARED = 40
"""So many of a tablet's own scores are compared with the server's; its rows the checker compares all."""


@dataclass
class Outcome:
    """``findings``: of the independent checker. The rest says that there was a storm at all."""

    seed: int
    findings: Findings
    weather: Counter[str] = field(default_factory=Counter)
    line: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    def text(self) -> str:
        parts = {"checked": self.findings.counts, "weather": self.weather, "line": self.line, "deeds": self.deeds}
        listed = (f"  {name}: {', '.join(f'{key} {n}' for key, n in sorted(c.items()))}" for name, c in parts.items())
        return "\n".join([f"seed {self.seed}: {len(self.findings.faults)} faults", *listed])


def run_storm(folder: Path, seed: int, postgres: PostgresServer | None, seconds: float = SECONDS) -> Outcome:
    """``folder``: empty, kept when something was found. ``postgres``: None for one server process over SQLite; several
    over one database of it."""
    database_url = postgres.fresh() if postgres else None
    folder.mkdir(parents=True, exist_ok=True)
    world = _old_world(folder / "server", database_url)
    several = range(PROCESSES if postgres else 1)
    servers = [ServerProcess(folder / "server", database_url, jobs="true", job_seconds="1") for _ in several]
    journal = Journal(folder / "journal.jsonl")
    crew: list[Member] = []
    try:
        for server in servers:
            server.start()
        with FaultProxy([server.port for server in servers], seed, rate=0) as line:
            for number, login in enumerate(CREW):
                crew.append(Member(folder / f"{number}-{login}", world, login, line.url, journal, f"{seed}.{number}"))
            returning = Member(folder / "away", world, "chen", line.url, journal, f"{seed}.away")
            crew.append(returning)
            for member in crew:
                member.log_in()
                member.finish()
            weather = Weather(servers, world, f"{seed}.weather", postgres)
            _go_away(returning, world)
            _storm(crew[:-1], line, weather, seconds)
            _disagree(crew[0], crew[-2], line, weather)
            _lose_a_site(crew[CREW.index("wang")], weather)
            returning.clock.offset = timedelta()
            _settle(crew, line, weather)
            _came_back(returning, world)
            _meet_a_newcomer(folder, world, servers[-1], journal, crew)
    finally:
        for member in crew:
            member.close()
        for server in servers:
            server.kill()
        world.services.database.dispose()
        journal.close()
    database = database_url or str(folder / "server" / "inspect.db")
    findings = check(database, journal.path, folder / "server" / "photos", [member.folder for member in crew])
    return Outcome(
        seed,
        findings,
        weather.done,
        Counter({str(fault): times for fault, times in line.broken.items()})
        + sum((member.connection.transport.done for member in crew), Counter()),
        sum((member.done for member in crew), Counter()),
        sum((member.problems for member in crew), Counter()),
    )


def _old_world(folder: Path, database_url: str | None) -> World:
    """The usual people, who have been there for longer than anybody was away."""
    settings = Settings(mode="development", data_dir=folder, database_url=database_url, jobs=False)
    services = build_services(settings)
    migrated(services.database)
    founded = datetime.now(UTC) - 2 * AWAY
    world = build_world(dataclasses.replace(services, clock=lambda: founded), TEMPLATES)
    return dataclasses.replace(world, services=services)


def _go_away(member: Member, world: World) -> None:
    """60 days without the network begin 60 days ago: an old app, an old log-in, the template revision of then."""
    member.app_version = "1.0"
    member.crash()
    member.clock.offset = -AWAY
    for _ in range(4):
        member.inspect()
    member.clock.offset = -AWAY / 2
    for _ in range(4):
        member.edit()
    token, replica = table_of(RefreshToken), table_of(Replica)
    then = world.services.clock() - AWAY
    with world.services.database.write() as connection:
        mine = token.c.replica_id == member.tablet.replica_id
        connection.execute(sa.update(token).where(mine).values(issued_at=then, expires_at=then + timedelta(days=45)))
        connection.execute(
            sa.update(replica)
            .where(replica.c.id == member.tablet.replica_id)
            .values(enrolled_at=then, last_seen_at=then)
        )
    member.tablet._local.store.put("access_token", None)


def _storm(crew: list[Member], line: FaultProxy, weather: Weather, seconds: float) -> None:
    line.rate = 0.15
    for member in crew:
        member.connection.transport.rate = 0.2
        member.connection.death = 0.03
    over = Event()
    with ThreadPoolExecutor(len(crew)) as pool:
        working = [pool.submit(member.work, over) for member in crew]
        try:
            weather.rage(seconds)
        finally:
            over.set()
        for work in working:
            work.result()


def _disagree(one: Member, other: Member, line: FaultProxy, weather: Weather) -> None:
    """Two tablets decide the same thing differently, neither knowing of the other: conflicts that all must see."""
    line.rate = 0
    weather.kill()
    for member in (one, other):
        member.connection.transport.rate = member.connection.death = 0
        member.clock.offset = timedelta()
        if member is one:
            member.inspect()
        member.finish()
    for inspection in sorted(set(one.tablet.inspections()) & set(other.tablet.inspections()))[:3]:
        for member in (one, other):
            member.tablet.note(inspection, f"seen by {member.folder.name}", reason="复核")


def _lose_a_site(member: Member, weather: Weather) -> None:
    """Work from before it must be stored, work from after it be in quarantine, and the tablet give the site up."""
    member.clock.offset = timedelta()
    member.inspect()
    weather.take_away(member.login, "lobby")
    member.inspect()


def _settle(crew: list[Member], line: FaultProxy, weather: Weather) -> None:
    """The sky clears: everybody sends what they have, and then everybody sees what all have sent."""
    line.rate = 0
    weather.clear()
    for member in crew:
        member.connection.transport.rate = member.connection.death = 0
        member.clock.offset = timedelta()
    _each(crew, Member.finish)
    _each(crew, Member.finish)
    for member in crew:
        for inspection in member.tablet.inspections()[:_COMPARED]:
            view = member.tablet.view(inspection)
            if view.server is not None and not view.refused:
                same = (view.view.state, view.view.score) == (view.server.state, view.server.score)
                assert same, f"{member.folder.name} and the server disagree on {inspection}"


def _came_back(member: Member, world: World) -> None:
    """Nothing of the 60 days is refused, and all of it is scored by the revision of then, though newer ones came."""
    assert not member.tablet.refused(), member.tablet.refused()
    assert member.made
    for inspection in member.made:
        view = member.tablet.view(inspection)
        assert view.server is not None
        assert view.server.state in ("complete", "void"), (inspection, view.server)
        assert view.value("inspection/template_revision_id") == world.templates[GROOMING.key]


def _meet_a_newcomer(folder: Path, world: World, server: ServerProcess, journal: Journal, crew: list[Member]) -> None:
    """A tablet that pulls everything from the beginning must hold the same as those that lived through it."""
    newcomer = Member(folder / "newcomer", world, "chen", server.url, journal, "newcomer")
    crew.append(newcomer)
    newcomer.log_in()
    newcomer.finish()


def _each(crew: list[Member], do: Callable[[Member], None]) -> None:
    with ThreadPoolExecutor(len(crew)) as pool:
        list(pool.map(do, crew))


def forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
