"""Texts into SQL, an answer into rows, and a row into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def code_in_words(found: Mapping[str, Any]) -> str:
    """A row's ``vocabulary``, ``code`` and ``name``, of which only the code has to be known."""
    code = f"{found['vocabulary']} {found['code']}" if found["vocabulary"] else str(found["code"])
    return f"{code} ({found['name']})" if found["name"] else code
