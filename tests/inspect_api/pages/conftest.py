from datetime import datetime

import pytest

from tests.inspect_api.scorecards.desk import Desk
from tests.worked_numbers import ZONE
from tests.world import SteppedClock, World


@pytest.fixture
def clock() -> SteppedClock:
    """Sunday 22 November 2026, 20:00 at the site."""
    return SteppedClock(datetime(2026, 11, 22, 20, 0, tzinfo=ZONE))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)
