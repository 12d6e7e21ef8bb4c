"""Tables of large sites are made before somebody waits for them; and while somebody does, beside their request."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from checklists.periods import Week
from checklists.tables import Employee, table_of
from inspect_api.database import Database
from inspect_api.scorecards import kept, service
from inspect_api.scorecards.shapes import SiteRef
from inspect_api.services import Services

MOST_AHEAD = kept.MOST_ROWS // 2
"""Rows that are prepared without anybody having asked: the other half is for what people do ask for."""

_employee = table_of(Employee)
_guard = threading.Lock()
_under_way: WeakKeyDictionary[sa.Engine, dict[tuple[str, Week], datetime]] = WeakKeyDictionary()
_log = logging.getLogger(__name__)


class UnderWay(NamedTuple):
    """``employees``: about how many it takes in. ``since``: when it was begun."""

    employees: int
    since: datetime


def make_beside(services: Services, connection: sa.Connection, site: SiteRef, week: Week) -> UnderWay:
    """Begin to make the table in a thread of its own, unless that is under way."""
    key, engine = (site.id, week), services.database.engine
    employees = kept.employed(connection, site.id)
    with _guard:
        running = _under_way.setdefault(engine, {})
        begun = key not in running
        since = running.setdefault(key, services.clock())
    if begun:
        threading.Thread(target=_make, args=(services.database, site, week), name=f"table {week}", daemon=True).start()
    return UnderWay(employees, since)


def _make(database: Database, site: SiteRef, week: Week) -> None:
    try:
        with database.read() as connection:
            kept.week_table(connection, site, week)
    except Exception:  # whoever waits asks again in a moment, and it is begun again
        _log.exception("the table of site %s, week %s could not be made", site.id, week)
    finally:
        with _guard:
            del _under_way[database.engine][site.id, week]


def prepare_large(services: Services, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Bring the tables of large sites up to date, of the week that people look at; gives how many there are.

    ``keep_going`` is asked before each.
    """
    prepared = 0
    with services.database.read() as connection:
        large = _large(connection)
    rows = 0
    for site_id, employees in large:
        rows += employees
        if rows > MOST_AHEAD or not keep_going():
            break
        with services.database.read() as connection:
            site = service.find_site(connection, site_id)
            kept.week_table(connection, site, service.reading_week(connection, site, services.clock()))
        prepared += 1
    return prepared


def _large(connection: sa.Connection) -> list[tuple[str, int]]:
    """(site, employees), the largest first."""
    statement = (
        sa.select(_employee.c.site_id, sa.func.count())
        .group_by(_employee.c.site_id)
        .having(sa.func.count() >= kept.LARGE)
        .order_by(sa.func.count().desc(), _employee.c.site_id)
    )
    return [(site_id, employees) for site_id, employees in connection.execute(statement)]
