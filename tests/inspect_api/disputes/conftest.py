from collections.abc import AsyncIterator

import pytest

from checklists.periods import final_at
from inspect_api.scorecards.publication import publish_due
from tests.inspect_api.disputes.court import Court, more_people
from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import WEEK, ZONE
from tests.world import SteppedClock, World


@pytest.fixture
async def court(world: World, clock: SteppedClock) -> AsyncIterator[Court]:
    more_people(world)
    desk = Desk(world)
    clock.now = WEEK.ends_at(ZONE)
    desk.send_all()
    clock.now = final_at(WEEK, ZONE)
    publish_due(world.services)
    async with world.client() as client:
        yield Court(world, desk, clock, client)
