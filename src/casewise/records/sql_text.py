"""Texts into SQL, and an answer into rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from casewise.engine import Engine


def quoted(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def quoted_list(values: Iterable[str]) -> str:
    """Texts as a list of DuckDB's."""
    return "[" + ", ".join(quoted(value) for value in values) + "]"


def named(name: str) -> str:
    """A column's or table's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def rows_of(engine: Engine, sql: str) -> list[dict[str, Any]]:
    """The answer's rows, for answers that are small; a null is ``None``."""
    columns = engine.query(sql)
    values = [np.ma.masked_array(column).tolist() for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
