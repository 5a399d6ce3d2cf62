"""An OMOP CDM in a folder of files or in a DuckDB file, read where it is.

A table is a Parquet or CSV file, or a folder of such files.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.records.delimited import delimited
from casewise.records.digest import sha256
from casewise.records.omop_schemas import found
from casewise.records.omop_tables import Table, first_line
from casewise.records.sql_text import named, quoted, quoted_list, rows_of
from casewise.results import Source

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")


class Files:
    """The tables at ``path``. Raises ``RecordsError`` where there can be none."""

    def __init__(self, engine: DuckDB, path: Path, schema: str, vocabulary: str) -> None:
        self.engine, self.path, self.name = engine, path, path.name
        if not path.exists():
            hint = ""
            if path.parent.is_dir():
                hint = nearest(path.name, [one.name for one in path.parent.iterdir()])
            raise RecordsError(Problem("no such file or folder", str(path), hint=hint))
        self._files = _in_folder(path) if path.is_dir() else {}
        self._relations = {} if path.is_dir() else self._in_database(schema, vocabulary)

    @property
    def names(self) -> Collection[str]:
        return {*self._files, *self._relations}

    def _in_database(self, schema: str, vocabulary: str) -> dict[str, str]:
        if self.path.suffix.lower() not in (".duckdb", ".db", ".ddb"):
            message = "is no OMOP CDM: a folder of Parquet or CSV files, or a .duckdb file"
            raise RecordsError(Problem(message, self.name))
        try:
            self.engine.execute(f"ATTACH {quoted(str(self.path))} AS cdm_file (READ_ONLY)")
        except duckdb.Error as error:
            message = f"the DuckDB file cannot be opened: {first_line(error)}"
            raise RecordsError(Problem(message, self.name)) from None
        rows = rows_of(
            self.engine,
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'cdm_file' "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = 'cdm_file' AND NOT internal",
        )
        tables: dict[str, list[str]] = {}
        for row in rows:
            tables.setdefault(row["schema_name"], []).append(row["table_name"])
        where = found(self.name, lambda: sorted(tables), tables.__getitem__, schema, vocabulary)
        return {
            name: f"cdm_file.{named(schema)}.{named(table)}"
            for name, (schema, table) in where.tables.items()
        }

    def look(self, name: str) -> Table | None:
        relation = self._relations.get(name)
        files = () if relation else self._files.get(name, ())
        if files and not files[0].name.lower().endswith(".parquet"):
            return _of_texts(name, files)
        if files:
            relation = f"read_parquet({quoted_list(map(str, files))}, union_by_name = true)"
        if relation is None:
            return None
        try:
            rows = rows_of(self.engine, f"DESCRIBE SELECT * FROM {relation}")
        except duckdb.Error as error:
            raise RecordsError(self._broken(name, files, error)) from None
        kinds = {row["column_name"]: row["column_type"] for row in rows}
        if files and (moments := self._moments(files, kinds)):
            said = ", ".join(f"{named(one)} AT TIME ZONE 'UTC' AS {named(one)}" for one in moments)
            relation = f"(SELECT * REPLACE ({said}) FROM {relation})"
            kinds |= dict.fromkeys(moments, "TIMESTAMP WITH TIME ZONE")
        columns = {column.lower(): (column, kind) for column, kind in kinds.items()}
        return Table(name, relation, columns, files)

    def _moments(self, files: tuple[Path, ...], kinds: dict[str, str]) -> list[str]:
        """What Spark writes by itself (INT96) are moments in UTC, and are not told to be."""
        there = {column for column, kind in kinds.items() if kind == "TIMESTAMP"}
        if not there:
            return []
        listed = quoted_list(map(str, files))
        sql = f"SELECT DISTINCT name FROM parquet_schema({listed}) WHERE type = 'INT96'"
        return sorted(there.intersection(row["name"] for row in rows_of(self.engine, sql)))

    def _broken(self, name: str, files: tuple[Path, ...], error: Exception) -> list[Problem]:
        """Each file that is no Parquet, else what DuckDB says of them together."""
        problems = []
        for file in files:
            try:
                self.engine.query(f"DESCRIBE SELECT * FROM read_parquet({quoted(str(file))})")
            except duckdb.Error:
                message = "the table cannot be read: the file is not a whole Parquet file"
                problems.append(Problem(message, file.name, hint="export or copy it again"))
        said = f"the table cannot be read: {first_line(error)}"
        return problems or [Problem(said, files[0].name if files else name)]

    def sources(self, read: list[Table]) -> tuple[Source, ...]:
        """The files that were read, by content."""
        files = [file for table in read for file in table.files]
        if not self.path.is_dir():
            files = [self.path]
        return tuple(
            Source(name=str(file.relative_to(self.path.parent)), sha256=sha256(file))
            for file in sorted(files)
        )


_VALUE = re.compile(r"[+-]?\d+(\.\d+)?|\d{4}-\d{2}-\d{2}.*")


def _of_texts(name: str, files: tuple[Path, ...]) -> Table:
    """A table of text files, which all have the same columns."""
    texts = tuple(delimited(file, bare_tabs=True) for file in files)
    names = {one.lower(): (one, "VARCHAR") for one in texts[0].names}
    if any(_VALUE.fullmatch(one) for one in names):
        message = "the first line has numbers or dates where names of columns are expected"
        raise RecordsError(Problem(message, files[0].name, cell="line 1"))
    problems = [
        Problem(f"other columns than {files[0].name} of the same table", text.path.name)
        for text in texts
        if {one.lower() for one in text.names} != set(names)
    ]
    if problems:
        raise RecordsError(problems)
    parts = " UNION ALL BY NAME ".join(f"SELECT * FROM {text.relation()}" for text in texts)
    return Table(name, f"({parts})", names, files, texts)


def _in_folder(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The files of each table; Parquet before text where both are there, one file before a
    folder of several."""
    found: dict[str, tuple[Path, ...]] = {}
    there = sorted(folder.iterdir())
    for suffix in SUFFIXES:
        for path in there:
            if path.is_file() and path.name.lower().endswith(suffix):
                found.setdefault(path.name.lower().removesuffix(suffix), (path,))
    for path in filter(Path.is_dir, there):
        ending = next((one for one in SUFFIXES if path.name.lower().endswith(one)), "")
        inside = sorted(
            part
            for part in path.rglob("*")
            if part.is_file() and not part.name.startswith((".", "_"))
        )
        for suffixes in (".parquet", SUFFIXES):
            parts = tuple(part for part in inside if part.name.lower().endswith(suffixes))
            if parts:
                found.setdefault(path.name.lower().removesuffix(ending), parts)
                break
    return found
