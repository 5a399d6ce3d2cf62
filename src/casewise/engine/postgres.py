"""Postgres: the study's SQL is run where the records are.

Everything happens in one transaction that is never committed. So the records cannot be changed,
each step sees them as they were at the first, and what was made for the study (temporary tables,
which Postgres keeps apart from all others) is gone when the connection ends, however it ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlglot import exp

from casewise.engine.address import Address
from casewise.engine.base import Columns, EngineError
from casewise.engine.postgres_sql import functions, written
from casewise.engine.steps import parsed, stepwise

# What an address does not say otherwise. A server that is no longer there is noticed in a minute.
_CONNECTION = {
    "application_name": "casewise",
    "connect_timeout": "15",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
# Scratch tables come before tables of the same name; compiling hundreds of columns that are counted
# once takes longer than counting them; what a role or database sets must not change an answer.
_SETTINGS = {
    "search_path": "'pg_temp, ' || current_setting('search_path')",
    "jit": "'off'",
    "DateStyle": "'ISO, YMD'",
    "standard_conforming_strings": "'on'",
}
# A query whose client was killed ends too, where the server's version and system can tell.
_CHECKED = (
    "DO $f$ BEGIN PERFORM set_config('client_connection_check_interval', '2s', false); "
    "EXCEPTION WHEN OTHERS THEN NULL; END $f$"
)
_ROWS = 10_000
_STOPPED = "the database stopped"

# By sqlstate: what a user has to know of. Anything else is SQL that Postgres does not understand.
_TOLD = ("08", "22", "25", "28", "3D", "42501", "53", "54", "55", "57", "58", "40", "XX")
_ARRAYS: dict[str, Any] = {
    "bool": np.bool_,
    "int2": np.int16,
    "int4": np.int32,
    "int8": np.int64,
    "float4": np.float32,
    "float8": np.float64,
    "numeric": np.float64,
    "date": np.dtype("datetime64[us]"),
    "timestamp": np.dtype("datetime64[us]"),
}
_KINDS = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "numeric": "DECIMAL",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
}
_LOADED = {"VARCHAR": 'TEXT COLLATE "C"', "DOUBLE": "DOUBLE PRECISION"}


class Postgres:
    """One connection, one transaction. Not for sharing between threads. The day of a timestamptz
    is the one it is in ``zone``."""

    dialect = "postgres"

    def __init__(self, where: Address, zone: str = "UTC") -> None:
        self._numbers = itertools.count(1)
        with _told("cannot be opened"):
            given = conninfo_to_dict(where.url)
            wanted = _CONNECTION | {name: str(value) for name, value in given.items()}
            self._connection = psycopg.connect(make_conninfo(**wanted, client_encoding="UTF8"))
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = False  # many roles are: they may make no scratch tables
        wanted = _SETTINGS | {"TimeZone": f"'{zone}'"}
        settings = (f"set_config('{name}', {value}, false)" for name, value in wanted.items())
        try:
            for statement in (f"SELECT {', '.join(settings)}", _CHECKED, *functions()):
                self._run(statement)
        except BaseException:
            self.close()
            raise

    # -- what every engine does -----------------------------------------------------------------

    def query(self, sql: str) -> Columns:
        statement = self._written(stepwise(parsed(sql), self._keep))
        with _told(_STOPPED), self._connection.cursor(binary=True) as cursor:
            cursor.execute(statement)
            return _columns(cursor)

    def view(self, name: str, select: str) -> None:
        self._drop(name)
        self._run(f'CREATE TEMP VIEW "{name}" AS {self._written(parsed(select))}')

    def table(self, name: str, select: str) -> None:
        statement = stepwise(parsed(select), self._keep)
        self._drop(name)
        self._make(name, statement)

    def append(self, name: str, select: str) -> None:
        statement = stepwise(parsed(select), self._keep)
        self._run(f'INSERT INTO "{name}" {self._written(statement)}')
        self._run(f'ANALYZE "{name}"')

    def by(self, name: str, column: str) -> None:
        self._run(f'CREATE INDEX "{name}_by" ON "{name}" ("{column}")')
        self._run(f'CLUSTER "{name}" USING "{name}_by"')
        self._run(f'ANALYZE "{name}"')

    def load(
        self, name: str, columns: Mapping[str, NDArray[Any]], types: Mapping[str, str]
    ) -> None:
        self._drop(name)
        kinds = ", ".join(f'"{one}" {_LOADED.get(types[one], types[one])}' for one in columns)
        self._run(f'CREATE TEMP TABLE "{name}" ({kinds})')
        values = [
            [int(v) for v in _python(values)]
            if "INT" in types[one] and values.dtype.kind == "f" and not np.isnan(values).any()
            else _python(values)
            for one, values in columns.items()
        ]
        into = f'COPY "{name}" FROM STDIN'
        with _told(_STOPPED), self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in zip(*values, strict=True):
                copy.write_row(row)
        self._run(f'ANALYZE "{name}"')

    def close(self) -> None:
        """Postgres rolls back what is open, on a connection that ends."""
        with suppress(psycopg.Error):
            self._connection.close()

    # -- the tables that are there --------------------------------------------------------------

    def schemas(self) -> list[str]:
        return self._texts(
            "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND "
            "nspname <> 'information_schema' AND has_schema_privilege(oid, 'USAGE') ORDER BY 1"
        )

    def tables(self, schema: str) -> list[str]:
        return self._texts(
            "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind IN ('r', 'v', 'm', 'f', 'p') "
            "AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1",
            schema,
        )

    def columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        with _told(_STOPPED), self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.attname, format_type(COALESCE(NULLIF(t.typbasetype, 0), t.oid), NULL) "
                "FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid "
                "JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n "
                "ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s "
                "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                (schema, table),
            )
            return [(name, _KINDS.get(kind, "VARCHAR")) for name, kind in cursor]

    def relation(self, schema: str, table: str) -> str:
        parts = (exp.to_identifier(part, quoted=True).sql("duckdb") for part in (schema, table))
        return ".".join(parts)

    # -- how ------------------------------------------------------------------------------------

    def _written(self, statement: exp.Expression) -> str:
        return written(statement)

    def _run(self, statement: str) -> None:
        with _told(_STOPPED):
            self._connection.execute(statement)

    def _make(self, name: str, statement: exp.Expression) -> None:
        self._run(f'CREATE TEMP TABLE "{name}" AS {self._written(statement)}')
        self._run(f'ANALYZE "{name}"')  # nobody else does, of a temporary table

    def _keep(self, part: str, body: exp.Expression) -> str:
        name = f"step_{next(self._numbers)}_{part}"[:60]  # Postgres cuts names off at 63 bytes
        self._make(name, body)
        return name

    def _drop(self, name: str) -> None:
        kinds = self._texts(
            "SELECT c.relkind::text FROM pg_class AS c WHERE c.relname = %s "
            "AND c.relnamespace = pg_my_temp_schema()",
            name,
        )
        for kind in kinds:
            self._run(f'DROP {"VIEW" if kind == "v" else "TABLE"} pg_temp."{name}" CASCADE')

    def _texts(self, statement: str, *given: str) -> list[str]:
        with _told(_STOPPED), self._connection.cursor() as cursor:
            cursor.execute(statement, given or None)
            return [row[0] for row in cursor]


@contextmanager
def _told(what: str) -> Iterator[None]:
    """A failure of the database as one that a user is told of, by its first line."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if isinstance(error, psycopg.ProgrammingError | psycopg.InternalError) and not (
            state.startswith(_TOLD)
        ):
            raise
        said = _first_line(error)
        if state == "42501" and "create temporary tables" in said:
            said += "; a study keeps its steps in them, and they are gone with the connection"
        raise EngineError(f"{what}: {said}") from error


def _first_line(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def _columns(cursor: psycopg.Cursor[Any]) -> Columns:
    """Rows into columns, some thousands at a time: a row of Python's own takes much memory."""
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    kinds = [cursor.adapters.types[column.type_code].name for column in cursor.description]
    pieces: list[list[NDArray[Any]]] = [[] for _ in names]
    while True:
        rows = cursor.fetchmany(_ROWS)
        for place, values in enumerate(zip(*rows, strict=True)):
            pieces[place].append(_array(values, kinds[place]))
        if len(rows) < _ROWS:
            break
    made: Columns = {}
    for name, kind, parts in zip(names, kinds, pieces, strict=True):
        column = _array((), kind)
        if parts:
            column = np.ma.concatenate(parts)  # type: ignore[no-untyped-call]
        made[name] = column if np.ma.getmaskarray(column).any() else np.asarray(column)
    return made


def _array(values: tuple[Any, ...], kind: str) -> NDArray[Any]:
    missing = np.array([value is None for value in values], dtype=bool)
    dtype = _ARRAYS.get(kind)
    if dtype is None:
        texts = [value if value is None else str(value) for value in values]
        return np.ma.masked_array(np.array(texts, dtype=object), mask=missing)
    blank = np.zeros(1, dtype)[0]
    filled = [blank if value is None else value for value in values]
    return np.ma.masked_array(np.array(filled, dtype=dtype), mask=missing)


def _python(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "M":
        return [
            None if np.isnat(value) else value.astype("datetime64[D]").item() for value in values
        ]
    if values.dtype.kind == "f":
        return [None if np.isnan(value) else float(value) for value in values]
    return list(values.tolist())
