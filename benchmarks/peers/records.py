"""Made-up records for systems that look into none of it: the same shape and size as ours, ids of nobody."""

from datetime import UTC, datetime

from benchmarks.field import CIRCUMSTANCES, responses
from benchmarks.peers.system import Record
from checklists.ids import new_id
from tests.world import Pen

_SITE, _REVISION, _EMPLOYEE = new_id(), new_id(), new_id()


def records(number: int) -> list[Record]:
    pen, now = Pen(_SITE), datetime.now(UTC)
    more = {"inspection/circumstances": CIRCUMSTANCES}
    return [pen.inspection(_REVISION, responses(), now, employee_id=_EMPLOYEE, **more) for _ in range(number)]
