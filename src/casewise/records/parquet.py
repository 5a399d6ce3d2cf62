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
    file = path.name
    connection = duckdb.connect()
    try:
        answer = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        described = [(column[0], str(column[1])) for column in answer.description or []]
        rows = answer.fetchall()
    except duckdb.Error:
        message = "the file is not a Parquet file that can be read"
        raise RecordsError(Problem(message, file)) from None
    finally:
        connection.close()
    nested = [
        Problem(
            f"{kind} is not a kind of cell a chart table has",
            file,
            cell=f"column {name}",
        )
        for name, kind in described
        if kind in ("list", "dict") or "[" in kind or kind.startswith(("STRUCT", "MAP"))
    ]
    if nested:
        raise RecordsError(nested)
    columns = {
        name: [_cell(row[position]) for row in rows] for position, (name, _) in enumerate(described)
    }
    return Table(file, columns, len(rows), lambda row, name: f"row {row + 1}, column {name}")


def _cell(value: Any) -> Cell:
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, float) and value != value:  # NaN: how pandas writes a missing number
        return None
    if value is None or isinstance(value, str | int | float | bool) or hasattr(value, "isoformat"):
        return value  # type: ignore[no-any-return]  # dates and times have isoformat
    return str(value)
