"""MEDS datasets (Medical Event Data Standard 0.4) into the raw views.

The Parquet files stay where they are: ``raw_event`` is a view over them. Tables are made of the
subjects, of their visits, and of the distinct codes with what each one says.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.records.digest import sha256
from casewise.records.meds_codes import BIRTH, DEATH, code_names, read_codes, sexes, visit_codes
from casewise.records.raw import RawRecords
from casewise.records.sql_text import quoted, quoted_list, rows_of
from casewise.results import Note, Source

_TYPES = {
    "subject_id": ("BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "SMALLINT", "HUGEINT"),
    "time": ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "DATE"),
    "code": ("VARCHAR",),
    "numeric_value": ("FLOAT", "DOUBLE", "BIGINT", "INTEGER"),
    "text_value": ("VARCHAR",),
}
_NEEDED = ("subject_id", "time", "code")
_VISIT_COLUMNS = ("visit_id", "hadm_id")


def open_meds(engine: DuckDB, path: Path, latest: dt.date = dt.date.max) -> RawRecords:
    """Make the raw views of a MEDS dataset's folder. Nobody was watched after ``latest``, whatever
    is dated later.

    Raises ``RecordsError`` where there is no ``data`` folder with Parquet files, or where their
    columns are not MEDS.
    """
    name = path.resolve().name
    files = _files(path, name)
    kinds = _columns(engine, files, path, name)
    relation = f"read_parquet({quoted_list(map(str, files))}, union_by_name = true, " + (
        "filename = true, file_row_number = true)"
    )
    notes = read_codes(engine, relation, path / "metadata" / "codes.parquet")
    uncoded = _has_nulls(engine, files, "code")
    notes += _people(engine, relation, name, f"DATE '{latest}'", uncoded=uncoded)
    notes += _visits(engine, relation, kinds)
    engine.execute(_events(relation, kinds, path, _dying_once(engine)))
    notes += _dataset(path)
    names = code_names(engine, path / "metadata" / "codes.parquet")
    codes = "(SELECT vocabulary, bare AS code FROM meds_code)"
    several = "SELECT said FROM meds_code GROUP BY said HAVING COUNT(*) > 1 LIMIT 1"
    read = partial(_sources, engine, files, path)
    return RawRecords(
        read,
        tuple(notes),
        occurring=codes,
        names=names,
        coded_once=not rows_of(engine, several),
    )


def _note(text: str, kind: str = "records") -> Note:
    return Note.model_validate({"kind": kind, "about": "MEDS dataset", "text": text})


def _files(path: Path, name: str) -> list[Path]:
    if not path.is_dir():
        hint = "a dataset is a folder with the folders data and metadata"
        raise RecordsError(Problem("no such folder", str(path), hint=hint))
    files = sorted((path / "data").rglob("*.parquet"))
    if not files:
        hint = "a MEDS dataset has data/*.parquet, or data/train/0.parquet and the like"
        raise RecordsError(Problem("no Parquet files under data/", name, hint=hint))
    return files


def _columns(engine: DuckDB, files: list[Path], folder: Path, name: str) -> dict[str, str]:
    """The columns of the files together. Each file has to have those that MEDS needs."""
    problems: list[Problem] = []
    kinds: dict[str, str] = {}
    for file in files:
        shown = f"{name}/{file.relative_to(folder).as_posix()}"
        asked = f"DESCRIBE SELECT * FROM read_parquet({quoted(str(file))})"
        try:
            described = {row["column_name"]: row["column_type"] for row in rows_of(engine, asked)}
        except duckdb.Error:
            problems.append(Problem("not a Parquet file that can be read", shown))
            continue
        if described.get("text_value", "VARCHAR") != "VARCHAR":
            # A column of nulls alone has no type, and is written as any.
            asked = f"SELECT COUNT(text_value) AS n FROM read_parquet({quoted(str(file))})"
            if not rows_of(engine, asked)[0]["n"]:
                del described["text_value"]
        problems += _unfit(shown, described)
        kinds |= described
    if problems:
        raise RecordsError(problems[:50])
    return kinds


def _unfit(file: str, described: dict[str, str]) -> list[Problem]:
    hint = ""
    if "patient_id" in described and "subject_id" not in described:
        hint = "patient_id is of MEDS before 0.3.3; convert the dataset to 0.4"
    problems = [
        Problem(f'no column "{column}"', file, hint=hint if column == "subject_id" else "")
        for column in _NEEDED
        if column not in described
    ]
    return problems + [
        Problem(f"{described[column]} where MEDS has {allowed[0]}", file, cell=f"column {column}")
        for column, allowed in _TYPES.items()
        if column in described and described[column] not in allowed
    ]


def _has_nulls(engine: DuckDB, files: list[Path], column: str) -> bool:
    """Whether a column may have nulls, by what each file says of itself."""
    asked = (
        "SELECT COALESCE(bool_or(COALESCE(stats_null_count, 1) > 0), TRUE) AS nulls "
        f"FROM parquet_metadata({quoted_list(map(str, files))}) "
        f"WHERE path_in_schema = {quoted(column)}"
    )
    return bool(rows_of(engine, asked)[0]["nulls"])


def _people(engine: DuckDB, relation: str, name: str, latest: str, *, uncoded: bool) -> list[Note]:
    """Subjects: birth, sex, and how long they were watched. The few rows of the codes that say who
    somebody is are read apart: holding each row's code against them took most of the time. Where
    no row is ``uncoded``, no condition asks for that, which would be held against every row."""
    female, male = sexes(engine)
    named = f"{quoted(BIRTH)}, {quoted(DEATH)}"
    of_oneself = ", ".join([named, *map(quoted, (*female, *male))])
    engine.execute(f"""CREATE OR REPLACE TEMP TABLE meds_self AS
        SELECT subject_id AS person,
            CAST(min("time") FILTER (WHERE code = {quoted(BIRTH)}) AS DATE) AS birth,
            CAST(min("time") FILTER (WHERE code = {quoted(DEATH)}) AS DATE) AS died,
            CAST(max("time") FILTER (WHERE code = {quoted(DEATH)}) AS DATE) > died AS dies_again,
            bool_or(list_contains({quoted_list(female)}, code)) AS female,
            bool_or(list_contains({quoted_list(male)}, code)) AS male,
            count(*) FILTER (WHERE code IN ({named})) AS n
        FROM {relation} WHERE code IN ({of_oneself}) GROUP BY subject_id""")
    engine.execute(f"""CREATE OR REPLACE TEMP TABLE meds_watched AS
        SELECT subject_id AS person, CAST(min("time") AS DATE) AS first,
            CAST(max(CASE WHEN "time" < {latest} + 1 THEN "time" END) AS DATE) AS last,
            count(*) AS n, {"count(*) - count(code)" if uncoded else "0"} AS uncoded
        FROM {relation} WHERE code NOT IN ({named}) {"OR code IS NULL" if uncoded else ""}
        GROUP BY subject_id""")
    engine.execute("""CREATE OR REPLACE TABLE meds_subject AS
        SELECT coalesce(w.person, s.person) AS person, birth, died, first, last,
            coalesce(dies_again, FALSE) AS dies_again,
            coalesce(female, FALSE) AS female, coalesce(male, FALSE) AS male,
            coalesce(uncoded, 0) AS uncoded, coalesce(w.n, 0) + coalesce(s.n, 0) AS n
        FROM meds_watched AS w
        FULL JOIN meds_self AS s ON w.person IS NOT DISTINCT FROM s.person""")
    engine.execute("""CREATE OR REPLACE VIEW person AS SELECT person, birth,
        NULL::DOUBLE AS age, CASE WHEN female AND NOT male THEN 'female'
            WHEN male AND NOT female THEN 'male' END AS sex
        FROM meds_subject WHERE person IS NOT NULL""")
    engine.execute(f"""CREATE OR REPLACE VIEW observation AS SELECT person,
        least(first, coalesce(dead, first)) AS start, coalesce(dead, last) AS "end"
        FROM (SELECT *, CASE WHEN died <= {latest} THEN died END AS dead FROM meds_subject)
        WHERE person IS NOT NULL AND first <= {latest}""")
    found = rows_of(
        engine,
        """SELECT count(*) FILTER (WHERE birth IS NULL) AS unborn,
            count(*) FILTER (WHERE dies_again) AS dying,
            count(*) FILTER (WHERE female = male) AS unsexed, sum(uncoded) AS uncoded,
            coalesce(sum(n) FILTER (WHERE person IS NULL), 0) AS nobody, sum(n) AS n
        FROM meds_subject""",
    )[0]
    if not found["n"]:
        raise RecordsError(Problem("no rows in any Parquet file under data/", name))
    said = {
        "unborn": "{} subjects have no date of birth (MEDS_BIRTH).",
        "unsexed": "{} subjects are neither female nor male by a code such as GENDER//F.",
        "dying": "{} subjects died on several days; the earliest counts.",
        "uncoded": "{} rows have no code and were left out.",
        "nobody": "{} rows have no subject and were left out.",
    }
    notes = [_note(text.format(f"{int(found[k]):,}")) for k, text in said.items() if found[k]]
    assumed = (
        "MEDS does not say how long a subject was watched: observation was taken to last from the "
        "first dated record to the last, or to death."
    )
    return [*notes, _note(assumed, "assumption")]


def _visits(engine: DuckDB, relation: str, kinds: dict[str, str]) -> list[Note]:
    """Visits from the codes of arrivals and departures: a departure ends the arrival before it.

    A row that has its own end (a column ``end``) needs no departure.
    """
    engine.execute(visit_codes())
    own = f"CAST({_column(kinds, 'end', 'NULL')} AS DATE)"
    named = next((c for c in _VISIT_COLUMNS if c in kinds), None)
    identity = (
        f"CASE WHEN kind = 'inpatient' THEN CAST({named} AS VARCHAR) END" if named else "NULL"
    )
    # A departure at the moment of the next arrival belongs to the visit before it.
    engine.execute(f"""CREATE OR REPLACE TABLE visit AS
        SELECT coalesce(id, concat_ws(' ', CAST(person AS VARCHAR), kind, CAST(n AS VARCHAR)))
                AS id, person, start, "end", kind
        FROM (SELECT id, person, kind, leaves, CAST("time" AS DATE) AS start,
                coalesce(own, CAST(CASE WHEN lead(leaves) OVER w THEN lead("time") OVER w END
                    AS DATE)) AS "end",
                row_number() OVER (PARTITION BY person, kind, leaves ORDER BY "time", id) AS n
            FROM (SELECT subject_id AS person, "time", v.kind, v.leaves, {own} AS own,
                    {identity} AS id
                FROM {relation} AS d JOIN meds_visit AS v USING (code)
                WHERE "time" IS NOT NULL AND subject_id IS NOT NULL)
            WINDOW w AS (PARTITION BY person, kind ORDER BY "time", NOT leaves, id))
        WHERE NOT leaves""")
    if not rows_of(engine, "SELECT count(*) AS n FROM visit")[0]["n"]:
        return [_note("No code of the dataset is of a visit that is known.", "limit")]
    if named is None:
        text = "No column says in which visit a row was recorded (visit_id or hadm_id)."
        return [_note(text, "limit")]
    return []


def _events(relation: str, kinds: dict[str, str], folder: Path, once: str) -> str:
    named = next((c for c in _VISIT_COLUMNS if c in kinds), None)
    visit = f"CAST({named} AS VARCHAR)" if named else "NULL::VARCHAR"
    start = len(str(folder)) + 2
    return f"""CREATE OR REPLACE VIEW raw_event AS
        SELECT subject_id AS person, c.domain, NULL::BIGINT AS concept,
            NULL::BIGINT AS source_concept, c.vocabulary, c.bare AS code,
            CAST("time" AS DATE) AS start, CAST({_column(kinds, "end", "NULL")} AS DATE) AS "end",
            CAST(CASE WHEN isfinite({_column(kinds, "numeric_value", "NULL::DOUBLE")})
                THEN {_column(kinds, "numeric_value", "NULL")} END AS DOUBLE) AS value,
            CAST({_column(kinds, "unit", "NULL")} AS VARCHAR) AS unit,
            CAST({_column(kinds, "text_value", "NULL")} AS VARCHAR) AS text, {visit} AS visit,
            filename[{start}:] || ' row ' || (file_row_number + 1) AS source
        FROM {relation} AS d JOIN meds_code AS c ON d.code = c.said
        WHERE subject_id IS NOT NULL{once}"""


def _dying_once(engine: DuckDB) -> str:
    """SQL that leaves out what is not a subject's earliest death, where there is any such."""
    if not rows_of(engine, "SELECT 1 AS one FROM meds_subject WHERE dies_again LIMIT 1"):
        return ""
    return f""" AND NOT (d.code = {quoted(DEATH)} AND EXISTS (SELECT 1 FROM meds_subject AS s
        WHERE s.dies_again AND s.person = d.subject_id AND s.died < CAST(d."time" AS DATE)))"""


def _column(kinds: dict[str, str], name: str, otherwise: str) -> str:
    return f'd."{name}"' if name in kinds else otherwise


def _dataset(path: Path) -> list[Note]:
    """What the dataset says of itself."""
    try:
        about: Any = json.loads((path / "metadata" / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [_note("The dataset does not say what it is (metadata/dataset.json).")]
    wanted = ("dataset_name", "dataset_version", "meds_version")
    said = [f"{key} {about[key]}" for key in wanted if isinstance(about, dict) and about.get(key)]
    return [_note(f"The dataset says of itself: {', '.join(said)}.")] if said else []


def _sources(engine: DuckDB, files: list[Path], folder: Path) -> tuple[Source, ...]:
    asked = f"""SELECT file_name AS file, num_rows AS n
        FROM parquet_file_metadata({quoted_list(map(str, files))})"""
    rows = {row["file"]: int(row["n"]) for row in rows_of(engine, asked)}
    return tuple(
        Source(name=file.relative_to(folder).as_posix(), sha256=sha256(file), rows=rows[str(file)])
        for file in files
    )
