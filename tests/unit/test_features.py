"""Every code before the index date as a sparse matrix. Every patient is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from tests.unit.test_export import dataset as meds_dataset
from tests.unit.test_export import history
from tests.unit.test_meds import write as write_meds

from casewise import cohort, records
from casewise.cli import cli
from casewise.cohort.features import Features, features
from casewise.errors import RecordsError
from casewise.protocol import read
from casewise.protocol.model import Study
from casewise.protocol.time import parse_duration
from casewise.protocol.warehouse import WarehouseSite
from omop_support import (
    ANN,
    BLEED,
    BOB,
    CAT,
    DRUG,
    GLUCOSE,
    OTHER_DRUG,
    STUDY,
    condition,
    drug,
    measurement,
    opened,
    small,
    write,
)

WINDOWS = [parse_duration("30 days"), parse_duration("1 year")]
ACCEPTED = {"accept": ("codes without records",)}
SITE = {"records": {"omop": "cdm"}, "accept": ["codes without records"]}


def found(folder: Path, more: dict[str, list[Any]], **asked: Any) -> Features:
    """The index dates are 1 January 2020 (Ann), 1 February (Bob) and 15 January (Cat)."""
    cdm = small()
    for table, rows in more.items():
        cdm[table] = [*cdm.get(table, []), *rows]
    path = write(folder / "cdm", cdm)
    protocol, site = Study.model_validate(STUDY), WarehouseSite.model_validate(SITE)
    source = records.open(protocol, site, folder, path, whole=True)
    cohort.build(protocol, source)
    return features(source, WINDOWS, **asked)


def as_pairs(made: Features) -> set[tuple[int, str, int | None]]:
    entries = made.matrix.tocoo()
    return {
        (int(made.patient[row]), str(made.columns[column].window), made.columns[column].concept)
        for row, column in zip(entries.row, entries.col, strict=True)
    }


def test_a_window_lasts_to_the_day_before_the_index_date_its_first_day_in(tmp_path: Path) -> None:
    more = {
        "condition_occurrence": [
            condition(ANN, 7, "2020-01-01"),  # the index date itself
            condition(BOB, 7, "2020-01-31"),  # the day before
            condition(CAT, 7, "2019-12-16"),  # 30 days before
            condition(BOB, 8, "2020-01-01"),  # 31 days before
            condition(CAT, 8, "2019-01-15"),  # a year before
            condition(ANN, 8, "2018-12-31"),  # a year and a day before
        ]
    }
    made = found(tmp_path, more)
    assert as_pairs(made) == {
        (BOB, "30 days", 7),
        (BOB, "1 year", 7),
        (CAT, "30 days", 7),
        (CAT, "1 year", 7),
        (BOB, "1 year", 8),
        (CAT, "1 year", 8),
    }


def test_domains_that_the_study_does_not_ask_for_have_columns_too(tmp_path: Path) -> None:
    more = {
        "measurement": [measurement(ANN, "2019-12-25", 5.0, "mmol/L")],
        "drug_exposure": [drug(CAT, DRUG + 50, "2020-01-10")],
    }
    made = found(tmp_path, more)
    assert {(one.domain, one.concept) for one in made.columns} == {
        ("measurement", GLUCOSE),
        ("drug", DRUG + 50),
    }


def test_a_code_recorded_often_is_one_entry_and_counts_its_patients_once(tmp_path: Path) -> None:
    more = {"condition_occurrence": [condition(ANN, 7, f"2019-12-{day}") for day in range(10, 20)]}
    made = found(tmp_path, more)
    assert [one.patients for one in made.columns] == [1, 1]
    assert made.matrix.max() == 1


def test_codes_of_too_few_patients_have_no_column(tmp_path: Path) -> None:
    rows = [condition(ANN, 7, "2019-12-20"), condition(CAT, 7, "2020-01-05")]
    more = {"condition_occurrence": [*rows, condition(BOB, 8, "2020-01-20")]}
    made = found(tmp_path, more, at_least=2)
    assert {one.concept for one in made.columns} == {7}


def test_records_without_a_standard_concept_are_counted_and_have_no_column(tmp_path: Path) -> None:
    rows = [condition(ANN, 0, "2019-12-20"), condition(ANN, 0, "2019-12-21")]
    made = found(tmp_path, {"condition_occurrence": rows})
    assert (made.unmapped, made.columns, made.matrix.shape) == (2, (), (3, 0))


def test_meds_codes_are_columns_by_vocabulary_and_code(tmp_path: Path) -> None:
    meds_dataset(tmp_path)
    before = [("LOINC//1988-5", "2019-12-01"), ("WARD//7", "2019-12-02")]
    flare = ("ICD10CM//M33.1", "2020-01-10")
    write_meds(tmp_path / "ds", *history(1, *before, flare), *history(2, flare))
    study, site = read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    source = records.open(study, site.model_copy(update=ACCEPTED), tmp_path, whole=True)
    cohort.build(study, source)
    made = features(source, [parse_duration("1 year")])
    codes = [(one.domain, one.vocabulary, one.code, one.patients) for one in made.columns]
    assert codes == [("measurement", "LOINC", "1988-5", 1), ("", "", "WARD//7", 1)]


def test_a_chart_table_has_no_codes(tmp_path: Path) -> None:
    source = opened(write(tmp_path / "cdm", small()))
    charts = type(source)(source.engine, source.sources)
    with pytest.raises(RecordsError, match="a chart table has no codes"):
        features(charts, WINDOWS)


def command(folder: Path, *more: str) -> tuple[int, str]:
    cdm = small()
    rows = [condition(ANN, 7, "2019-12-20"), condition(CAT, 7, "2020-01-05")]
    cdm["condition_occurrence"] = [*cdm["condition_occurrence"], *rows]
    write(folder / "cdm", cdm)
    for name, said in (("study", STUDY), ("site", SITE)):
        with (folder / f"{name}.yaml").open("w") as file:
            YAML().dump(said, file)
    asked = ["export", "features", str(folder / "study.yaml"), "--out", str(folder / "out")]
    done = CliRunner().invoke(cli, [*asked, *more])
    return done.exit_code, done.output


def test_the_three_files_join_to_who_has_what(tmp_path: Path) -> None:
    code, printed = command(tmp_path, "--before", "30 days", "--json")
    assert code == 0, printed
    said = json.loads(printed[printed.index("{") :])
    assert (said["patients"], said["entries"], said["unmapped"]) == (3, 2, 0)
    tables = {
        name: pq.read_table(tmp_path / "out" / f"{name}.parquet").to_pylist()
        for name in ("patients", "features", "entries")
    }
    people = {row["row"]: row for row in tables["patients"]}
    columns = {row["feature"]: row for row in tables["features"]}
    joined = {
        (
            people[one["row"]]["patient"],
            people[one["row"]]["arm"],
            columns[one["feature"]]["concept"],
        )
        for one in tables["entries"]
    }
    assert joined == {(str(ANN), "drug", 7), (str(CAT), "other", 7)}
    assert columns[0]["before"] == "30 days"


def test_a_window_that_is_no_duration_is_said_so(tmp_path: Path) -> None:
    code, printed = command(tmp_path, "--before", "a while")
    assert code == 10
    assert '"a while" is not a duration' in printed
    assert not (tmp_path / "out").exists()


def test_the_matrix_is_of_ones_in_the_order_of_the_dataset(tmp_path: Path) -> None:
    made = found(tmp_path, {"condition_occurrence": [condition(CAT, BLEED, "2020-01-14")]})
    assert made.patient.tolist() == sorted([ANN, BOB, CAT])
    assert made.matrix.toarray().tolist() == [[0, 0], [0, 0], [1, 1]]
    assert made.matrix.dtype == np.float32
    assert OTHER_DRUG not in {one.concept for one in made.columns}
