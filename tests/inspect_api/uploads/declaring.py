"""Inspections that wait for photos: everything of them is here but the evidence that they declare."""

import sqlalchemy as sa

from checklists.tables import Inspection
from checklists.tables.columns import table_of
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import CHECK_C
from tests.world import World


class Waiting:
    """The submitted inspections that declare photos, and how they stand."""

    def __init__(self, world: World) -> None:
        self._world, self._desk = world, Desk(world)

    def declare(self, *photos: str) -> str:
        """One more inspection, with the photos (SHA-256) as its evidence; gives its id."""
        return self._desk.send(CHECK_C, **{f"evidence/{sha256}": {"item": None} for sha256 in photos})

    def state(self, inspection_id: str) -> str:
        table = table_of(Inspection)
        with self._world.services.database.read() as connection:
            return str(connection.execute(sa.select(table.c.state).where(table.c.id == inspection_id)).scalar_one())
