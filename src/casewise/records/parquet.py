"""Parquet files into typed cells. A cell's place is its row, counted from 1, and its column."""

from __future__ import annotations

import decimal
from pathlib import Path
from typing import Any

import duckdb

from casewise.errors import Problem, RecordsError
from casewise.protocol.site import Source
from casewise.records.table import Cell, Table


def read_parquet(path: Path, source: Source) -> Table:
    """Raises ``RecordsError`` for a file that is not Parquet or has nested columns."""
    connection = duckdb.connect()
    try:
        query = "SELECT * FROM read_parquet($path)"
        return table_of(connection, path.name, query, {"path": str(path)})
    except duckdb.Error:
        message = "the file is not a Parquet file that can be read"
        raise RecordsError(Problem(message, path.name)) from None
    finally:
        connection.close()


def table_of(
    connection: duckdb.DuckDBPyConnection, file: str, query: str, parameters: dict[str, str]
) -> Table:
    """A query's answer as a table. Raises ``RecordsError`` for columns that no chart table has."""
    known = connection.execute(f"DESCRIBE {query}", parameters).fetchall()
    described = [(str(row[0]), str(row[1])) for row in known]
    if problems := _unfit(file, described):
        raise RecordsError(problems)
    rows = connection.execute(query, parameters).fetchall()
    columns = {
        name: [_cell(row[position]) for row in rows] for position, (name, _) in enumerate(described)
    }
    return Table(file, columns, len(rows), lambda row, name: f"row {row + 1}, column {name}")


def _unfit(file: str, described: list[tuple[str, str]]) -> list[Problem]:
    """Columns that hold lists or records, and moments whose date depends on a time zone."""
    problems = []
    for name, kind in described:
        if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
            message = f"{kind} is not a kind of cell a chart table has"
            problems.append(Problem(message, file, cell=f"column {name}"))
        elif "WITH TIME ZONE" in kind:
            message = "moments with a time zone: on which date they fall depends on the place"
            hint = "write dates, or moments without a zone, into the file"
            problems.append(Problem(message, file, cell=f"column {name}", hint=hint))
    return problems


def _cell(value: Any) -> Cell:
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, float) and value != value:  # NaN: how pandas writes a missing number
        return None
    if value is None or isinstance(value, str | int | float | bool) or hasattr(value, "isoformat"):
        return value  # type: ignore[no-any-return]  # dates and times have isoformat
    return str(value)
