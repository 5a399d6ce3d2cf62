"""The tables of an OMOP CDM: found in a folder or a DuckDB file, their columns held to the CDM's.

Names of tables, files and columns may be in capitals. A table is a Parquet or CSV file, or a
folder of Parquet files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest, one_of
from casewise.records.digest import sha256
from casewise.records.sql_text import named, quoted, quoted_list, rows_of
from casewise.results import Source

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".tsv", ".txt")
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
    files: tuple[Path, ...]
    is_text: bool

    def has(self, column: str) -> bool:
        return column in self.columns


class Tables:
    """The tables of a CDM, each looked at when first asked for."""

    def __init__(self, engine: DuckDB, path: Path, schema: str) -> None:
        self.engine, self.path = engine, path
        self._found: dict[str, Table | None] = {}
        if not path.exists():
            hint = ""
            if path.parent.is_dir():
                hint = nearest(path.name, [one.name for one in path.parent.iterdir()])
            raise RecordsError(Problem("no such file or folder", str(path), hint=hint))
        self._places = _in_folder(path) if path.is_dir() else {}
        self._relations = {} if path.is_dir() else self._in_database(schema)

    @property
    def names(self) -> list[str]:
        return sorted({*self._places, *self._relations})

    def _in_database(self, schema: str) -> dict[str, str]:
        if self.path.suffix.lower() not in (".duckdb", ".db", ".ddb"):
            message = "is no OMOP CDM: a folder of Parquet or CSV files, or a .duckdb file"
            raise RecordsError(Problem(message, self.path.name))
        try:
            self.engine.execute(f"ATTACH {quoted(str(self.path))} AS cdm_file (READ_ONLY)")
        except duckdb.Error as error:
            message = f"the DuckDB file cannot be opened: {first_line(error)}"
            raise RecordsError(Problem(message, self.path.name)) from None
        rows = rows_of(
            self.engine,
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'cdm_file' "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = 'cdm_file' AND NOT internal",
        )
        schemas = sorted({row["schema_name"] for row in rows})
        wanted = schema or ("main" if "main" in schemas or not schemas else schemas[0])
        if wanted not in schemas and rows:
            hint = one_of(wanted, schemas, "schemas")
            raise RecordsError(Problem(f'no schema "{wanted}"', self.path.name, hint=hint))
        return {
            row["table_name"].lower(): f"cdm_file.{named(wanted)}.{named(row['table_name'])}"
            for row in rows
            if row["schema_name"] == wanted
        }

    def get(self, name: str) -> Table | None:
        """The table, or ``None`` where the records have none of that name."""
        if name not in self._found:
            self._found[name] = self._look(name)
        return self._found[name]

    def need(self, name: str, why: str) -> Table:
        table = self.get(name)
        if table is None:
            there = ", ".join(self.names) or "no tables"
            hint = nearest(name, self.names)
            message = f'no table "{name}", {why}; found: {there}'
            raise RecordsError(Problem(message, self.path.name, hint=hint))
        return table

    def _look(self, name: str) -> Table | None:
        files: tuple[Path, ...] = ()
        relation, is_text = self._relations.get(name), False
        if relation is None:
            if name not in self._places:
                return None
            files = self._places[name]
            is_text = not files[0].name.lower().endswith(".parquet")
            listed = quoted_list(map(str, files))
            relation = (
                f"read_csv({listed}, all_varchar = true)"
                if is_text
                else (f"read_parquet({listed}, union_by_name = true)")
            )
        try:
            rows = rows_of(self.engine, f"DESCRIBE SELECT * FROM {relation}")
        except duckdb.Error as error:
            where = files[0].name if files else name
            message = f"the table cannot be read: {first_line(error)}"
            raise RecordsError(Problem(message, where)) from None
        columns = {
            row["column_name"].lower(): (row["column_name"], row["column_type"]) for row in rows
        }
        return Table(name, relation, columns, files, is_text)

    def sources(self) -> tuple[Source, ...]:
        """The files that were read, by content."""
        files = [file for table in self._found.values() if table for file in table.files]
        if not self.path.is_dir():
            files = [self.path]
        return tuple(
            Source(name=str(file.relative_to(self.path.parent)), sha256=sha256(file))
            for file in sorted(files)
        )


def _in_folder(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The files of each table; Parquet before text where both are there."""
    found: dict[str, tuple[Path, ...]] = {}
    for suffix in SUFFIXES:
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name.lower().endswith(suffix):
                found.setdefault(path.name.lower().removesuffix(suffix), (path,))
    for path in sorted(folder.iterdir()):
        parts = tuple(sorted(path.rglob("*.parquet"))) if path.is_dir() else ()
        if parts:
            found.setdefault(path.name.lower(), parts)
    return found


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
        f"{_cast(tables, table, name, kind)} AS {name}" for name, kind in wanted.items()
    )
    relation = f"(SELECT {columns} FROM {table.relation})"
    if not table.is_text:
        return relation
    # A text file is parsed once, not in every statement that reads it.
    tables.engine.execute(f"CREATE OR REPLACE TABLE {named('text_' + table.name)} AS {relation}")
    return named("text_" + table.name)


def _is(found: str, kind: str) -> bool:
    """Whether a column of type ``found`` ("DECIMAL(18,3)", "TIMESTAMP_NS") holds ``kind``."""
    stem = found.split("(")[0].split(" ")[0]
    return stem in _NATIVE[kind] or (kind == "DATE" and stem.startswith("TIMESTAMP"))


def _cast(tables: Tables, table: Table, name: str, kind: str) -> str:
    if not table.has(name):
        return f"CAST(NULL AS {kind})" if kind else "NULL"
    column = named(table.columns[name][0])
    if table.is_text:
        column = f"NULLIF(TRIM({column}), '')"
        if not kind:
            return f"CAST({column} AS BIGINT)" if _all_integers(tables, table, column) else column
    return f"CAST({column} AS {kind})" if kind else column


def _all_integers(tables: Tables, table: Table, column: str) -> bool:
    wrong = f"{column} <> '' AND TRY_CAST({column} AS BIGINT) IS NULL"
    sql = f"SELECT COUNT(*) AS n FROM {table.relation} WHERE {wrong}"
    return bool(rows_of(tables.engine, sql)[0]["n"] == 0)


def _check_values(tables: Tables, table: Table, doubtful: dict[str, str]) -> None:
    problems: list[Problem] = []
    for name, kind in doubtful.items():
        column, found = table.columns[name]
        text = f"NULLIF(TRIM(CAST({named(column)} AS VARCHAR)), '')"
        wrong = f"{text} IS NOT NULL AND TRY_CAST({text} AS {kind}) IS NULL"
        sql = f"SELECT COUNT(*) AS n, MIN({text}) AS example FROM {table.relation} WHERE {wrong}"
        row = rows_of(tables.engine, sql)[0]
        if row["n"]:
            kind_found = "" if table.is_text else f" (a column of {found})"
            message = f'column "{name}"{kind_found} should hold {_WORDS[kind]}: {row["n"]} '
            message += (
                f'{"value is" if row["n"] == 1 else "values are"} not, such as "{row["example"]}"'
            )
            problems.append(Problem(message, _place(tables, table)))
    if problems:
        raise RecordsError(problems)


def _place(tables: Tables, table: Table) -> str:
    return table.files[0].name if table.files else f"{tables.path.name}, table {table.name}"


def first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
