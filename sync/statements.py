"""Statements that both databases understand, over the Core tables, and quick for many rows.

Each is compiled once and kept: compiling it and looking up its types for every run costs more than running it. SQLite
gets one row after the other inside one call; PostgreSQL gets all rows in one statement, as one array for each column
(``INSERT … SELECT FROM unnest(…)``), because a round of parse, bind and execute for each row costs more than the row.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[dict[str, Any]]


def insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert the rows. All of them have the same columns."""
    _run(connection, table, rows, _Clash.FAIL, ())


def upsert(connection: sa.Connection, table: sa.Table, rows: Rows, update: Sequence[str] | None = None) -> None:
    """Insert the rows, or update those whose primary key is there. ``update``: columns to set; default all others.

    Of several rows with the same primary key the last one counts.
    """
    _run(connection, table, rows, _Clash.UPDATE, update)


def insert_missing(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert the rows, but leave those alone that any unique key already has."""
    _run(connection, table, rows, _Clash.KEEP, ())


class _Clash:
    FAIL = "fail"
    UPDATE = "update"
    KEEP = "keep"


class _Statement:
    def __init__(
        self, dialect: sa.Dialect, table: sa.Table, columns: tuple[str, ...], clash: str, update: tuple[str, ...]
    ) -> None:
        self._arrays = dialect.name == "postgresql"
        self._keys = [column.name for column in table.primary_key]
        self._unique = clash == _Clash.UPDATE and self._arrays
        statement = _from_arrays(table, columns) if self._arrays else sqlite.insert(table)
        if clash == _Clash.KEEP:
            statement = statement.on_conflict_do_nothing()
        elif clash == _Clash.UPDATE:
            statement = statement.on_conflict_do_update(
                index_elements=self._keys,
                set_={name: statement.excluded[name] for name in update if name not in self._keys},
            )
        compiled = statement.compile(dialect=dialect, column_keys=None if self._arrays else list(columns))
        self.text = str(compiled)
        self._columns: Sequence[str] = columns if self._arrays else getattr(compiled, "positiontup", columns)
        self._processors: dict[str, Callable[[Any], Any]] = {}
        for name in columns:
            process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                self._processors[name] = process

    def parameters(self, rows: Rows) -> Any:
        """The rows as the driver wants them: types applied; tuples, or one array for each column."""
        if self._unique:  # one statement must not touch a row twice
            rows = list({tuple([row[key] for key in self._keys]): row for row in rows}.values())
        columns = {name: [row[name] for row in rows] for name in self._columns}
        for name, process in self._processors.items():
            columns[name] = _processed(columns[name], process)
        return columns if self._arrays else list(zip(*columns.values(), strict=True))


def _from_arrays(table: sa.Table, columns: tuple[str, ...]) -> postgresql.Insert:
    kinds = {name: postgresql.ARRAY(_plain(table.c[name].type)) for name in columns}
    arrays = [sa.bindparam(name, type_=kind) for name, kind in kinds.items()]
    rows = sa.func.unnest(*arrays).table_valued(*columns).render_derived()
    return postgresql.insert(table).from_select(list(columns), sa.select(*[rows.c[name] for name in columns]))


def _plain(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """The database's own type: values are processed before they are put into an array.

    A text has no length here: a cast to one would cut what is too long, where the column itself refuses it.
    """
    own = kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind
    return sa.Text() if isinstance(own, sa.String) else own


def _processed(values: list[Any], process: Callable[[Any], Any]) -> list[Any]:
    """Most columns with a type of their own hold the same instant in every row of a batch."""
    first = values[0]
    if all(value is first for value in values):
        return [process(first)] * len(values)
    return [process(value) for value in values]


@lru_cache(maxsize=128)
def _statement(
    dialect: sa.Dialect, table: sa.Table, columns: tuple[str, ...], clash: str, update: tuple[str, ...]
) -> _Statement:
    return _Statement(dialect, table, columns, clash, update)


def _run(connection: sa.Connection, table: sa.Table, rows: Rows, clash: str, update: Sequence[str] | None) -> None:
    if not rows:
        return
    columns = tuple(rows[0])
    statement = _statement(connection.dialect, table, columns, clash, columns if update is None else tuple(update))
    connection.exec_driver_sql(statement.text, statement.parameters(rows))
