"""An OMOP CDM in a folder of files or in a DuckDB file, read where it is.

A table is a Parquet or CSV file, or a folder of Parquet files.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest, one_of
from casewise.records.digest import sha256
from casewise.records.omop_tables import Table, first_line
from casewise.records.sql_text import named, quoted, quoted_list, rows_of
from casewise.results import Source

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".tsv", ".txt")


class Files:
    """The tables at ``path``. Raises ``RecordsError`` where there can be none."""

    def __init__(self, engine: DuckDB, path: Path, schema: str) -> None:
        self.engine, self.path, self.name = engine, path, path.name
        if not path.exists():
            hint = ""
            if path.parent.is_dir():
                hint = nearest(path.name, [one.name for one in path.parent.iterdir()])
            raise RecordsError(Problem("no such file or folder", str(path), hint=hint))
        self._files = _in_folder(path) if path.is_dir() else {}
        self._relations = {} if path.is_dir() else self._in_database(schema)

    @property
    def names(self) -> Collection[str]:
        return {*self._files, *self._relations}

    def _in_database(self, schema: str) -> dict[str, str]:
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
        schemas = sorted({row["schema_name"] for row in rows})
        wanted = schema or ("main" if "main" in schemas or not schemas else schemas[0])
        if wanted not in schemas and rows:
            hint = one_of(wanted, schemas, "schemas")
            raise RecordsError(Problem(f'no schema "{wanted}"', self.name, hint=hint))
        return {
            row["table_name"].lower(): f"cdm_file.{named(wanted)}.{named(row['table_name'])}"
            for row in rows
            if row["schema_name"] == wanted
        }

    def look(self, name: str) -> Table | None:
        files: tuple[Path, ...] = ()
        relation, is_text = self._relations.get(name), False
        if relation is None:
            if name not in self._files:
                return None
            files = self._files[name]
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

    def sources(self, read: list[Table]) -> tuple[Source, ...]:
        """The files that were read, by content."""
        files = [file for table in read for file in table.files]
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
