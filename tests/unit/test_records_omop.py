"""OMOP CDMs as they are found: any container, and everything that can be odd about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from casewise.engine import EngineError
from casewise.errors import RecordsError
from omop_support import (
    ANN,
    BLEED,
    BOB,
    CAT,
    DAN,
    DRUG,
    GLUCOSE,
    STUDY,
    Cdm,
    built,
    condition,
    drug,
    events,
    measurement,
    notes,
    opened,
    period,
    person,
    small,
    visit,
    write,
)


@pytest.mark.parametrize("kind", ["parquet", "csv", "duckdb"])
@pytest.mark.parametrize("capitals", [False, True])
def test_every_container_holds_the_same_records(tmp_path: Path, kind: str, capitals: bool) -> None:
    dataset = built(write(tmp_path / "cdm", small(), kind, capitals=capitals))
    assert dataset.patient.tolist() == [ANN, BOB, CAT]
    assert dataset.arm.tolist() == [0, 0, 1]
    assert dataset.outcomes["bleed"].event is not None
    assert dataset.outcomes["bleed"].event.day[0] == 61


def test_the_source_is_only_read(tmp_path: Path) -> None:
    path = write(tmp_path / "cdm", small(), "duckdb")
    before = path.read_bytes()
    built(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["cdm.duckdb"]


def test_a_table_may_be_a_folder_of_files(tmp_path: Path) -> None:
    path = write(tmp_path / "cdm", small())
    (path / "drug_exposure").mkdir()
    (path / "drug_exposure.parquet").rename(path / "drug_exposure" / "part-0.parquet")
    assert len(built(path)) == 3


def test_records_of_the_future_are_left_out_and_counted(tmp_path: Path) -> None:
    cdm = small()
    cdm["condition_occurrence"] += [
        condition(CAT, BLEED, "2110-01-01"),
        condition(CAT, BLEED, "2021-01-01", condition_end_date="2020-01-01"),
    ]
    source = opened(write(tmp_path / "cdm", cdm))
    assert events(source, "bleed") == [(ANN, "2020-03-02"), (CAT, "2021-01-01")]
    assert notes(source) == [
        "bleeding: Of 3 records of the kind condition of patients with the index event: 1 dated "
        "after 2022-01-01, left out; 1 with an end before the start, the end taken as unknown."
    ]


def test_a_patient_dies_once_at_the_earliest_date(tmp_path: Path) -> None:
    cdm = small()
    cdm["death"] += [
        {"person_id": BOB, "death_date": "2020-12-24"},
        {"person_id": ANN, "death_date": "2021-05-05"},
        {"person_id": ANN, "death_date": "2021-05-05"},
    ]
    source = opened(write(tmp_path / "cdm", cdm))
    assert events(source, "death") == [(ANN, "2021-05-05"), (BOB, "2020-12-24")]
    assert notes(source) == [
        "death: 2 patients have more than one record of death, 1 of them with different dates; "
        "the earliest was taken."
    ]


def test_who_has_no_observation_period_is_counted_and_cannot_be_in(tmp_path: Path) -> None:
    cdm = small()
    cdm["observation_period"] = [
        period(ANN),
        period(BOB, "2021-01-01", "2015-01-01"),
        period(CAT, end="2110-01-01"),
    ]
    source = opened(write(tmp_path / "cdm", cdm))
    assert notes(source) == [
        "follow-up: 1 observation period has an end before its start: left out.",
        "follow-up: 1 observation period has an end after 2022-01-01: cut there.",
        "follow-up: 2 patients have no observation period.",
    ]
    assert built(tmp_path / "cdm").patient.tolist() == [ANN, CAT]


@pytest.mark.parametrize(
    ("periods", "watched"),
    [
        ((("2019-01-01", "2019-06-30"), ("2019-07-01", "2020-06-30")), [("2019-01-01", 546)]),
        ((("2019-01-01", "2019-06-30"), ("2019-07-02", "2020-06-30")), [("2019-07-02", 364)]),
        # The second reaches over the third, and all that is after the death of 24 December is cut.
        (
            (
                ("2018-01-01", "2019-03-01"),
                ("2019-03-01", "2021-06-30"),
                ("2020-02-01", "2020-03-01"),
            ),
            [("2018-01-01", 1088)],
        ),
        ((("2018-01-01", "2020-01-15"), ("2020-12-25", "2021-06-30")), []),
    ],
)
def test_periods_with_no_day_between_are_one_and_end_at_a_death(
    tmp_path: Path, periods: tuple[tuple[str, str], ...], watched: list[tuple[str, int]]
) -> None:
    cdm = small()
    cdm["observation_period"] = [period(BOB, *one) for one in periods]
    cdm["death"] = [{"person_id": BOB, "death_date": "2020-12-24"}]
    source = opened(write(tmp_path / "cdm", cdm))
    made = source.engine.query(
        "SELECT CAST(start AS VARCHAR) AS since, DATE_DIFF('day', start, \"end\") AS days "
        "FROM observation WHERE DATE '2020-02-01' BETWEEN start AND \"end\""
    )
    assert list(zip(made["since"], made["days"], strict=True)) == watched


def test_who_has_the_index_event_after_dying_is_not_in(tmp_path: Path) -> None:
    cdm = small()
    cdm["death"] = [{"person_id": BOB, "death_date": "2020-01-31"}]
    made = built(write(tmp_path / "cdm", cdm))
    assert made.patient.tolist() == [ANN, CAT]
    assert [note.text for note in made.notes if note.about == "first start"] == [
        "1 patient had it on a day outside every period of observation in the records, and left at "
        "that step."
    ]


def test_a_birthday_that_is_not_known_is_in_the_middle(tmp_path: Path) -> None:
    cdm = small()
    cdm["person"] = [
        person(ANN, born=(1960, None, None)),
        person(BOB, 0, born=(1960, 2, None)),
        person(CAT, born=(1960, 2, 29)),
        person(DAN, born=(1961, 2, 29)),
    ]
    source = opened(write(tmp_path / "cdm", cdm))
    made = source.engine.query("SELECT CAST(birth AS VARCHAR) AS b FROM person ORDER BY person")
    assert made["b"].tolist() == ["1960-07-01", "1960-02-15", "1960-02-29", None]
    assert notes(source)[0].startswith("age: 2 patients have no whole date of birth;")
    assert notes(source)[1].startswith("sex: The sex of 1 patient is neither")


def visits() -> tuple[Cdm, dict[str, Any]]:
    cdm = small()
    cdm["visit_occurrence"] = [
        visit(ANN, 11, "2020-03-01", "2020-03-09"),
        visit(ANN, 12, "2020-05-01", "2020-05-01", 9202),
        visit(BOB, 13, "2020-03-01", None),
        visit(CAT, 14, "2020-06-01", "2110-01-01", 262),
        visit(DAN, 15, "2110-06-01", "2110-07-01"),
    ]
    bleeds = [(ANN, "2020-03-02", 11), (ANN, "2020-03-03", 11), (ANN, "2020-05-01", 12)]
    bleeds += [(BOB, "2020-03-05", 13), (CAT, "2020-06-02", None)]
    cdm["condition_occurrence"] = [
        condition(number, BLEED, day, visit_occurrence_id=stay) for number, day, stay in bleeds
    ]
    more = {
        "stay": {"visit": "inpatient"},
        "leaving": {"visit end": "inpatient"},
        "any contact": {"visit": "any"},
        "stay for bleeding": {"visit": "inpatient", "condition": "bleeding"},
        "leaving after bleeding": {"visit end": "inpatient", "condition": "bleeding"},
    }
    return cdm, STUDY | {"events": STUDY["events"] | more}


def test_a_visit_is_its_start_and_one_that_lasts_has_no_end(tmp_path: Path) -> None:
    cdm, study = visits()
    source = opened(write(tmp_path / "cdm", cdm), study)
    assert events(source, "stay") == [(ANN, "2020-03-01"), (BOB, "2020-03-01"), (CAT, "2020-06-01")]
    assert events(source, "leaving") == [(ANN, "2020-03-09")]
    assert len(events(source, "any contact")) == 4


def test_visits_that_cannot_be_as_they_are_recorded_are_told(tmp_path: Path) -> None:
    cdm, study = visits()
    cdm["visit_occurrence"] += [
        visit(BOB, 16, "2020-09-01", "2020-08-01"),
        visit(BOB, 17, "2021-03-01", "2021-03-02"),
    ]
    source = opened(write(tmp_path / "cdm", cdm), study)
    assert notes(source)[0] == (
        "visits: Of 7 visits: 1 dated after 2022-01-01, left out; 1 with an end before the start, "
        "taken to last one day; 1 without an end though the patient has a later one, taken to last "
        "on."
    )
    ends = [str(end) for _, end in events(source, "stay", 'person, "end"')]
    assert ends.count("2020-09-01") == 1


def test_a_condition_in_a_visit_is_the_visit_once(tmp_path: Path) -> None:
    cdm, study = visits()
    source = opened(write(tmp_path / "cdm", cdm), study)
    assert events(source, "stay for bleeding") == [(ANN, "2020-03-01"), (BOB, "2020-03-01")]
    assert events(source, "leaving after bleeding") == [(ANN, "2020-03-09")]
    assert "1 without the visit it was made in, not counted" in notes(source)[-1]


def with_glucose(**binding: Any) -> tuple[Cdm, dict[str, Any], dict[str, Any]]:
    cdm = small()
    cdm["measurement"] = [
        measurement(ANN, "2019-12-01", 100, "mg/dL"),
        measurement(BOB, "2020-01-01", 10, "mmol/L"),
        measurement(CAT, "2020-01-01", 7, "IU/L"),
        measurement(CAT, "2020-01-02", None, "mg/dL"),
    ]
    study = STUDY | {"baseline": {"glucose": {"unit": "mg/dL"}}}
    return cdm, study, {"glucose": {"measurement": {"omop": GLUCOSE}} | binding}


def test_a_value_is_brought_to_the_unit_wanted_or_left_out_and_counted(tmp_path: Path) -> None:
    cdm, study, baseline = with_glucose(unit="MG/DL", multiply={"mmol/L": 18.0})
    source = opened(write(tmp_path / "cdm", cdm), study, baseline=baseline)
    assert events(source, "glucose", "person, value") == [(ANN, 100.0), (BOB, 180.0)]
    assert notes(source) == ["glucose: Values in other units than MG/DL were left out: IU/L (1)."]


def test_values_in_several_units_are_no_numbers_until_somebody_says_which(tmp_path: Path) -> None:
    cdm, study, baseline = with_glucose()
    source = opened(write(tmp_path / "cdm", cdm), study, baseline=baseline)
    assert [problem.message for problem in source.errors] == [
        'the values of "glucose" are in several units: IU/L (1), mg/dL (1), mmol/L (1)'
    ]


def test_a_yes_or_no_of_which_nothing_is_recorded_is_no(tmp_path: Path) -> None:
    study = STUDY | {
        "baseline": {"bled": {"type": "yes or no"}, "age": {}, "sex": {}},
        "cohort": {"index": "first start", "include": {"no": {"covariate": "bled", "is": "no"}}},
    }
    cdm = small()
    cdm["condition_occurrence"] += [condition(BOB, BLEED, "2019-01-01")]
    baseline = {"bled": {"yes": {"condition": "bleeding"}}}
    dataset = built(write(tmp_path / "cdm", cdm), study, baseline=baseline)
    assert dataset.patient.tolist() == [ANN, CAT]
    assert dataset.baseline[0].values.tolist() == [False, False]
    assert dataset.baseline[0].status.tolist() == [0, 0]
    assert dataset.baseline[1].values.tolist() == [59, 59]
    assert dataset.baseline[2].values.tolist() == ["female", "female"]


def without(*tables: str) -> Cdm:
    return {name: rows for name, rows in small().items() if name not in tables}


def told(path: Path, study: dict[str, Any] = STUDY, **site: Any) -> str:
    with pytest.raises(RecordsError) as caught:
        opened(path, study, **site)
    return str(caught.value)


def test_a_table_that_the_study_does_not_need_may_be_absent(tmp_path: Path) -> None:
    assert len(built(write(tmp_path / "cdm", without("visit_occurrence")))) == 3


def test_a_table_that_is_needed_and_absent_is_named(tmp_path: Path) -> None:
    assert told(write(tmp_path / "a", without("person"))) == (
        'a: no table "person", which every OMOP CDM has; found: condition_occurrence, death, '
        "drug_exposure, observation_period, visit_occurrence"
    )
    assert 'no table "death", which the study\'s deaths need' in told(
        write(tmp_path / "b", without("death"))
    )
    assert 'no table "drug_exposure"' in told(write(tmp_path / "c", without("drug_exposure")))


def test_without_observation_periods_nobodys_follow_up_is_known(tmp_path: Path) -> None:
    path = write(tmp_path / "cdm", without("observation_period"))
    assert notes(opened(path)) == [
        "follow-up: There is no table observation_period: nobody's follow-up is known."
    ]
    assert not built(path).follow_up_known


def test_a_wrong_column_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    cdm = small()
    cdm["drug_exposure"] = [{"person_id": ANN, "drug_concept": DRUG}]
    said = told(write(tmp_path / "cdm", cdm))
    assert 'drug_exposure.parquet: table "drug_exposure" has no column "drug_concept_id"' in said
    assert 'did you mean "drug_concept"?' in said
    assert 'has no column "drug_exposure_start_date"' in said


@pytest.mark.parametrize("kind", ["parquet", "duckdb"])
def test_a_value_that_is_no_date_is_told(tmp_path: Path, kind: str) -> None:
    cdm = small()
    cdm["drug_exposure"][0]["drug_exposure_start_date"] = "last May"
    said = told(write(tmp_path / "cdm", cdm, kind))
    assert 'should hold dates: 1 value is not, such as "last May"' in said


def test_a_person_of_two_rows_is_told(tmp_path: Path) -> None:
    cdm = small()
    cdm["person"].append(person(ANN))
    assert "5 rows, but 4 different persons" in told(write(tmp_path / "cdm", cdm))


def test_what_is_no_cdm_is_told(tmp_path: Path) -> None:
    (tmp_path / "cdm").mkdir()
    (tmp_path / "cdm" / "person.parquet").write_text("nothing of the kind")
    (tmp_path / "broken.duckdb").write_text("nothing of the kind")
    (tmp_path / "cdm.xlsx").write_text("nothing of the kind")
    assert "person.parquet: the table cannot be read" in told(tmp_path / "cdm")
    assert "broken.duckdb: the DuckDB file cannot be opened" in told(tmp_path / "broken.duckdb")
    assert "is no OMOP CDM" in told(tmp_path / "cdm.xlsx")
    assert 'no such file or folder\n  did you mean "cdm"?' in told(tmp_path / "cdms")


def test_a_schema_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "cdm", small(), "duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA omop; CREATE TABLE omop.person (person_id BIGINT)")
    said = told(path, records={"omop": "cdm.duckdb", "schema": "onop"})
    assert 'no schema "onop" that may be read\n  did you mean "omop"? schemas: main, omop' in said


def test_an_id_may_be_text(tmp_path: Path) -> None:
    cdm = small()
    for rows in cdm.values():
        for row in rows:
            row["person_id"] = f"P{row['person_id']}"
    assert built(write(tmp_path / "cdm", cdm, "csv")).patient.tolist() == [
        f"P{BOB}",
        f"P{ANN}",
        "P3",
    ]


def test_a_drug_beyond_the_extract_has_no_end_yet(tmp_path: Path) -> None:
    cdm = small()
    cdm["drug_exposure"].append(drug(DAN, DRUG, "2021-12-01", "2022-03-01"))
    source = opened(write(tmp_path / "cdm", cdm))
    assert events(source, "drug", 'person, "end"')[-1][0] == DAN
    made = source.engine.query("SELECT COUNT(\"end\") AS n FROM event WHERE code = 'drug'")
    assert made["n"].tolist() == [0]


def test_a_value_decides_in_the_site_file_as_in_the_protocol(tmp_path: Path) -> None:
    cdm = small()
    cdm["measurement"] = [
        measurement(ANN, "2019-12-01", 100, "mg/dL") | {"value_source_value": "normal"},
        measurement(BOB, "2019-12-01", 300, "mg/dL") | {"value_source_value": "high"},
    ]
    more = {"high": {"measurement": "glucose"}, "said to be high": {"measurement": "glucose"}}
    study = STUDY | {
        "events": STUDY["events"] | more,
        "codes": STUDY["codes"] | {"glucose": {"omop": GLUCOSE}},
    }
    bound = {
        "high": {"measurement": "glucose", "value": ">= 200"},
        "said to be high": {"measurement": "glucose", "value": "high"},
    }
    source = opened(write(tmp_path / "cdm", cdm), study, events=bound)
    for name in bound:
        assert events(source, name, "person, value") == [(BOB, 300.0)]


def test_an_event_is_looked_for_in_its_own_branch_alone(tmp_path: Path) -> None:
    source = opened(write(tmp_path / "cdm", small()))
    plan = source.engine.query(
        "EXPLAIN SELECT person FROM event WHERE domain = 'event' AND code = 'bleed'"
    )
    assert str(plan["explain_value"][0]).upper().count("USE = ") == 1


def test_memory_that_does_not_suffice_is_no_defect(tmp_path: Path) -> None:
    """DuckDB may not use more than it needs for the first steps, and no disk."""
    source = opened(write(tmp_path / "cdm", small()))
    source.engine.execute("SET memory_limit = '2MB'")  # type: ignore[attr-defined]
    source.engine.execute("SET temp_directory = ''")  # type: ignore[attr-defined]
    with pytest.raises(EngineError, match="memory or disk is full"):
        source.engine.table("large", "SELECT a.range AS x, RANDOM() AS y FROM RANGE(10000000) AS a")
    source.close()


def test_a_drug_without_an_end_lasts_as_long_as_its_supply(tmp_path: Path) -> None:
    """30 days from 1 January are over on the 30th; the next one, on the 31st, is a day after."""
    cdm = small()
    cdm["drug_exposure"] = [
        drug(ANN, DRUG, "2020-01-01") | {"days_supply": 30, "quantity": 60},
        drug(ANN, DRUG, "2020-01-31") | {"days_supply": None, "quantity": 20},
        drug(BOB, DRUG, "2020-02-01", "2020-02-05") | {"days_supply": 30, "quantity": None},
    ]
    path = write(tmp_path / "cdm", cdm)
    columns = "person, start, COALESCE(CAST(\"end\" AS VARCHAR), '-'), COALESCE(value, 0)"
    assert events(opened(path, accept=["codes without records"]), "drug", columns) == [
        (ANN, "2020-01-01", "2020-01-30", 60.0),
        (ANN, "2020-01-31", "-", 20.0),
        (BOB, "2020-02-01", "2020-02-05", 0.0),
    ]
    eras = STUDY | {"events": STUDY["events"] | {"drug": {"drug": "the drug", "gap": "1 day"}}}
    eras["outcomes"] = {"eras": {"count": "drug", "from": "1 day after"}}
    data = built(path, eras, accept=["codes without records"])
    assert data.outcomes["eras"].event is not None
    assert data.outcomes["eras"].event.count.tolist() == [0, 0]
