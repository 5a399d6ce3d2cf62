"""Event records kept open for many studies: each answers as it does alone. Patients are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import casewise
from casewise import cohort, records
from casewise.engine.duckdb import DuckDB
from casewise.errors import RecordsError
from casewise.protocol.model import Study
from casewise.protocol.warehouse import WarehouseSite
from casewise.records import Records
from fhir_support import ICD10CM
from fhir_support import concept as coded
from fhir_support import condition as fhir_condition
from fhir_support import patient as fhir_patient
from fhir_support import write as write_fhir
from omop_support import (
    STUDY,
    TODAY,
    Cdm,
    condition,
    events,
    measurement,
    notes,
    small,
    visit,
    write,
)


def omop(kind: str) -> Callable[[Path], dict[str, Any]]:
    def made(folder: Path) -> dict[str, Any]:
        cdm: Cdm = small() | {"measurement": [measurement(3, "2020-01-10", 7.0, "mmol/L")]}
        return {"omop": str(write(folder / "cdm", cdm, kind))}

    return made


def fhir(folder: Path) -> dict[str, Any]:
    bled = {"code": coded((ICD10CM, "K92.2")), "onsetDateTime": "2020-03-02"}
    started = {"code": coded((ICD10CM, "I48.0")), "onsetDateTime": "2020-01-01"}
    write_fhir(
        folder,
        fhir_patient(),
        fhir_condition(**bled),
        fhir_condition(**{"id": "c2"} | started),
    )
    return {"fhir": str(folder)}


def meds(folder: Path) -> dict[str, Any]:
    (folder / "data").mkdir(parents=True)
    duckdb.execute(
        f"""COPY (SELECT * FROM (VALUES (1, NULL, 'MEDS_BIRTH', NULL::FLOAT),
            (1, TIMESTAMP '2020-01-01', 'ICD10CM//I48.0', NULL),
            (1, TIMESTAMP '2020-03-02', 'ICD10CM//K92.2', NULL)
        ) AS t (subject_id, time, code, numeric_value)) TO '{folder}/data/0.parquet'
        (FORMAT parquet)"""
    )
    return {"meds": str(folder)}


def table(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    file = folder / "events.csv"
    file.write_text("who,day,what,system\n1,2020-01-01,I48.0,ICD10CM\n1,2020-03-02,K92.2,ICD10CM\n")
    columns = {"patient": "who", "time": "day", "code": "what", "vocabulary": "system"}
    return {"table": str(file), "columns": columns}


BY_ICD: dict[str, Any] = STUDY | {
    "events": {
        "start": {"condition": "fibrillation"},
        "bleed": {"condition": "bleeding"},
        "death": {"death": "any cause"},
    },
    "arms": {"women": {"sex": "female"}, "others": "otherwise"},
    "codes": {"fibrillation": {"icd10cm": "I48.*"}, "bleeding": {"icd10cm": "K92.2"}},
}
ANOTHER: dict[str, Any] = {
    "cohort": {"index": "first bleed"},
    "outcomes": {"death": {"event": "death", "within": "1 year"}},
}
WITH_VISITS: dict[str, Any] = STUDY | {
    "events": STUDY["events"] | {"stay": {"visit": "inpatient"}, "glucose": {"measurement": "g"}},
    "cohort": {"index": "first stay"},
    "arms": {"tested": {"event": "glucose", "within": "90 days"}, "other": "otherwise"},
    "codes": STUDY["codes"] | {"g": {"omop": 300}},
}
PLACES = {
    "parquet": (omop("parquet"), [STUDY, WITH_VISITS, STUDY | ANOTHER, STUDY]),
    "csv": (omop("csv"), [STUDY, WITH_VISITS, STUDY | ANOTHER, STUDY]),
    "duckdb": (omop("duckdb"), [STUDY, WITH_VISITS, STUDY | ANOTHER, STUDY]),
    "fhir": (fhir, [BY_ICD, BY_ICD | ANOTHER, BY_ICD]),
    "meds": (meds, [BY_ICD, BY_ICD | ANOTHER, BY_ICD]),
    "table": (table, [BY_ICD, BY_ICD | ANOTHER, BY_ICD]),
}


def site_of(source: dict[str, Any], **more: Any) -> WarehouseSite:
    accept = {"accept": ["codes without records"]}
    return WarehouseSite.model_validate({"records": source} | accept | more)


def told(study: Study, opened: Records) -> dict[str, Any]:
    """Everything that a study gets from its records."""
    built = cohort.build(study, opened)
    columns = {name: repr(value) for name, value in vars(built).items()}
    canonical = {
        name: repr(opened.engine.query(f"SELECT * FROM {name} ORDER BY ALL"))
        for name in ("person", "observation", "visit", "event", "raw_event")
    }
    said = (opened.notes, opened.errors, opened.warnings, opened.sources, opened.periods)
    return columns | canonical | {"said": repr(said)}


@pytest.mark.parametrize("kind", PLACES)
def test_each_study_answers_as_it_does_alone(kind: str, tmp_path: Path) -> None:
    make, studies = PLACES[kind]
    site = site_of(make(tmp_path / "records"))
    with records.open_warehouse(site, tmp_path, today=TODAY, shared=True) as warehouse:
        for text in studies:
            study = Study.model_validate(text)
            alone = records.open(study, site, tmp_path, today=TODAY)
            among = records.open(study, site, tmp_path, warehouse, today=TODAY)
            assert told(study, among) == told(study, alone)
            assert len(among.engine.query("SELECT * FROM event")["person"])
            alone.close()
            among.close()


@pytest.mark.parametrize("kind", ["parquet", "duckdb"])
def test_ids_may_be_words_in_the_tables_of_one_study_alone(kind: str, tmp_path: Path) -> None:
    """All ids are texts in that study, and numbers in those before and after it."""
    cdm = small() | {
        "visit_occurrence": [
            visit(3, 1, "2020-03-01", "2020-03-09") | {"visit_occurrence_id": "v1"}
        ],
        "measurement": [measurement(3, "2020-03-02", 7, "")],
        "condition_occurrence": [condition(3, 200, "2020-03-02")],
    }
    site = site_of({"omop": str(write(tmp_path / "cdm", cdm, kind))})
    with records.open_warehouse(site, tmp_path, today=TODAY, shared=True) as warehouse:
        for text in (STUDY | ANOTHER, WITH_VISITS, STUDY | ANOTHER, WITH_VISITS):
            study = Study.model_validate(text)
            alone = records.open(study, site, tmp_path, today=TODAY)
            among = records.open(study, site, tmp_path, warehouse, today=TODAY)
            assert told(study, among) == told(study, alone)
            alone.close()
            among.close()


def test_moments_are_on_the_day_of_the_site_for_each_study_and_each_is_told(
    tmp_path: Path,
) -> None:
    folder = write(tmp_path / "cdm", small())
    file = folder / "condition_occurrence.parquet"
    duckdb.execute(
        f"""SET TimeZone = 'UTC'; CREATE OR REPLACE TABLE c AS SELECT * REPLACE (
            TIMESTAMPTZ '2020-03-01 23:30:00+00' AS condition_start_date) FROM '{file}';
        COPY c TO '{file}' (FORMAT parquet)"""
    )
    site = site_of({"omop": str(folder), "time zone": "Europe/Berlin"})
    with records.open_warehouse(site, tmp_path, today=TODAY, shared=True) as warehouse:
        for text in (STUDY, STUDY | ANOTHER):
            study = Study.model_validate(text)
            alone = records.open(study, site, tmp_path, today=TODAY)
            among = records.open(study, site, tmp_path, warehouse, today=TODAY)
            assert events(among, "bleed", "start") == [("2020-03-02",)]
            assert any("Europe/Berlin" in note for note in notes(among))
            assert told(study, among) == told(study, alone)
            alone.close()
            among.close()


def test_two_studies_open_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    site = site_of(omop("parquet")(tmp_path))
    one, other = Study.model_validate(STUDY), Study.model_validate(STUDY | ANOTHER)
    with records.open_warehouse(site, tmp_path, today=TODAY, shared=True) as warehouse:
        first = records.open(one, site, tmp_path, warehouse, today=TODAY)
        second = records.open(other, site, tmp_path, warehouse, today=TODAY)
        counts = [cohort.count(other, second), cohort.count(one, first)]
        first.close()
        assert cohort.count(other, second) == counts[0]
        second.close()
    apart = [records.open(study, site, tmp_path, today=TODAY) for study in (other, one)]
    assert counts == [cohort.count(other, apart[0]), cohort.count(one, apart[1])]
    assert counts[0].attrition != counts[1].attrition


def test_what_depends_on_the_records_alone_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of(omop("parquet")(tmp_path))
    asked: list[str] = []
    query = DuckDB.query

    def heard(engine: DuckDB, sql: str) -> Any:
        asked.append(sql)
        return query(engine, sql)

    monkeypatch.setattr(DuckDB, "query", heard)
    study = Study.model_validate(STUDY)
    counts = []
    with records.open_warehouse(site, tmp_path, today=TODAY, shared=True) as warehouse:
        for _ in range(2):
            asked.clear()
            records.open(study, site, tmp_path, warehouse, today=TODAY).close()
            counts.append(sum("read_parquet" in sql for sql in asked))
    assert counts[0] > 0
    assert counts[1] == 0


def test_records_that_cannot_be_read_are_told_of_to_each_study(tmp_path: Path) -> None:
    cdm = small()
    cdm["condition_occurrence"][0]["condition_start_date"] = "soon"
    site = site_of({"omop": str(write(tmp_path / "cdm", cdm, "csv"))})
    study = Study.model_validate(STUDY)
    with records.open_warehouse(site, tmp_path, today=TODAY, shared=True) as warehouse:
        for _ in range(2):
            with pytest.raises(RecordsError, match='"soon" is not a date'):
                records.open(study, site, tmp_path, warehouse, today=TODAY)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"extracted": "2021-06-30"}, "were opened as taken on 2022-01-01, and .* 2021-06-30"),
        ({"records": {"meds": "elsewhere"}}, "another kind of records"),
        ({"records": {"omop": "cdm", "schema": "mine"}}, "another kind of records"),
    ],
)
def test_a_site_file_that_means_other_records_is_an_error(
    more: dict[str, Any], said: str, tmp_path: Path
) -> None:
    site = site_of(omop("parquet")(tmp_path))
    other = WarehouseSite.model_validate({"records": site.records} | more)
    warehouse = records.open_warehouse(site, tmp_path, today=TODAY, shared=True)
    with warehouse, pytest.raises(RecordsError, match=said):
        records.open(Study.model_validate(STUDY), other, tmp_path, warehouse)


def test_a_folder_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="no such file or folder"):
        casewise.opened(site_of({"omop": "nowhere"}), records=tmp_path / "nowhere")


def test_a_chart_table_is_not_kept_open(tmp_path: Path) -> None:
    from records_support import STUDY as CHARTS
    from records_support import site_with

    with pytest.raises(RecordsError, match="read anew for each study"):
        casewise.opened(site_with())
    warehouse = records.open_warehouse(site_of(omop("parquet")(tmp_path)), tmp_path, shared=True)
    with warehouse, pytest.raises(RecordsError, match="are event records"):
        records.open(Study.model_validate(CHARTS), site_with(), tmp_path, warehouse)


def test_a_run_on_records_kept_open_says_what_a_run_alone_says(tmp_path: Path) -> None:
    source = omop("parquet")(tmp_path)
    site, study = tmp_path / "site.yaml", tmp_path / "study.yaml"
    site.write_text(json.dumps({"records": source, "extracted": "2022-01-01"}))
    study.write_text(json.dumps(STUDY))
    with casewise.opened(site) as opened:
        results = [casewise.run(study, site, records=opened) for _ in range(2)]
        assert casewise.check(study, site, records=opened).exit_code == 0
    alone = casewise.run(study, site)
    assert [one.to_json() for one in results] == [alone.to_json()] * 2
