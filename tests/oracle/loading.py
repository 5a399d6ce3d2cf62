"""Canonical rows onto an engine, for ``casewise.cohort`` to read."""

from __future__ import annotations

from typing import Any

import numpy as np

from casewise.engine import Engine
from casewise.engine.duckdb import DuckDB
from casewise.records.canonical import EVENT, OBSERVATION, PERSON, Records
from oracle.records import Row, Rows


def loaded(rows: Rows, engine: Engine | None = None) -> Records:
    """On ``engine``, which may hold other records from before, or on a fresh DuckDB."""
    engine = engine or DuckDB()
    tables = (("person", rows.person, PERSON), ("observation", rows.observation, OBSERVATION))
    for name, table, types in (*tables, ("event", rows.event, EVENT)):
        engine.load(name, {key: column(table, key, kind) for key, kind in types.items()}, types)
    events = [row for row in rows.event if row["domain"] == "event"]
    lines = frozenset(row["code"] for row in rows.event)
    doubted = {row["code"] for row in events if row["status"] != "occurred" or not row["start"]}
    return Records(
        engine=engine,
        read=tuple,
        undated=rows.undated,
        certain=frozenset(row["code"] for row in events) - doubted,
        periods=rows.periods,
        lines=lines,
    )


def column(table: list[Row], key: str, kind: str) -> np.ndarray[Any, Any]:
    values = [row[key] for row in table]
    if kind == "DATE":
        return np.array([value or "NaT" for value in values], dtype="datetime64[D]")
    if kind == "DOUBLE":
        return np.array([np.nan if value is None else value for value in values], dtype=float)
    return np.array(values, dtype=object)
