"""The tables of an OMOP CDM, their columns held to the CDM's, wherever they are.

Names of tables and columns may be in capitals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from casewise.engine import Engine
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest, one_of
from casewise.records.sql_text import named, rows_of
from casewise.results import Source

_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_INTEGERS = (*_SIGNED, *(f"U{name}" for name in _SIGNED))
_NATIVE = {
    "DATE": ("DATE", "TIMESTAMP"),
    "BIGINT": _INTEGERS,
    "DOUBLE": (*_INTEGERS, "DOUBLE", "FLOAT", "DECIMAL"),
}
_WORDS = {"DATE": "dates", "BIGINT": "whole numbers", "DOUBLE": "numbers"}


@dataclass(frozen=True)
class Table:
    """One table: where it is, and its columns by their name in the CDM with the SQL type."""

    name: str
    relation: str
    columns: dict[str, tuple[str, str]]
    files: tuple[Path, ...] = ()
    is_text: bool = False

    def has(self, column: str) -> bool:
        return column in self.columns


class Place(Protocol):
    """Where the tables are: a folder, a DuckDB file, or a database. ``name`` is for messages."""

    name: str

    @property
    def names(self) -> Collection[str]: ...

    def look(self, name: str) -> Table | None:
        """The table, or ``None`` where there is none of that name."""
        ...

    def sources(self, read: list[Table]) -> tuple[Source, ...]:
        """What was read."""
        ...


class Tables:
    """The tables of a CDM, each looked at when first asked for."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self.engine, self.name = engine, place.name
        self.id_type = "BIGINT"
        self._place = place
        self._found: dict[str, Table | None] = {}

    def settle_ids(self, names: Iterable[str]) -> None:
        """Make every id a text where one of the tables ``names`` has ids that are no numbers: ids
        of several tables stand in one column, and only some engines mix their types."""
        ids = ("person_id", "visit_occurrence_id", "episode_id", "event_id")
        for table in filter(None, map(self.get, names)):
            there = [id_ for id_ in (*ids, f"{table.name}_id") if table.has(id_)]
            if table.is_text:  # DuckDB mixes them, but for a table that is not there
                persons = table.name == "person" and table.has("person_id")
                text = persons and not _all_integers(
                    self, table, _filled(named(table.columns["person_id"][0]))
                )
            else:
                text = any(not _is(table.columns[id_][1], "DOUBLE") for id_ in there)
            if text:
                self.id_type = "VARCHAR"

    def get(self, name: str) -> Table | None:
        """The table, or ``None`` where the records have none of that name."""
        if name not in self._found:
            self._found[name] = self._place.look(name)
        return self._found[name]

    def need(self, name: str, why: str) -> Table:
        table = self.get(name)
        if table is None:
            names = sorted(self._place.names)
            there = ", ".join(names) or "no tables"
            message = f'no table "{name}", {why}; found: {there}'
            raise RecordsError(Problem(message, self.name, hint=nearest(name, names)))
        return table

    def sources(self) -> tuple[Source, ...]:
        return self._place.sources([table for table in self._found.values() if table])


def typed(tables: Tables, table: Table, wanted: dict[str, str], needed: tuple[str, ...]) -> str:
    """A relation of ``table`` with the columns ``wanted`` (name to SQL type; "" keeps the
    source's), null where the table has none. Raises ``RecordsError`` where one that is
    ``needed`` is absent, or where values are not of its type."""
    problems = [
        Problem(
            f'table "{table.name}" has no column "{name}"',
            _place(tables, table),
            hint=one_of(name, table.columns, "columns"),
        )
        for name in needed
        if not table.has(name)
    ]
    if problems:
        raise RecordsError(problems)
    doubtful = {
        name: kind
        for name, kind in wanted.items()
        if table.has(name) and kind in _NATIVE and not _is(table.columns[name][1], kind)
    }
    _check_values(tables, table, doubtful)
    columns = ", ".join(
        f"{_cast(tables, table, name, kind, is_text=table.is_text or name in doubtful)} AS {name}"
        for name, kind in wanted.items()
    )
    relation = f"(SELECT {columns} FROM {table.relation})"
    if not table.is_text:
        return f"{relation} AS {table.name}"
    # A text file is parsed once, not in every statement that reads it.
    tables.engine.table(f"text_{table.name}", f"SELECT * FROM {relation} AS {table.name}")
    return named("text_" + table.name)


def _is(found: str, kind: str) -> bool:
    """Whether a column of type ``found`` ("DECIMAL(18,3)", "TIMESTAMP_NS") holds ``kind``."""
    stem = found.split("(")[0].split(" ")[0]
    return stem in _NATIVE[kind] or (kind == "DATE" and stem.startswith("TIMESTAMP"))


def _cast(tables: Tables, table: Table, name: str, kind: str, *, is_text: bool) -> str:
    if not table.has(name):
        return f"CAST(NULL AS {kind or tables.id_type})"
    column, found = table.columns[name]
    column = named(column)
    if is_text:
        column = _filled(column)
    if kind:
        return f"CAST({column} AS {kind})"
    if tables.id_type == "VARCHAR":
        return f"CAST({column} AS VARCHAR)"
    if is_text:
        return f"CAST({column} AS BIGINT)" if _all_integers(tables, table, column) else column
    return column if _is(found, "BIGINT") else f"CAST({column} AS BIGINT)"


def _filled(column: str) -> str:
    """A text, null where it is blank."""
    return f"NULLIF(TRIM(CAST({column} AS VARCHAR)), '')"


def _all_integers(tables: Tables, table: Table, column: str) -> bool:
    wrong = f"{column} <> '' AND TRY_CAST({column} AS BIGINT) IS NULL"
    sql = f"SELECT COUNT(*) AS n FROM {table.relation} WHERE {wrong}"
    return bool(rows_of(tables.engine, sql)[0]["n"] == 0)


def _check_values(tables: Tables, table: Table, doubtful: dict[str, str]) -> None:
    problems: list[Problem] = []
    for name, kind in doubtful.items():
        column, found = table.columns[name]
        text = _filled(named(column))
        wrong = f"{text} IS NOT NULL AND TRY_CAST({text} AS {kind}) IS NULL"
        sql = f"SELECT COUNT(*) AS n, MIN({text}) AS example FROM {table.relation} WHERE {wrong}"
        row = rows_of(tables.engine, sql)[0]
        if row["n"]:
            kind_found = "" if table.is_text else f" (a column of {found})"
            message = f'column "{name}"{kind_found} should hold {_WORDS[kind]}: {row["n"]} '
            message += (
                f'{"value is" if row["n"] == 1 else "values are"} not, such as "{row["example"]}"'
            )
            hint = "dates are written 2021-03-14" if kind == "DATE" else ""
            problems.append(Problem(message, _place(tables, table), hint=hint))
    if problems:
        raise RecordsError(problems)


def _place(tables: Tables, table: Table) -> str:
    return table.files[0].name if table.files else f"{tables.name}, table {table.name}"


def first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
