"""The nine phenotypes by ohdsi-circepy or duckcdm, in a Python that has them: for run.py.

    rivals.py circepy|duckcdm RECORDS OUT.npz

RECORDS is a folder of Parquet files or a DuckDB file. Not timed: imports, and the views that give
every table all columns of the CDM, which both need. Rows go to OUT.npz.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from definitions import DEFINITIONS, SECOND

ROWS = "SELECT DISTINCT subject_id AS person_id, cohort_start_date AS day FROM {cohort}"
NTH = (
    "SELECT subject_id AS person_id, cohort_start_date AS day FROM {cohort} QUALIFY "
    "ROW_NUMBER() OVER (PARTITION BY subject_id ORDER BY cohort_start_date) = 2"
)
COHORT = (
    "CREATE TABLE main.cohort (cohort_definition_id INTEGER, subject_id BIGINT, "
    "cohort_start_date DATE, cohort_end_date DATE)"
)


def used() -> float:
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime


def opened(records: Path) -> Any:
    """A connection with the whole CDM as views of the schema main, and an empty cohort table."""
    from duckcdm.omop import cdm_fields

    engine = duckdb.connect()
    if records.is_file():
        engine.execute(f"ATTACH '{records}' AS cdm (READ_ONLY)")
        listed = engine.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'cdm'"
        )
        names = {name for (name,) in listed.fetchall()}
    else:
        names = {file.stem for file in records.glob("*.parquet")}
    for table, columns in cdm_fields().items():
        if table == "cohort":
            continue
        source = f"cdm.main.{table}" if records.is_file() else f"'{records / table}.parquet'"
        if table not in names:
            made = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns)
            engine.execute(f"CREATE VIEW main.{table} AS SELECT {made} WHERE FALSE")
            continue
        found = {row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        made = ", ".join(n if n in found else f"NULL::{kind} AS {n}" for n, kind in columns)
        engine.execute(f"CREATE VIEW main.{table} AS SELECT {made} FROM {source}")
    engine.execute(COHORT)
    return engine


def by_duckcdm(engine: Any) -> Callable[[str], str]:
    from duckcdm.circe import build_cohort_query
    from duckcdm.sqlrender import render, translate

    def run(text: str) -> str:
        sql = build_cohort_query(
            text,
            cdm_schema="main",
            vocabulary_schema="main",
            result_schema="main",
            target_table="main.cohort",
            cohort_id=1,
            generate_stats=False,
        )
        engine.execute(translate(render(sql), "duckdb"))
        return "main.cohort"

    return run


def by_circepy(engine: Any) -> Callable[[str], str]:
    from circe.api import build_cohort_query, cohort_expression_from_json
    from circe.cohortdefinition import BuildExpressionQueryOptions
    from circe.sqlrender import render, translate

    def run(text: str) -> str:
        options = BuildExpressionQueryOptions()
        options.cdm_schema = options.vocabulary_schema = options.result_schema = "main"
        options.target_table = "main.cohort"
        options.cohort_id = 1
        options.generate_stats = False
        sql = build_cohort_query(cohort_expression_from_json(text), options)
        engine.execute(translate(render(sql), "duckdb"))
        return "main.cohort"

    return run


def main() -> None:
    which, records, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    engine = opened(records)
    ways = {"circepy": by_circepy, "duckcdm": by_duckcdm}
    run = ways[which](engine)
    kept: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, asked in DEFINITIONS.items():
        text = json.dumps(asked)
        began, clock = used(), time.perf_counter()
        cohort = run(text)
        rows = (NTH if name in SECOND else ROWS).format(cohort=cohort)
        answer = engine.execute(rows).fetchnumpy()
        told[name] = (used() - began, time.perf_counter() - clock)
        order = np.argsort(answer["person_id"], kind="stable")
        kept[f"{name} person"] = np.asarray(answer["person_id"])[order]
        kept[f"{name} day"] = np.asarray(answer["day"]).astype("datetime64[D]")[order]
    np.savez(out, **kept)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
