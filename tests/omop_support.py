"""A small OMOP CDM of made-up patients, written as CSV, Parquet or a DuckDB file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb

from casewise import cohort, records
from casewise.cohort import Dataset
from casewise.protocol.model import Study
from casewise.protocol.warehouse import WarehouseSite
from casewise.records import Records

TODAY = dt.date(2022, 1, 1)
Rows = list[dict[str, Any]]
Cdm = dict[str, Rows]

# Ids are negative and of 64 bits, as the hashes of some hospitals are.
ANN, BOB, CAT, DAN = -9_007_199_254_740_993, -2, 3, 4
DRUG, OTHER_DRUG, BLEED, DEEP_BLEED, GLUCOSE = 100, 101, 200, 201, 300


def person(number: int, sex: int = 8532, born: tuple[Any, ...] = (1960, 5, 17)) -> dict[str, Any]:
    year, month, day = born
    return {
        "person_id": number,
        "gender_concept_id": sex,
        "year_of_birth": year,
        "month_of_birth": month,
        "day_of_birth": day,
    }


def period(number: int, start: str = "2015-01-01", end: str = "2021-12-31") -> dict[str, Any]:
    return {
        "person_id": number,
        "observation_period_start_date": start,
        "observation_period_end_date": end,
    }


def visit(number: int, id_: int, start: str, end: str | None, kind: int = 9201) -> dict[str, Any]:
    return {
        "visit_occurrence_id": id_,
        "person_id": number,
        "visit_start_date": start,
        "visit_end_date": end,
        "visit_concept_id": kind,
    }


def condition(number: int, concept: int, start: str, **more: Any) -> dict[str, Any]:
    return {
        "condition_occurrence_id": abs(hash((number, concept, start))) % 10**9,
        "person_id": number,
        "condition_concept_id": concept,
        "condition_start_date": start,
        "condition_end_date": None,
        "condition_source_value": None,
        "condition_source_concept_id": 0,
        "visit_occurrence_id": None,
    } | more


def drug(number: int, concept: int, start: str, end: str | None = None) -> dict[str, Any]:
    return {
        "drug_exposure_id": 1,
        "person_id": number,
        "drug_concept_id": concept,
        "drug_exposure_start_date": start,
        "drug_exposure_end_date": end,
    }


def measurement(number: int, day: str, value: float | None, unit: str | None) -> dict[str, Any]:
    return {
        "measurement_id": 1,
        "person_id": number,
        "measurement_concept_id": GLUCOSE,
        "measurement_date": day,
        "value_as_number": value,
        "unit_source_value": unit,
    }


def concept(number: int, vocabulary: str, code: str, name: str, standard: str | None = "S") -> Any:
    return {
        "concept_id": number,
        "concept_name": name,
        "vocabulary_id": vocabulary,
        "concept_code": code,
        "standard_concept": standard,
    }


def ancestor(above: int, below: int) -> dict[str, Any]:
    levels = {"min_levels_of_separation": int(above != below)}
    return {"ancestor_concept_id": above, "descendant_concept_id": below} | levels


def maps(source: int, standard: int) -> dict[str, Any]:
    return {
        "concept_id_1": source,
        "concept_id_2": standard,
        "relationship_id": "Maps to",
        "invalid_reason": None,
    }


def small() -> Cdm:
    """Four patients; Ann and Bob get the drug, Cat the other one, Dan none."""
    return {
        "person": [person(ANN), person(BOB, 8507), person(CAT), person(DAN, 8507)],
        "observation_period": [period(number) for number in (ANN, BOB, CAT, DAN)],
        "visit_occurrence": [visit(ANN, 11, "2020-03-01", "2020-03-09")],
        "condition_occurrence": [condition(ANN, BLEED, "2020-03-02", visit_occurrence_id=11)],
        "drug_exposure": [
            drug(ANN, DRUG, "2020-01-01"),
            drug(BOB, DRUG, "2020-02-01"),
            drug(CAT, OTHER_DRUG, "2020-01-15"),
        ],
        "death": [{"person_id": BOB, "death_date": "2021-01-01"}],
    }


STUDY: dict[str, Any] = {
    "title": "Made up",
    "events": {
        "drug": {"drug": "the drug"},
        "other": {"drug": "the other drug"},
        "start": {"any of": ["drug", "other"]},
        "bleed": {"condition": "bleeding"},
        "death": {"death": "any cause"},
    },
    "cohort": {"index": "first start"},
    "arms": {"drug": {"event": "drug", "within": "0 days"}, "other": "otherwise"},
    "outcomes": {"bleed": {"event": "bleed", "within": "90 days"}},
    "codes": {
        "the drug": {"omop": DRUG},
        "the other drug": {"omop": OTHER_DRUG},
        "bleeding": {"omop": BLEED},
    },
}


def write(folder: Path, cdm: Cdm, kind: str = "parquet", *, capitals: bool = False) -> Path:
    """The tables as files of one kind in ``folder``, or as a DuckDB file."""
    folder.mkdir(parents=True, exist_ok=True)
    to = folder / "cdm.duckdb"
    connection = duckdb.connect(str(to) if kind == "duckdb" else ":memory:")
    for table, rows in cdm.items():
        name, columns = table.upper() if capitals else table, list(rows[0])
        holders = ", ".join("?" * len(columns))
        listed = ", ".join(
            f'"{c.upper() if capitals else c}" {column_type(c, [row[c] for row in rows])}'
            for c in columns
        )
        connection.execute(f'CREATE TABLE "{name}" ({listed})')
        for row in rows:
            connection.execute(f'INSERT INTO "{name}" VALUES ({holders})', list(row.values()))
        if kind != "duckdb":
            file = folder / f"{name}.{kind}"
            connection.execute(f"COPY \"{name}\" TO '{file}' (FORMAT {kind})")
    connection.close()
    return to if kind == "duckdb" else folder


def column_type(column: str, values: list[Any]) -> str:
    if any(isinstance(value, str) and not _is_date(value) for value in values):
        return "VARCHAR"
    if column.endswith(("_date", "_datetime")):
        return "DATE"
    words = ("_value", "_name", "_code", "_reason", "_string")
    if column.endswith(words) or "unit" in column:
        return "VARCHAR"
    return "DOUBLE" if column == "value_as_number" else "BIGINT"


def _is_date(value: str) -> bool:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def opened(path: Path, study: dict[str, Any] = STUDY, **site: Any) -> Records:
    site = {"records": {"omop": path.name}} | site
    protocol = Study.model_validate(study)
    return records.open(protocol, WarehouseSite.model_validate(site), path.parent, today=TODAY)


def built(path: Path, study: dict[str, Any] = STUDY, **site: Any) -> Dataset:
    return cohort.build(Study.model_validate(study), opened(path, study, **site))


def events(source: Records, code: str, columns: str = "person, start") -> list[tuple[Any, ...]]:
    """The canonical rows of an event or covariate, in order."""
    made = source.engine.query(
        f"SELECT {columns} FROM event WHERE code = '{code}' ORDER BY ALL"  # a name of these tests
    )
    rows = zip(*(column.astype(object) for column in made.values()), strict=True)
    return [tuple(str(v)[:10] if hasattr(v, "year") else v for v in row) for row in rows]


def notes(source: Records) -> list[str]:
    return [f"{note.about}: {note.text}" for note in source.notes]
