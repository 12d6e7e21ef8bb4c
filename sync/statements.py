"""Statements that both databases understand, over the Core tables, and quick for many rows."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Rows = Sequence[dict[str, Any]]


def insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert the rows. All of them have the same columns."""
    _run(connection, table, rows, _Clash.FAIL, ())


def upsert(connection: sa.Connection, table: sa.Table, rows: Rows, update: Sequence[str] | None = None) -> None:
    """Insert the rows, or update those whose primary key is there. No two rows have the same key.

    ``update``: columns to set; default all others.
    """
    _run(connection, table, rows, _Clash.UPDATE, update)


def insert_missing(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert the rows, but leave those alone that any unique key already has."""
    _run(connection, table, rows, _Clash.KEEP, ())


def among(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Whether the column is one of the texts given as the parameter ``name``, a list of any length.

    One parameter whatever the length, so the statement stays the same: an ``IN`` with a parameter for each text is
    rendered and planned anew every time.
    """
    return column.bool_op("IN")(_Listed(sa.bindparam(name, type_=_Texts())))


class _Listed(FunctionElement[str]):
    """The texts of a list, one a row."""

    type = sa.Text()
    inherit_cache = True


class _Texts(sa.types.TypeDecorator[list[str]]):
    """A list of texts as one parameter: an array, or JSON where there are no arrays."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        kind = sa.ARRAY(sa.Text()) if dialect.name == "postgresql" else sa.Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: list[str] | None, dialect: sa.Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else msgspec.json.encode(value).decode()


@compiles(_Listed, "postgresql")
def _listed_from_array(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **options)}))"


@compiles(_Listed, "sqlite")
def _listed_from_json(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 (a placeholder)


class _Clash:
    FAIL = "fail"
    UPDATE = "update"
    KEEP = "keep"


class _Statement:
    """One statement, compiled once. Compiling it and looking up its types for every run costs more than running it."""

    def __init__(
        self, dialect: sa.Dialect, table: sa.Table, columns: tuple[str, ...], clash: str, update: tuple[str, ...]
    ) -> None:
        self._as_json = dialect.name == "postgresql"
        statement = _from_json(table, columns) if self._as_json else sqlite.insert(table)
        if clash == _Clash.KEEP:
            statement = statement.on_conflict_do_nothing()
        elif clash == _Clash.UPDATE:
            keys = [column.name for column in table.primary_key]
            statement = statement.on_conflict_do_update(
                index_elements=keys, set_={name: statement.excluded[name] for name in update if name not in keys}
            )
        compiled = statement.compile(dialect=dialect, column_keys=None if self._as_json else list(columns))
        self.text = str(compiled)
        self._columns: Sequence[str] = compiled.positiontup or columns if compiled.positional else columns
        self._processors: dict[str, Callable[[Any], Any]] = {}
        for name in columns:
            process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                self._processors[name] = process

    def parameters(self, rows: Rows) -> Any:
        """The rows as the driver wants them, types applied: a list of tuples, or all of them as one JSON text."""
        columns = {name: [row[name] for row in rows] for name in self._columns}
        for name, process in self._processors.items():
            columns[name] = _processed(columns[name], process)
        values = zip(*columns.values(), strict=True)
        if not self._as_json:
            return list(values)
        return {"rows": msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in values]).decode()}


def _from_json(table: sa.Table, columns: Sequence[str]) -> postgresql.Insert:
    """An insert of all rows as one parameter. Row by row the driver's own work was a third of a push's."""
    typed = [sa.column(name, table.c[name].type) for name in columns]
    text = sa.cast(sa.bindparam("rows", type_=sa.Text()), postgresql.JSON())
    given = sa.func.json_to_recordset(text).table_valued(*typed, name="given").render_derived(with_types=True)
    return postgresql.insert(table).from_select(list(columns), sa.select(*(given.c[name] for name in columns)))


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
