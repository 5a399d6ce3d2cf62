"""Dates and numbers of FHIR resources that cannot be read, each with its file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem
from casewise.records.fhir_files import LINES, SHOWN, Export, opened, said_id, shown
from casewise.records.sql_text import rows_of

HINT = "FHIR dates are 2021, 2021-03, 2021-03-14 or 2021-03-14T09:30:00+01:00"


def unreadable_dates(engine: DuckDB, export: Export, kind: str) -> list[Problem]:
    """Texts of ``fhir_record`` that should be dates or numbers and are not: the first 50, and how
    many more."""
    asked = """FROM (SELECT id, file, unnest(dates || [amount]) AS said,
            unnest([TRUE for d in dates] || [FALSE]) AS is_date FROM fhir_record)
        WHERE said IS NOT NULL AND CASE WHEN is_date THEN fhir_first_day(said) IS NULL
            ELSE fhir_number(said) IS NULL END"""
    total = int(rows_of(engine, f"SELECT count(*) AS n {asked}")[0]["n"])
    if not total:
        return []
    found = rows_of(engine, f"SELECT DISTINCT * {asked} ORDER BY file, id, said LIMIT {SHOWN}")
    lines = _lines({Path(row["file"]) for row in found}, {row["id"] for row in found}, kind)
    problems = [
        Problem(
            f'"{row["said"]}" is not a {"date" if row["is_date"] else "number"}',
            shown(Path(row["file"]), export.folder),
            lines.get((row["file"], row["id"])),
            cell="" if (row["file"], row["id"]) in lines else f"a {kind}",
            hint=HINT if row["is_date"] else "",
        )
        for row in found
    ]
    problems.sort(key=lambda problem: (problem.file, problem.line or 0))
    if total > len(problems):
        problems.append(Problem(f"and {total - len(problems):,} more like these in {kind}"))
    return problems


def _lines(paths: set[Path], ids: set[str], kind: str) -> dict[tuple[str, str], int]:
    """The lines of the resources wanted; looked for only when something is wrong with them."""
    found: dict[tuple[str, str], int] = {}
    for path in sorted(paths):
        if not path.name.lower().endswith(LINES):
            continue
        with opened(path) as file:
            for number, line in enumerate(file, start=1):
                resource: Any = {} if line.isspace() else json.loads(line)
                if resource.get("resourceType") == kind and said_id(resource) in ids:
                    found.setdefault((str(path), said_id(resource)), number)
    return found
