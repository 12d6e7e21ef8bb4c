"""The migrated schema, made once for the whole run and copied from then on: making it takes longer than most tests."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from checklists.ids import new_id
from checklists.tables.columns import table_of
from inspect_api.database import Database
from inspect_api.migrate import current_revision, newest_revision, upgrade
from sync.tables import Instance


def migrated(database: Database) -> None:
    """Bring the database to the newest schema; a new SQLite file is a copy, with an epoch of its own as every database
    has."""
    name = database.engine.url.database
    if database.is_sqlite and name and not Path(name).exists():
        shutil.copyfile(_template(), name)
        with database.write() as connection:
            connection.execute(sa.update(table_of(Instance)).values(epoch=new_id()))
    else:
        with database.read() as connection:
            newest = current_revision(connection) == newest_revision()
        if not newest:
            upgrade(database)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="inspect-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'template.db'}")
    upgrade(database)
    database.dispose()
    return folder / "template.db"
