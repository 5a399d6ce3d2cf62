"""What a MEDS dataset says, in the raw views. Every subject here is made up."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from casewise.engine.duckdb import DuckDB
from casewise.errors import RecordsError
from casewise.records.meds import open_meds
from casewise.records.raw import RAW_EVENT, RawRecords
from casewise.records.sql_text import rows_of

DAY = dt.date
TYPES = {
    "subject_id": "BIGINT",
    "time": "TIMESTAMP",
    "code": "VARCHAR",
    "numeric_value": "FLOAT",
    "text_value": "VARCHAR",
    "unit": "VARCHAR",
    "hadm_id": "BIGINT",
    "end": "TIMESTAMP",
    "patient_id": "BIGINT",
}
Row = dict[str, Any]


def row(code: str | None, time: str | None = "2020-01-02 10:00:00", **more: Any) -> Row:
    return {"subject_id": 1, "time": time, "code": code, "numeric_value": None} | more


def write(folder: Path, *rows: Row, name: str = "data/0.parquet", **types: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(key for one in rows for key in one)) or list(TYPES)[:4]
    listed = ", ".join(f'"{c}" {(TYPES | types)[c]}' for c in columns)
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t ({listed})")
    for one in rows:
        marks = ", ".join("?" for _ in columns)
        connection.execute(f"INSERT INTO t VALUES ({marks})", [one.get(c) for c in columns])
    connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return folder


def parents(folder: Path, **known: list[str]) -> None:
    (folder / "metadata").mkdir(exist_ok=True)
    values = ", ".join(f"('{code}', {listed}::VARCHAR[])" for code, listed in known.items())
    duckdb.sql(
        f"COPY (SELECT * FROM (VALUES {values}) AS t (code, parent_codes)) "
        f"TO '{folder / 'metadata' / 'codes.parquet'}' (FORMAT parquet)"
    )


def opened(folder: Path) -> tuple[DuckDB, RawRecords]:
    engine = DuckDB()
    return engine, open_meds(engine, folder)


def answer(engine: DuckDB, sql: str) -> list[tuple[Any, ...]]:
    def day(value: Any) -> Any:
        return value.date() if isinstance(value, dt.datetime) else value

    return [tuple(map(day, found.values())) for found in rows_of(engine, sql)]


def test_subjects_are_persons_with_birth_sex_and_observation(tmp_path: Path) -> None:
    write(
        tmp_path,
        row("GENDER//F", None),
        row("MEDS_BIRTH", "1960-02-03 00:00:00"),
        row("X"),
        row("Y", "2021-05-06 00:00:00"),
        row("MEDS_DEATH", "2021-06-07 08:00:00"),
        row("sex/Male", None, subject_id=-2),
        row("X", "2020-01-01 00:00:00", subject_id=-2),
    )
    engine, records = opened(tmp_path)
    assert answer(engine, "SELECT * FROM person ORDER BY person") == [
        (-2, None, None, "male"),
        (1, DAY(1960, 2, 3), None, "female"),
    ]
    assert answer(engine, "SELECT * FROM observation ORDER BY person") == [
        (-2, DAY(2020, 1, 1), DAY(2020, 1, 1)),
        (1, DAY(2020, 1, 2), DAY(2021, 6, 7)),
    ]
    asked = "SELECT person, domain, start FROM raw_event WHERE domain = 'death'"
    assert answer(engine, asked) == [(1, "death", DAY(2021, 6, 7))]
    texts = [note.text for note in records.notes]
    assert "1 subjects have no date of birth (MEDS_BIRTH)." in texts


def test_nobody_is_watched_after_the_extract_whatever_is_dated_later(tmp_path: Path) -> None:
    write(
        tmp_path,
        row("X"),
        row("X", "2110-01-01 00:00:00"),
        row("X", subject_id=2),
        row("MEDS_DEATH", "2110-01-01 00:00:00", subject_id=2),
        row("X", "2110-01-01 00:00:00", subject_id=3),
        row("X", "2021-12-31 23:59:00", subject_id=4),
    )
    engine = DuckDB()
    open_meds(engine, tmp_path, DAY(2021, 12, 31))
    assert answer(engine, 'SELECT person, "end" FROM observation ORDER BY person') == [
        (1, DAY(2020, 1, 2)),
        (2, DAY(2020, 1, 2)),
        (4, DAY(2021, 12, 31)),
    ]


def test_a_subject_dies_once_at_the_earliest_date(tmp_path: Path) -> None:
    deaths = ("2021-06-07 08:00:00", "2021-06-07 09:00:00", "2021-05-05 00:00:00")
    write(tmp_path, row("X"), *(row("MEDS_DEATH", day) for day in deaths))
    engine, records = opened(tmp_path)
    asked = "SELECT DISTINCT start FROM raw_event WHERE domain = 'death'"
    assert answer(engine, asked) == [(DAY(2021, 5, 5),)]
    assert "1 subjects died on several days; the earliest counts." in [
        note.text for note in records.notes
    ]


@pytest.mark.parametrize(
    ("code", "vocabulary", "bare", "domain"),
    [
        ("ICD10CM//M33.1", "ICD10CM", "M33.1", "condition"),
        ("icd10cm/M33.1", "ICD10CM", "M33.1", "condition"),
        ("SNOMED/396230008", "SNOMED", "396230008", None),
        ("RxNorm//4337", "RxNorm", "4337", "drug"),
        ("LOINC//718-7", "LOINC", "718-7", "measurement"),
        ("CPT//36514", "CPT4", "36514", "procedure"),
        ("DIAGNOSIS//ICD//10//M331", "ICD10CM", "M331", "condition"),
        ("DIAGNOSIS//ICD//9//7103", "ICD9CM", "7103", "condition"),
        ("PROCEDURE//ICD//10//6A550Z3", "ICD10PCS", "6A550Z3", "procedure"),
        ("LAB//50912//mg/dL", None, "LAB//50912//mg/dL", None),
        ("TRANSFER", None, "TRANSFER", None),
    ],
)
def test_codes_are_taken_apart_where_they_name_a_vocabulary(
    tmp_path: Path, code: str, vocabulary: str | None, bare: str, domain: str | None
) -> None:
    engine, _ = opened(write(tmp_path, row(code)))
    found = answer(engine, "SELECT vocabulary, code, domain FROM raw_event")
    assert found == [(vocabulary, bare, domain)]


def test_views_have_the_columns_that_readers_hand_on(tmp_path: Path) -> None:
    engine, _ = opened(write(tmp_path, row("X")))
    assert tuple(engine.query("SELECT * FROM raw_event")) == RAW_EVENT


def test_a_code_is_found_by_its_parents_in_other_vocabularies_too(tmp_path: Path) -> None:
    write(tmp_path, row("LAB//50912", numeric_value=1.5, unit="mg/dL"), row("ICD10CM//M33.1"))
    known = {"LAB//50912": ["LOINC/2160-0"], "ICD10CM//M33.1": ["ICD10CM/M33", "SNOMED/396230008"]}
    parents(tmp_path, **known)
    engine, _ = opened(tmp_path)
    asked = "SELECT source, domain, vocabulary, code, value, unit FROM raw_event ORDER BY 1, 4"
    assert answer(engine, asked) == [
        ("data/0.parquet row 1", "measurement", "LOINC", "2160-0", 1.5, "mg/dL"),
        ("data/0.parquet row 1", "measurement", None, "LAB//50912", 1.5, "mg/dL"),
        ("data/0.parquet row 2", "condition", "SNOMED", "396230008", None, None),
        ("data/0.parquet row 2", "condition", "ICD10CM", "M33.1", None, None),
    ]


def test_codes_are_called_what_the_dataset_calls_them(tmp_path: Path) -> None:
    write(tmp_path, row("SNOMED/396230008"), row("LAB//50912"), row("X"))
    (tmp_path / "metadata").mkdir(exist_ok=True)
    duckdb.sql(
        "COPY (SELECT * FROM (VALUES ('SNOMED/396230008', 'Dermatomyositis'), ('X', ' '), "
        "('LAB//50912', 'Creatinine')) AS t (code, description)) "
        f"TO '{tmp_path / 'metadata' / 'codes.parquet'}' (FORMAT parquet)"
    )
    engine, made = opened(tmp_path)
    assert answer(engine, f"SELECT vocabulary, code, name FROM {made.names} ORDER BY code") == [
        ("SNOMED", "396230008", "Dermatomyositis"),
        (None, "LAB//50912", "Creatinine"),
    ]


def test_static_rows_have_no_date(tmp_path: Path) -> None:
    engine, _ = opened(write(tmp_path, row("ETHNICITY//X", None), row("X", text_value="said")))
    assert answer(engine, "SELECT start, text FROM raw_event ORDER BY source") == [
        (None, None),
        (DAY(2020, 1, 2), "said"),
    ]


def test_arrivals_and_departures_are_visits(tmp_path: Path) -> None:
    write(
        tmp_path,
        row("HOSPITAL_ADMISSION//EW", "2020-01-02 10:00:00", hadm_id=7),
        row("ICU_ADMISSION//MICU", "2020-01-03 00:00:00", hadm_id=7),
        row("ICU_DISCHARGE//MICU", "2020-01-04 00:00:00", hadm_id=7),
        row("HOSPITAL_DISCHARGE//HOME", "2020-01-05 00:00:00", hadm_id=7),
        row("HOSPITAL_ADMISSION//EW", "2020-01-05 00:00:00", hadm_id=8),
        row("ED_OUT", "2020-02-01 00:00:00"),
        row("Visit/OP", "2020-03-01 00:00:00", end="2020-03-02 00:00:00"),
    )
    engine, _ = opened(tmp_path)
    assert answer(engine, "SELECT * FROM visit ORDER BY start, id") == [
        ("7", 1, DAY(2020, 1, 2), DAY(2020, 1, 5), "inpatient"),
        ("1 intensive care 1", 1, DAY(2020, 1, 3), DAY(2020, 1, 4), "intensive care"),
        ("8", 1, DAY(2020, 1, 5), None, "inpatient"),
        ("1 outpatient 1", 1, DAY(2020, 3, 1), DAY(2020, 3, 2), "outpatient"),
    ]
    assert answer(engine, "SELECT visit FROM raw_event WHERE code LIKE 'ICU%' LIMIT 1") == [("7",)]


def test_files_are_read_as_one_and_named_with_their_rows(tmp_path: Path) -> None:
    write(tmp_path, row("X"), name="data/train/0.parquet")
    write(tmp_path, row("X", subject_id=2, text_value="t"), name="data/held_out/0.parquet")
    engine, records = opened(tmp_path)
    assert [(s.name, s.rows) for s in records.read()] == [
        ("data/held_out/0.parquet", 1),
        ("data/train/0.parquet", 1),
    ]
    assert answer(engine, "SELECT person, text FROM raw_event ORDER BY 1") == [(1, None), (2, "t")]


def test_what_the_dataset_says_of_itself_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    write(tmp_path, row(None), row("X", subject_id=None), row("GENDER//F"), row("GENDER//M"))
    (tmp_path / "metadata").mkdir()
    about = {"dataset_name": "Ward", "meds_version": "0.4.0", "created_at": "x"}
    (tmp_path / "metadata" / "dataset.json").write_text(json.dumps(about))
    _, records = opened(tmp_path)
    texts = [note.text for note in records.notes]
    for said in (
        "1 rows have no code and were left out.",
        "1 rows have no subject and were left out.",
        "No code of the dataset is of a visit that is known.",
        "The dataset says of itself: dataset_name Ward, meds_version 0.4.0.",
        "Nothing says which codes of other vocabularies the dataset's codes are "
        "(metadata/codes.parquet).",
    ):
        assert said in texts


def refused(folder: Path) -> str:
    with pytest.raises(RecordsError) as caught:
        opened(folder)
    return str(caught.value).replace(folder.name, "dataset")


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none").startswith(f"{tmp_path}/dataset: no such folder\n")
    assert refused(tmp_path) == (
        "dataset: no Parquet files under data/\n"
        "  a MEDS dataset has data/*.parquet, or data/train/0.parquet and the like"
    )


@pytest.mark.parametrize(
    ("rows", "types", "message"),
    [
        (
            [{"patient_id": 1, "time": None, "code": "X"}],
            {},
            'dataset/data/0.parquet: no column "subject_id"\n'
            "  patient_id is of MEDS before 0.3.3; convert the dataset to 0.4",
        ),
        ([{"subject_id": 1, "code": "X"}], {}, 'dataset/data/0.parquet: no column "time"'),
        (
            [row("X")],
            {"time": "VARCHAR"},
            "dataset/data/0.parquet, column time: VARCHAR where MEDS has TIMESTAMP",
        ),
        (
            [row("X")],
            {"subject_id": "VARCHAR"},
            "dataset/data/0.parquet, column subject_id: VARCHAR where MEDS has BIGINT",
        ),
        (
            [row("X")],
            {"time": "TIMESTAMPTZ"},
            "dataset/data/0.parquet, column time: TIMESTAMP WITH TIME ZONE where MEDS has "
            "TIMESTAMP",
        ),
        ([], {}, "dataset: no rows in any Parquet file under data/"),
    ],
)
def test_columns_that_are_not_meds_are_refused(
    tmp_path: Path, rows: list[Row], types: dict[str, str], message: str
) -> None:
    assert refused(write(tmp_path, *rows, **types)) == message


def test_texts_of_nulls_alone_may_be_of_any_type_and_others_not(tmp_path: Path) -> None:
    write(tmp_path, row("X", text_value=None), text_value="INTEGER")
    write(tmp_path, row("Y", text_value="said", subject_id=2), name="data/1.parquet")
    engine, _ = opened(tmp_path)
    asked = "SELECT code, text FROM raw_event ORDER BY code"
    assert answer(engine, asked) == [("X", None), ("Y", "said")]
    write(tmp_path, row("X", text_value=1), text_value="INTEGER")
    assert refused(tmp_path) == (
        "dataset/data/0.parquet, column text_value: INTEGER where MEDS has VARCHAR"
    )


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, row("X"))
    (tmp_path / "data" / "1.parquet").write_bytes(b"PAR1 not")
    assert refused(tmp_path) == "dataset/data/1.parquet: not a Parquet file that can be read"
    (tmp_path / "data" / "1.parquet").unlink()
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "codes.parquet").write_bytes(b"no")
    assert refused(tmp_path) == "metadata/codes.parquet: not a Parquet file that can be read"
