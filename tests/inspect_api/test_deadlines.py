"""What the clock looks for every few seconds is found by an index of just that, not among years of what is done."""

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from checklists.tables import CorrectiveAction, Dispute, table_of
from inspect_api.actions import minding
from inspect_api.disputes import deciding
from tests.databases import both_databases
from tests.world import World

database_kind = both_databases
WANTED = {
    "ix_dispute_to_escalate",
    "ix_corrective_action_to_escalate",
    "ix_corrective_action_fixed",
}


@pytest.fixture
def plans(world: World) -> list[str]:
    """The plan of every statement that names one of the two tables, as the jobs of one look run them."""
    found: list[str] = []
    names = {table_of(model).name for model in (CorrectiveAction, Dispute)}
    engine, prefix = world.services.database.engine, "EXPLAIN QUERY PLAN"
    if not world.services.database.is_sqlite:
        prefix = "EXPLAIN"

    def explain(connection: Connection, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if any(f"FROM {name}" in statement for name in names) and not statement.startswith("EXPLAIN"):
            plain = connection.connection.cursor()
            if prefix == "EXPLAIN":
                plain.execute("SET LOCAL enable_seqscan = off")  # the tables of a test are small
            plain.execute(f"{prefix} {statement}", parameters)
            found.append(str(plain.fetchall()))

    sa.event.listen(engine, "before_cursor_execute", explain)
    deciding.escalate_due(world.services)
    minding.escalate_due(world.services)
    minding.judge_fixed(world.services)
    sa.event.remove(engine, "before_cursor_execute", explain)
    return found


def test_what_is_late_or_mended_is_found_by_its_index(plans: list[str]) -> None:
    assert len(plans) == 3
    assert {name for name in WANTED for plan in plans if name in plan} == WANTED
    assert all(any(name in plan for name in WANTED) for plan in plans)
