"""Import a roster file: one transaction, the good rows in, the bad ones told, and the second time nothing to do."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct

from checklists.ids import new_id
from checklists.tables import Audit, table_of
from inspect_api.database import Database
from inspect_api.roster.plan import Plan, Planner
from inspect_api.roster.problems import RowProblem
from inspect_api.roster.reading import read_table
from inspect_api.roster.rows import Roster, read_rows
from inspect_api.roster.state import load_state
from inspect_api.roster.writing import RosterDirectory

Progress = Callable[[int, int], None]
"""Told the steps done and the steps in all."""


class Counts(Struct, frozen=True):
    """Of what the good rows speak of."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class RosterResult(Struct, frozen=True):
    """``rows``: below the header; ``refused``: those of them with a problem. ``changed``: whether anything was written.

    ``responsibilities_started`` and ``responsibilities_ended``: of employees for workspaces, as of now.
    """

    rows: int
    refused: int
    changed: bool
    sites: Counts
    posts: Counts
    workspaces: Counts
    employees: Counts
    responsibilities_started: int
    responsibilities_ended: int
    problems: list[RowProblem]
    ignored_columns: list[str]


def import_roster(
    database: Database,
    organisation_id: str,
    content: bytes,
    now: datetime,
    *,
    actor_id: str | None = None,
    create_sites: bool = False,
    only_check: bool = False,
    progress: Progress = lambda done, steps: None,  # noqa: ARG005 (nobody watches)
) -> RosterResult:
    """Bring the employees of the file into the directory; nobody is deleted for not being in it.

    ``actor_id``: the user who does it, none from the command line. ``only_check``: tell what would happen and write
    nothing. Raises RosterError when the file is no roster;
    then nothing is written.
    """
    roster = read_rows(read_table(content))
    steps = 2 * roster.count
    progress(roster.count - len(roster.rows), steps)
    with database.write() as connection:
        planner = Planner(load_state(connection, organisation_id), roster, create_sites=create_sites)
        for row in roster.rows:
            planner.add(row)
        plan = planner.plan
        progress(roster.count, steps)
        result = _result(roster, plan)
        if result.changed and not only_check:
            with RosterDirectory(connection, organisation_id, now) as directory:
                _audit(connection, organisation_id, actor_id, result, now)
                directory.write(plan, lambda written: progress(roster.count + written, steps))
    progress(steps, steps)
    return result


def _result(roster: Roster, plan: Plan) -> RosterResult:
    problems = sorted(roster.problems + plan.problems, key=lambda problem: problem.row)
    return RosterResult(
        rows=roster.count,
        refused=len({problem.row for problem in problems}),
        changed=bool(plan.sites or plan.posts or plan.workspaces or plan.employees or plan.starts or plan.ends),
        sites=_counts(plan, plan.sites, plan.seen_sites),
        posts=_counts(plan, plan.posts, plan.seen_posts),
        workspaces=_counts(plan, plan.workspaces, plan.seen_workspaces),
        employees=_counts(plan, plan.employees, plan.seen_employees),
        responsibilities_started=len(plan.starts),
        responsibilities_ended=len(plan.ends),
        problems=problems,
        ignored_columns=list(roster.header.ignored),
    )


def _counts(plan: Plan, written: Iterable[str], seen: set[str]) -> Counts:
    keys = set(written)
    added = len(keys & plan.added)
    return Counts(added, len(keys) - added, len(seen - keys))


def _audit(
    connection: sa.Connection, organisation_id: str, actor_id: str | None, result: RosterResult, now: datetime
) -> None:
    """How much was changed, not what: the rows themselves are personal data that has to stay erasable."""
    detail = {"rows": result.rows, "refused": result.refused, "employees_added": result.employees.added}
    connection.execute(
        table_of(Audit).insert(),
        {
            "id": new_id(),
            "organisation_id": organisation_id,
            "actor_id": actor_id,
            "action": "roster.import",
            "object_kind": "organisation",
            "object_id": organisation_id,
            "detail": json.dumps(detail | {"employees_changed": result.employees.changed}),
            "at": now,
        },
    )
